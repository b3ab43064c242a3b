#!/usr/bin/env bash
# Trains and evaluates on tables with a fixed split and prints a line a table.
#
#   benchmarks/tables.sh FOLDER NAME:LABEL:BUDGET ...
#
# FOLDER holds NAME.train.csv and NAME.test.csv.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
program=$(dirname -- "$(readlink -f -- "$0")")/../algofactory
folder=$1
shift
"$program" --version >/dev/null # a first build does not count
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
for table in "$@"; do
    IFS=: read -r name label budget <<<"$table"
    started=$EPOCHREALTIME
    "$program" train "$folder/$name.train.csv" --label "$label" --budget "$budget" --seed 1 --out "$work/$name.afm" --json \
        >"$work/train.json" 2>/dev/null
    wall=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $started }")
    "$program" evaluate "$work/$name.afm" "$folder/$name.test.csv" --json >"$work/test.json"
    node -e '
        const [name, budget, wall, train, test] = process.argv.slice(1);
        const read = file => JSON.parse(require("fs").readFileSync(file, "utf8"));
        const { trials, best, firstModelSeconds } = read(train), { metrics } = read(test);
        delete metrics.confusion;
        const figures = Object.entries(metrics).map(([k, v]) => `${k} ${+Number(v).toPrecision(5)}`).join(", ");
        console.log(`${name} | ${budget} | ${wall} s | ${firstModelSeconds.toFixed(1)} s | ${trials} | ${best.learner} | ${figures}`);
    ' "$name" "$budget" "$wall" "$work/train.json" "$work/test.json"
done
