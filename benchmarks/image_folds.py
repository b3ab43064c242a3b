#!/usr/bin/env python3
"""Cross-validates a sweep on a set of images that is too small for one split: stratified folds, each trained and evaluated by the program.

    benchmarks/image_folds.py FOLDS ARGUMENTS ZIP [ZIP ...]     e.g. 10 "--trials 1" images_flowers.train.zip images_flowers.test.zip
"""
import json, os, random, subprocess, sys, tempfile, zipfile

program = os.environ.get("ALGOFACTORY_PROGRAM", os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "algofactory")).split()
folds, arguments, archives = int(sys.argv[1]), sys.argv[2].split(), sys.argv[3:]
images = {}
for archive in archives:
    with zipfile.ZipFile(archive) as file:
        for name in sorted(file.namelist()):
            if not name.endswith("/"):
                images.setdefault(name.split("/")[-2], []).append((name, file.read(name)))
draw = random.Random(1)
for label in sorted(images):
    draw.shuffle(images[label])
right = rows = 0
seconds, winners = [], []
with tempfile.TemporaryDirectory() as work:
    for fold in range(folds):
        at = 0
        parts = [zipfile.ZipFile(f"{work}/{part}.zip", "w") for part in ("train", "test")]
        for label in sorted(images):
            for name, data in images[label]:
                parts[at % folds == fold].writestr(name, data)
                at += 1
        for part in parts:
            part.close()
        out = subprocess.run(program + ["train", f"{work}/train.zip", *arguments, "--seed", "1", "--out", f"{work}/m.afm", "--json"],
                             check=True, capture_output=True, text=True).stdout
        trained = json.loads(out)
        out = subprocess.run(program + ["evaluate", f"{work}/m.afm", f"{work}/test.zip", "--json"], check=True, capture_output=True, text=True).stdout
        tested = json.loads(out)
        right += round(tested["metrics"]["accuracy"] * tested["rows"])
        rows += tested["rows"]
        seconds.append(trained["elapsedSeconds"])
        winners.append(trained["best"]["learner"])
        print(f"fold {fold + 1}: {tested['metrics']['accuracy']:.3f} {winners[-1]}", file=sys.stderr, flush=True)
share = right / rows
print(f"{right} of {rows}: {share:.4f} ± {(share * (1 - share) / rows) ** 0.5:.4f}; {max(seconds):.1f} s a fold at most; {', '.join(sorted(set(winners)))}")
