#!/usr/bin/env python3
"""Trains the default `gbdt` through the whole line and compares it with peers' defaults.

    benchmarks/default_gbdt.py FOLDER PEERS [TABLE,...]

FOLDER holds INDEX.tsv (name, task, label) and NAME.train.csv, NAME.test.csv; PEERS is a file of tab-separated figures
(dataset, task, system, metric, value). Each table is one `train --trials 1 --seed 1`: default settings, early stopping on
the folds that the table's size suggests, a last fit on all rows. Prints a Markdown table.
"""
import csv, json, os, subprocess, sys, tempfile, time

SYSTEMS = ("LightGBM default", "XGBoost 100 trees", "sklearn HistGradientBoosting")
METRICS = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}
program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "algofactory")


def run(*args):
    done = subprocess.run([program, *args, "--json"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(args)} failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def main(folder, peers_file, only):
    peers = {}
    with open(peers_file) as file:
        for row in csv.reader(file, delimiter="\t"):
            if len(row) > 4 and row[2] in SYSTEMS:
                peers.setdefault(row[0], []).append(float(row[4]))
    good = bad = tables = 0
    print("| table | metric | peers, best to worst | gbdt | loss against the best | against the worst | seconds |")
    print("|---|---|---|---|---|---|---|")
    with open(os.path.join(folder, "INDEX.tsv")) as file:
        entries = list(csv.DictReader(file, delimiter="\t"))
    for entry in entries:
        name, task = entry["name"], entry["task"]
        if task not in METRICS or name not in peers or (only and name not in only):
            continue
        metric = METRICS[task]
        loss = (lambda v: 1 - v) if metric == "auc" else (lambda v: v)
        with tempfile.TemporaryDirectory() as work:
            model = os.path.join(work, "m.afm")
            started = time.time()
            run("train", os.path.join(folder, f"{name}.train.csv"), "--label", entry["label"], "--task", task,
                "--trials", "1", "--seed", "1", "--out", model)
            seconds = time.time() - started
            value = run("evaluate", model, os.path.join(folder, f"{name}.test.csv"))["metrics"][metric]
        losses = sorted(loss(v) for v in peers[name])
        best, worst = loss(value) / losses[0] - 1, loss(value) / losses[-1] - 1
        tables += 1
        good += best <= 0
        bad += worst > 0.02
        shown = sorted(peers[name], key=loss)
        print(f"| {name} | {metric} | {shown[0]:.5g} to {shown[-1]:.5g} | {value:.5g} | {best:+.1%} | {worst:+.1%} | {seconds:.0f} |", flush=True)
    print(f"\nAs good as or better than the best on {good} of {tables} tables; worse than the worst by more than 2 % of the loss on {bad}.")


if len(sys.argv) < 3:
    sys.exit(__doc__)
main(sys.argv[1], sys.argv[2], sys.argv[3].split(",") if len(sys.argv) > 3 else None)
