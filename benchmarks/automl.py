"""What automl.sh runs: one sweep a table and budget, measured on the test file, beside the peers' figures."""
import csv
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

BASE, FLAML, MLNET = "LightGBM default", "FLAML 60 s", "ML.NET AutoML 60 s"
METRICS = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def loss(metric, value):
    return 1 - value if metric == "auc" else value


def peers_of(path):
    """Table -> system -> loss."""
    losses = {}
    for row in rows(path):
        for metric, value in ((row["metric"], row["value"]), (row.get("metric2"), row.get("value2"))):
            if metric == METRICS.get(row["task"]) and value:
                losses.setdefault(row["dataset"], {})[row["system"]] = loss(metric, float(value))
    return losses


def run(command):
    """Standard output, seconds and the peak of resident memory in MiB of the process."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        if process.returncode != 0:
            raise RuntimeError(errors.read().decode(errors="replace").strip().splitlines()[-1])
    return output, time.monotonic() - started, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def measure(program, folder, table, budget, seconds, work):
    name, task = table["name"], table["task"]
    model = os.path.join(work, f"{name}.afm")
    train, wall, peak, cpu = run([
        program, "train", os.path.join(folder, f"{name}.train.csv"), "--label", table["label"],
        "--budget", budget, "--seed", "1", "--out", model, "--json"])
    test, *_ = run([program, "evaluate", model, os.path.join(folder, f"{name}.test.csv"), "--json"])
    report = json.loads(train)
    return {
        "loss": loss(METRICS[task], json.loads(test)["metrics"][METRICS[task]]), "wall": wall, "peak": peak, "cpu": cpu,
        "overrun": wall - seconds, "first": report["firstModelSeconds"], "trials": report["trials"], "best": report["best"]["learner"],
        "size": os.path.getsize(model) / 1e6,
    }


def seconds_of(budget):
    return float(budget.rstrip("smh")) * {"m": 60, "h": 3600}.get(budget[-1], 1)


def line(name, figures, peers):
    def beside(system):
        if system not in peers:
            return "-"
        return f"{peers[system]:.5g} ({100 * (1 - figures['loss'] / peers[system]):+.1f} %)"
    return (f"| {name} | {figures['loss']:.5g} | {beside(BASE)} | {beside(FLAML)} | {beside(MLNET)} | {figures['best']} | {figures['trials']} "
            f"| {figures['first']:.1f} | {figures['wall']:.1f} | {figures['cpu']:.1f} | {figures['peak']:.0f} | {figures['size']:.1f} |")


def summary(results, peers):
    """How often the loss is at or below a peer's, over the tables where the peer was measured."""
    text = []
    for system, strict in ((BASE, True), (FLAML, False), (MLNET, False)):
        both = [(r["loss"], peers[n][system]) for n, r in results.items() if system in peers[n]]
        if not both:
            continue
        wins = sum(ours < theirs if strict else ours <= theirs for ours, theirs in both)
        median = statistics.median(100 * (1 - ours / theirs) for ours, theirs in both)
        text.append(f"- {'better than' if strict else 'at or above'} {system}: {wins} of {len(both)} tables ({100 * wins / len(both):.0f} %); median loss reduction {median:.1f} %")
    overrun, name = max((r["overrun"], n) for n, r in results.items())
    text.append(f"- longest overrun of the budget: {overrun:+.1f} s ({name})")
    peak, name = max((r["peak"], n) for n, r in results.items())
    text.append(f"- highest peak of memory: {peak:.0f} MiB ({name})")
    return text


HEAD = """| table | loss | LightGBM default | FLAML 60 s | ML.NET AutoML 60 s | winner | trials | first model s | wall s | CPU s | peak MiB | model MB |
|---|---|---|---|---|---|---|---|---|---|---|---|"""


def main(program, target, folder, peers_file, budgets, *only):
    peers = peers_of(peers_file)
    tables = [t for t in rows(os.path.join(folder, "INDEX.tsv"))
              if t["task"] in METRICS and BASE in peers.get(t["name"], {}) and (not only or t["name"] in only)]
    page = []
    for budget in budgets.split(","):
        seconds, results, failures = seconds_of(budget), {}, []
        print(f"\n## {budget}\n\n{HEAD}", flush=True)
        page += ["", f"## {budget} a table", "", *HEAD.splitlines()]
        for table in tables:
            name = table["name"]
            try:
                with tempfile.TemporaryDirectory() as work:
                    results[name] = measure(program, folder, table, budget, seconds, work)
                page.append(line(name, results[name], peers[name]))
                print(page[-1], flush=True)
            except RuntimeError as error:
                failures.append(f"- failed: {name}: {error}")
                print(failures[-1], flush=True)
        text = [*(summary(results, peers) if results else []), *(failures or ["- no failure"])]
        page += ["", *text]
        print("\n" + "\n".join(text), flush=True)
    if only:
        return
    cores = len(os.sched_getaffinity(0))
    head = ["# The sweep beside its peers", "",
            f"{datetime.date.today()}, {cores} cores, `--seed 1`, one run a table; figures on the test files.", "",
            "```", f"benchmarks/automl.sh FOLDER PEERS.tsv {budgets}", "```", "",
            "The loss is 1 - AUC (two classes), log loss (more classes) or RMSE; in brackets how much of the peer's loss is gone."]
    with open(target, "w") as file:
        file.write("\n".join(head + page) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
