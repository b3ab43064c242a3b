#!/usr/bin/env python3
"""Compares a learner's default with scikit-learn's of the same kind on the same splits, one after the other.

    benchmarks/learner_peers.py FOLDER BENCHMARKS LEARNER TABLE,...

FOLDER holds INDEX.tsv (name, task, label) and NAME.train.csv, NAME.test.csv; BENCHMARKS is the built AlgoFactory.Benchmarks.dll; LEARNER is
mlp, k-nearest-neighbors or naive-bayes. scikit-learn's learners get standardised numbers (with flags for missing ones), one-hot categories
and standardised targets, and are its defaults but for this: the MLPs have our two layers of 256 units and early stopping. Ours is
`learner-tables FOLDER LEARNER`. Prints a Markdown table with CPU seconds. Needs numpy and scikit-learn.
"""
import csv, os, re, subprocess, sys, time, warnings

import numpy as np
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")
MISSING = {"", "NA", "?", "nan", "NaN"}
MLP = dict(hidden_layer_sizes=(256, 256), early_stopping=True, random_state=1)
METRICS = {"binary": "auc", "multiclass": "logloss", "regression": "rmse"}
PEERS = {
    "mlp": (lambda: MLPClassifier(**MLP), lambda: MLPRegressor(**MLP)),
    "k-nearest-neighbors": (KNeighborsClassifier, KNeighborsRegressor),
    "naive-bayes": (GaussianNB, None),
}


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def number(text):
    return np.nan if text in MISSING else float(text)


def is_number(values):
    try:
        return not all(np.isnan(number(v)) for v in values)
    except ValueError:
        return False


def inputs(train, test, label):
    """Both tables as numbers, all of it learned from the first."""
    parts = []
    for name in (n for n in train if n != label):
        if is_number(train[name]):
            a, b = (np.array([number(v) for v in t[name]])[:, None] for t in (train, test))
            flags = [np.isnan(v).astype(float) for v in (a, b)] if np.isnan(a).any() else []
            middle = np.nanmedian(a)
            a, b = (np.where(np.isnan(v), middle, v) for v in (a, b))
            scaler = StandardScaler().fit(a)
            parts.append([scaler.transform(a), scaler.transform(b)])
            parts += [flags] if flags else []
        else:
            encoder = OneHotEncoder(handle_unknown="ignore", min_frequency=5)
            a, b = (np.array(t[name], dtype=object)[:, None] for t in (train, test))
            parts.append([encoder.fit_transform(a).toarray(), encoder.transform(b).toarray()])
    return (np.hstack([p[i] for p in parts]).astype(np.float32) for i in (0, 1))


def peer(folder, name, task, label, learner):
    train, test = (read(os.path.join(folder, f"{name}.{part}.csv")) for part in ("train", "test"))
    started = time.process_time()
    x, z = inputs(train, test, label)
    classifier, regressor = PEERS[learner]
    if task == "regression":
        y, t = (np.array([float(v) for v in table[label]]) for table in (train, test))
        mean, deviation = y.mean(), y.std()
        model = regressor().fit(x, (y - mean) / deviation)
        value = mean_squared_error(t, model.predict(z) * deviation + mean) ** 0.5
    else:
        y, t = (np.array(table[label]) for table in (train, test))
        model = classifier().fit(x, y)
        p = model.predict_proba(z)
        value = roc_auc_score(t == model.classes_[1], p[:, 1]) if task == "binary" else log_loss(t, p, labels=model.classes_)
    return value, time.process_time() - started


def ours(folder, benchmarks, learner, name, task, label):
    done = subprocess.run(
        ["dotnet", benchmarks, "learner-tables", folder, learner, f"{name}:{label}:{task}"], capture_output=True, text=True, check=True).stdout
    value = float(re.search(rf"{METRICS[task]} ([\d.]+)", done).group(1))
    return value, sum(float(s) for s in re.search(r"in ([\d.]+) s, fits ([\d.]+) s, scoring ([\d.]+) s", done).groups())


def main(folder, benchmarks, learner, tables):
    with open(os.path.join(folder, "INDEX.tsv")) as file:
        entries = {row["name"]: row for row in csv.DictReader(file, delimiter="\t")}
    print(f"| table | metric | {learner} | CPU s | scikit-learn | CPU s |\n|---|---|---|---|---|---|")
    for name in tables:
        task, label = entries[name]["task"], entries[name]["label"]
        value, seconds = ours(folder, benchmarks, learner, name, task, label)
        other, other_seconds = peer(folder, name, task, label, learner)
        print(f"| {name} | {METRICS[task]} | {value:.5g} | {seconds:.1f} | {other:.5g} | {other_seconds:.1f} |", flush=True)


if len(sys.argv) != 5 or sys.argv[3] not in PEERS:
    sys.exit(__doc__)
main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split(","))
