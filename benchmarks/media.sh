#!/usr/bin/env bash
# Trains and evaluates on texts and images with a fixed split and prints a line a set: test metrics of the sweep's winner.
#
#   benchmarks/media.sh FOLDER BUDGET NAME[:LABEL] ...
#
# FOLDER holds NAME.train.csv and NAME.test.csv, or (without a LABEL) NAME.train.zip and NAME.test.zip.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
program=${ALGOFACTORY_PROGRAM:-$(dirname -- "$(readlink -f -- "$0")")/../algofactory}
folder=$1 budget=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
for set in "$@"; do
    IFS=: read -r name label <<<"$set"
    ending=$([ -n "$label" ] && echo csv || echo zip)
    $program train "$folder/$name.train.$ending" ${label:+--label "$label"} --budget "$budget" --seed 1 --out "$work/$name.afm" --json \
        >"$work/train.json" 2>/dev/null
    $program evaluate "$work/$name.afm" "$folder/$name.test.$ending" --json >"$work/test.json"
    node -e '
        const [name, budget, train, test] = process.argv.slice(1);
        const read = file => JSON.parse(require("fs").readFileSync(file, "utf8"));
        const { trials, best, elapsedSeconds, leaderboard } = read(train), { metrics, rows } = read(test);
        const tried = leaderboard.filter(e => e.score != null).map(e => `${e.learner} ${(+e.score).toPrecision(4)}`).join(", ");
        console.log(`| ${name} | ${elapsedSeconds.toFixed(0)} s | ${trials} | ${best.learner} | ${rows} | **${metrics.accuracy.toFixed(4)}** | ${tried} |`);
    ' "$name" "$budget" "$work/train.json" "$work/test.json"
done
