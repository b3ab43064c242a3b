#!/usr/bin/env bash
# Measures what the log of predictions costs an answer: two servers that differ in it alone, loaded in turns with wrk.
#
#   benchmarks/prediction-log.sh [ROUNDS] [SECONDS]
set -euo pipefail
rounds=${1:-5} seconds=${2:-5}
root=$(dirname -- "$(readlink -f -- "$0")")/..
command -v wrk >/dev/null || { echo 'Install wrk first (apt-get install wrk).' >&2; exit 2; }
bench() { dotnet "$root/benchmarks/AlgoFactory.Benchmarks/bin/Release/net10.0/AlgoFactory.Benchmarks.dll" "$@"; }
dotnet build "$root/benchmarks/AlgoFactory.Benchmarks" -c Release -v:q -tl:off --nologo >&2
"$root/algofactory" --version >/dev/null
work=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait; rm -rf -- "$work"' EXIT
declare -A url=([off]=http://127.0.0.1:5193 [on]=http://127.0.0.1:5194) load=()

bench serving-model "$work"
for name in off on; do
    mkdir -p "$work/$name/models/bench/1"
    cp "$work/model.afm" "$work/$name/models/bench/1/"
    [ $name = on ] && enabled=true || enabled=false
    "$root/algofactory" serve --urls "${url[$name]}" --data "$work/$name/data" --models "$work/$name/models" --AlgoFactory:Worker:Enabled=false \
        --AlgoFactory:PredictionLog:Enabled=$enabled >"$work/$name.log" & servers+=($!)
done
for name in off on; do
    for _ in $(seq 150); do curl -fs "${url[$name]}/readyz" >/dev/null && break; sleep 0.2; done
    admin=$(grep -o 'afk_[A-Za-z0-9_-]\{43\}' "$work/$name.log")
    curl -fsS -X PUT "${url[$name]}/api/deployments/bench" -H "X-Api-Key: $admin" -H 'Content-Type: application/json' -d '{"version":1}' >/dev/null
    cat >"$work/$name.lua" <<LUA
wrk.method = "POST"
wrk.body = io.open("$work/body.json"):read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer $admin"
LUA
done

load() { wrk -t1 -c16 "-d$2" --latency -s "$work/$1.lua" "${url[$1]}/api/models/bench/predict"; }
rate() { awk '/Requests\/sec/ { r = $2 } /^ *99%/ { p = $2 } END { print r, p }'; }
metric() { curl -fs "${url[$1]}/metrics" | awk -v m="$2" '$1 == m { printf "%.0f", $2 }'; }
for name in off on off on; do load $name 5s >/dev/null; done
echo 'round | log off, requests/s | log on, requests/s | ratio | p99 off | p99 on'
for round in $(seq "$rounds"); do
    # Who comes first changes, as a machine may slow down meanwhile.
    [ $((round % 2)) = 0 ] && order="on off" || order="off on"
    for name in $order; do read -r "r_$name" "p_$name" < <(load $name "${seconds}s" | rate); done
    awk -v round="$round" -v off="$r_off" -v on="$r_on" -v poff="$p_off" -v pon="$p_on" 'BEGIN { printf "%d | %s | %s | %.3f | %s | %s\n", round, off, on, on / off, poff, pon }'
done | tee "$work/rounds.txt"
awk -F'|' '{ r[NR] = $4 + 0 } END { n = asort(r); print "median ratio:", n % 2 ? r[(n + 1) / 2] : (r[n / 2] + r[n / 2 + 1]) / 2 }' "$work/rounds.txt" 2>/dev/null ||
    cut -d'|' -f4 "$work/rounds.txt" | sort -n | awk '{ r[NR] = $1 } END { print "median ratio:", r[int((NR + 1) / 2)] }'
sleep 12
echo "rows logged: $(metric on algofactory_predictionlog_rows_total), dropped: $(metric on algofactory_predictionlog_dropped_total), on disk: $(du -sh "$work/on/data/predictions" | cut -f1)"
