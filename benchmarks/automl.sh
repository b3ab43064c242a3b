#!/usr/bin/env bash
# Trains, evaluates and compares with peers on every table of a folder, and writes benchmarks/results/automl.md.
#
#   benchmarks/automl.sh FOLDER PEERS.tsv BUDGET[,BUDGET...] [TABLE ...]
#
# FOLDER holds INDEX.tsv (name, task, label, ...) and NAME.train.csv and NAME.test.csv of every table. PEERS.tsv (dataset, task,
# system, metric, value, ...) has the peers' figures on the same test files; tables with a row of "LightGBM default" are run.
# With names of tables only those are run, and nothing is written but to the screen. BUDGET is what train --budget takes: 10s, 60s.
# An environment variable RESULTS names another file to write to.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,9p' "$0" >&2; exit 2; }
here=$(dirname -- "$(readlink -f -- "$0")")
"$here/../algofactory" --version >/dev/null # a first build does not count
exec python3 "$here/automl.py" "$here/../algofactory" "${RESULTS:-$here/results/automl.md}" "$@"
