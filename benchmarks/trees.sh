#!/usr/bin/env bash
# Trains boosted trees on one generated table (1,000,000 x 28) with this project, XGBoost and scikit-learn, alternating, and
# prints medians as a Markdown table. A fit is a process of its own; binning and compilation are in its time.
#
#   benchmarks/trees.sh [REPEATS [ROWS]]
#
# Needs /usr/bin/python3 with xgboost and sklearn (Debian: python3-xgboost python3-sklearn). PEERS names the peers to run.
set -euo pipefail
repeats=${1:-5}
rows=${2:-1000000}
folder=$(dirname -- "$(readlink -f -- "$0")")
dotnet build "$folder/AlgoFactory.Benchmarks" -c Release -v:q -tl:off --nologo >&2
ours=$folder/AlgoFactory.Benchmarks/bin/Release/net10.0/AlgoFactory.Benchmarks.dll
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
dotnet "$ours" trees-train generate "$work/table" "$rows"
for threads in 1 2; do
    for ((seed = 1; seed <= repeats; seed++)); do
        dotnet "$ours" trees-train "$work/table" "$threads" 1 "$seed" | tee -a "$work/lines" >&2
        for peer in ${PEERS-xgboost histgb}; do
            /usr/bin/python3 "$folder/peers_trees.py" "$peer" "$work/table" "$threads" "$seed" | tee -a "$work/lines" >&2
        done
    done
done
/usr/bin/python3 - "$work/lines" <<'END'
import json, statistics, sys
runs = {}
for line in open(sys.argv[1]):
    run = json.loads(line)
    runs.setdefault((run["threads"], run["system"]), []).append(run)
middle = {key: {k: statistics.median(r[k] for r in group) for k in ("cpu", "wall", "auc", "peak")} for key, group in runs.items()}
print("| threads | system | CPU s | wall s | × CPU | × wall | AUC | peak above the table, MiB |\n|---|---|---|---|---|---|---|---|")
for (threads, system), m in middle.items():
    peers = [p for (t, s), p in middle.items() if t == threads and s != "algofactory"]
    ratio = lambda k: f'{m[k] / min(p[k] for p in peers):.2f}' if peers else ""
    print(f'| {threads} | {system} | {m["cpu"]:.2f} | {m["wall"]:.2f} | {ratio("cpu")} | {ratio("wall")} | {m["auc"]:.4f} | {m["peak"]:.0f} |')
for system in dict.fromkeys(s for _, s in middle):
    print(f'\n{system}: two threads {middle[1, system]["wall"] / middle[2, system]["wall"]:.2f} times one (wall).', end="")
print()
END
