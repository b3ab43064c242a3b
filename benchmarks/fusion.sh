#!/usr/bin/env bash
# Trains on the prepared tables of a number, a text and an image (benchmarks: fusion-tables) and prints a line a table and way of learning:
# each column alone, all of them in one pipeline, late fusion (a second layer over models of one kind each), early fusion (fusion).
#
#   benchmarks/fusion.sh FOLDER BUDGET [TABLE ...]
#
# FOLDER holds TABLE.train.csv and TABLE.test.csv; without names the tables are sum and product. cnn, transformer and fusion need libtorch.
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,7p' "$0" >&2; exit 2; }
program=${ALGOFACTORY_PROGRAM:-$(dirname -- "$(readlink -f -- "$0")")/../algofactory}
folder=$1 budget=$2
shift 2
[ $# -gt 0 ] || set -- sum product
$program --version >/dev/null # a first build does not count
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
for table in "$@"; do
    while IFS='|' read -r way options; do
        # shellcheck disable=SC2086
        $program train "$folder/$table.train.csv" --label label --metric accuracy --budget "$budget" --seed 1 --out "$work/m.afm" --fresh --json $options \
            </dev/null >"$work/train.json" 2>/dev/null
        $program evaluate "$work/m.afm" "$folder/$table.test.csv" --json </dev/null >"$work/test.json"
        node -e '
            const [table, way, train, test] = process.argv.slice(1);
            const read = file => JSON.parse(require("fs").readFileSync(file, "utf8"));
            const { trials, best, elapsedSeconds } = read(train), { metrics, rows } = read(test);
            console.log(`| ${table} | ${way} | ${elapsedSeconds.toFixed(0)} s | ${trials} | ${best.learner} | ${rows} | **${metrics.accuracy.toFixed(4)}** | ${metrics.logloss.toFixed(4)} |`);
        ' "$table" "$way" "$work/train.json" "$work/test.json"
    done <<'WAYS'
number alone|--ignore text,image
text alone|--ignore number,image
image alone|--ignore number,text
one pipeline|--learners linear,gbdt --stack off
late fusion|--learners linear,gbdt,cnn,transformer
early fusion|--learners fusion
all of them|
WAYS
done
