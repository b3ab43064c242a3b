#!/usr/bin/env bash
# Measures what the log of predictions costs an answer: two servers that differ in it alone, loaded in turns with wrk.
#
#   benchmarks/prediction-log.sh [ROUNDS] [SECONDS]
set -euo pipefail
rounds=${1:-5} seconds=${2:-5}
. "$(dirname -- "$(readlink -f -- "$0")")/serving-common.sh"
start off http://127.0.0.1:5193 --AlgoFactory:PredictionLog:Enabled=false
start on http://127.0.0.1:5194 --AlgoFactory:PredictionLog:Enabled=true
run() { load "$1" "$2" "${url[$1]}/api/models/bench/predict"; }
for name in off on off on; do run $name 5 >/dev/null; done
echo 'round | log off, requests/s | log on, requests/s | ratio | p99 off, µs | p99 on, µs'
for round in $(seq "$rounds"); do
    # Who comes first changes, as a machine may slow down meanwhile.
    [ $((round % 2)) = 0 ] && order="on off" || order="off on"
    for name in $order; do read -r "r_$name" _ "p_$name" _ _ < <(run $name "$seconds" | figures); done
    awk -v round="$round" -v off="$r_off" -v on="$r_on" -v poff="$p_off" -v pon="$p_on" 'BEGIN { printf "%d | %s | %s | %.3f | %s | %s\n", round, off, on, on / off, poff, pon }'
done | tee "$work/rounds.txt"
cut -d'|' -f4 "$work/rounds.txt" | sort -n | awk '{ r[NR] = $1 } END { print "median ratio:", r[int((NR + 1) / 2)] }'
sleep 12
echo "rows logged: $(metric on algofactory_predictionlog_rows_total), dropped: $(metric on algofactory_predictionlog_dropped_total), on disk: $(du -sh "$work/on/data/predictions" | cut -f1)"
