"""Trains a peer on the table that `trees-train generate` wrote and prints one line of JSON.

    /usr/bin/python3 benchmarks/peers_trees.py xgboost|histgb TABLE THREADS [SEED]

TABLE is little-endian: three int64 (training rows, test rows, columns), then the training values (row-major float32), the
training labels, the test values and the test labels.
"""
import json
import os
import resource
import sys
import time

system, path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = str(threads)

import numpy as np
from sklearn.metrics import roc_auc_score


def read():
    with open(path, "rb") as file:
        rows, tests, columns = np.fromfile(file, np.int64, 3)
        x = np.fromfile(file, np.float32, rows * columns).reshape(rows, columns)
        y = np.fromfile(file, np.float32, rows)
        tx = np.fromfile(file, np.float32, tests * columns).reshape(tests, columns)
        return x, y, tx, np.fromfile(file, np.float32, tests)


def memory(key):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key)) / 1024


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


x, y, tx, ty = read()
if system == "xgboost":
    import xgboost

    def fit():
        data = xgboost.DMatrix(x, y, nthread=threads)
        return xgboost.train({
            "objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": 31, "max_depth": 0,
            "max_bin": 255, "seed": seed, "eta": 0.1, "nthread": threads, "verbosity": 0}, data, 100)

    def predict(model):
        return model.predict(xgboost.DMatrix(tx, nthread=threads))
else:
    from sklearn.ensemble import HistGradientBoostingClassifier

    def fit():
        return HistGradientBoostingClassifier(
            max_iter=100, max_leaf_nodes=31, max_bins=255, learning_rate=0.1, early_stopping=False, random_state=seed).fit(x, y)

    def predict(model):
        return model.predict_proba(tx)[:, 1]

with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak starts anew
before = memory("VmRSS")
wall, used = time.perf_counter(), cpu()
model = fit()
wall, used = time.perf_counter() - wall, cpu() - used
peak = memory("VmHWM") - before
print(json.dumps({
    "system": system, "threads": threads, "cpu": round(used, 2), "wall": round(wall, 2),
    "auc": round(float(roc_auc_score(ty, predict(model))), 5), "peak": round(peak)}))
