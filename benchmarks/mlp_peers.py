#!/usr/bin/env python3
"""Compares `mlp` with scikit-learn's MLPClassifier and MLPRegressor on the same splits, one after the other.

    benchmarks/mlp_peers.py FOLDER BENCHMARKS TABLE,...

FOLDER holds INDEX.tsv (name, task, label) and NAME.train.csv, NAME.test.csv; BENCHMARKS is the built AlgoFactory.Benchmarks.dll.
scikit-learn's has the same two layers of 256 units, early stopping, standardised numbers and one-hot categories, standardised targets;
everything else by default. Ours is `trees-tables FOLDER mlp`: early stopping on a fifth of the rows, then a fit on all of them.
Prints a Markdown table with CPU seconds.
"""
import csv, os, re, subprocess, sys, time, warnings

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, mean_squared_error, roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

warnings.filterwarnings("ignore")


def inputs(train, label):
    x = train.drop(columns=label)
    numbers = [c for c in x if pd.api.types.is_numeric_dtype(x[c])]
    others = [c for c in x if c not in numbers]
    return ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        ("categories", OneHotEncoder(handle_unknown="ignore", min_frequency=5), others),
    ], sparse_threshold=0)


def peer(folder, name, task, label):
    train, test = (pd.read_csv(os.path.join(folder, f"{name}.{part}.csv"), na_values=["?"]) for part in ("train", "test"))
    started = time.process_time()
    prepare = inputs(train, label)
    x, z = prepare.fit_transform(train).astype(np.float32), prepare.transform(test).astype(np.float32)
    y, t = train[label].to_numpy(), test[label].to_numpy()
    settings = dict(hidden_layer_sizes=(256, 256), early_stopping=True, random_state=1)
    if task == "regression":
        mean, deviation = y.mean(), y.std()
        model = MLPRegressor(**settings).fit(x, (y - mean) / deviation)
        value = mean_squared_error(t, model.predict(z) * deviation + mean) ** 0.5
    else:
        model = MLPClassifier(**settings).fit(x, y.astype(str))
        p = model.predict_proba(z)
        value = roc_auc_score(t.astype(str) == model.classes_[1], p[:, 1]) if task == "binary" else log_loss(t.astype(str), p, labels=model.classes_)
    return value, time.process_time() - started


def ours(folder, benchmarks, name):
    done = subprocess.run(["dotnet", benchmarks, "trees-tables", folder, "mlp", name], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(auc|logloss|rmse)\s+([\d.]+)\s+cpu\s+([\d.]+) s", done)
    return found.group(1), float(found.group(2)), float(found.group(3))


def main(folder, benchmarks, tables):
    with open(os.path.join(folder, "INDEX.tsv")) as file:
        entries = {row["name"]: row for row in csv.DictReader(file, delimiter="\t")}
    print("| table | metric | mlp | CPU s | scikit-learn | CPU s |\n|---|---|---|---|---|---|")
    for name in tables:
        metric, value, seconds = ours(folder, benchmarks, name)
        other, other_seconds = peer(folder, name, entries[name]["task"], entries[name]["label"])
        print(f"| {name} | {metric} | {value:.5g} | {seconds:.1f} | {other:.5g} | {other_seconds:.1f} |", flush=True)


if len(sys.argv) != 4:
    sys.exit(__doc__)
main(sys.argv[1], sys.argv[2], sys.argv[3].split(","))
