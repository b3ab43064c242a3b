"""Predicts, with XGBoost, the rows that `trees-predict ... FOLDER` wrote, and prints the median processor seconds of three passes.

    /usr/bin/python3 benchmarks/peers_predict.py FOLDER [TREES] [LEAVES]

One thread. The model learns from the first 200,000 rows; making the matrix of the rows is not counted.
"""
import os
import resource
import sys

os.environ["OMP_NUM_THREADS"] = "1"
import numpy as np
import xgboost

folder = sys.argv[1]
trees, leaves = (int(sys.argv[2]) if len(sys.argv) > 2 else 100), (int(sys.argv[3]) if len(sys.argv) > 3 else 31)
x = np.fromfile(os.path.join(folder, "rows.bin"), np.float32).reshape(-1, 28)
y = np.fromfile(os.path.join(folder, "labels.bin"), np.float32)


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


model = xgboost.train({
    "objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide", "max_leaves": leaves, "max_depth": 0,
    "max_bin": 255, "eta": 0.1, "nthread": 1, "verbosity": 0}, xgboost.DMatrix(x[:200_000], y[:200_000], nthread=1), trees)


def seconds():
    rows = xgboost.DMatrix(x, nthread=1)  # a new one each time: a booster remembers what it said of a matrix
    started = cpu()
    model.predict(rows)
    return cpu() - started


passes = sorted(seconds() for _ in range(3))
print(f"XGBoost {xgboost.__version__}: {len(x):,} rows, {trees} trees of {leaves} leaves: {passes[1]:.3f} s cpu")
