#!/usr/bin/env bash
# Measures predictions over HTTP beside an empty endpoint, in the same run, with wrk (Debian package wrk).
#
#   benchmarks/serving.sh [ROUNDS] [SECONDS] [SWAPS] [PAUSE]
#
# Both servers run at once; wrk -t1 -c16 loads one and then the other, ROUNDS times. The server runs as it is shipped, with
# API key, metrics and the log of predictions on; only its worker, which trains, is off. Swaps are measured twice: on that
# server, where the version before stays loaded, and on one that loads every version anew; PAUSE milliseconds (0) lie between two.
set -euo pipefail
rounds=${1:-3} seconds=${2:-5} swaps=${3:-1000} pause=${4:-0}
. "$(dirname -- "$(readlink -f -- "$0")")/serving-common.sh"
empty=http://127.0.0.1:5191
exec_bench serving-empty "$empty" & servers+=($!)
start ours http://127.0.0.1:5192
load_script empty none
application=$(curl -fsS "${url[ours]}/api/keys" -H "X-Api-Key: ${key[ours]}" -H 'Content-Type: application/json' -d '{"name":"bench","role":"application"}' |
    node -pe 'JSON.parse(require("fs").readFileSync(0)).key')
load_script ours "$application"
declare -A at=([empty]=$empty/predict [ours]=${url[ours]}/api/models/bench/predict)
so_far() { [ "$1" = empty ] && curl -fs "$empty/allocated" || allocated "$1"; }

curl -fsS "${at[ours]}" -H "X-Api-Key: $application" -H 'Content-Type: application/json' --data-binary "@$work/body.json" >&2; echo >&2
# Until what is used most has been compiled with what was seen of it: on two cores that takes longer than one would think.
for _ in 1 2 3 4; do for name in empty ours; do load $name 5 "${at[$name]}" >/dev/null; done; done
for round in $(seq "$rounds"); do
    # Who comes first changes, as a machine may slow down meanwhile.
    [ $((round % 2)) = 0 ] && order='ours empty' || order='empty ours'
    for name in $order; do
        before=$(so_far $name)
        read -r rate p50 p99 bad count < <(load $name "$seconds" "${at[$name]}" | figures)
        after=$(so_far $name)
        echo "$round $name $rate $p50 $p99 $bad $(((after - before) / count))"
    done
done | tee "$work/rounds.txt" | awk '
    BEGIN { print "round | endpoint | requests/s | p50 µs | p99 µs | failed | bytes/request" }
    { print $1 " | " $2 " | " $3 " | " $4 " | " $5 " | " $6 " | " $7 }'
awk '{ rate[$2, $1] = $3; p99[$2, $1] = $5; n = $1 }
    END { for (i = 1; i <= n; i++) printf "round %d: %.2f × the requests/s, %.2f × the p99\n", i, rate["ours", i] / rate["empty", i], p99["ours", i] / p99["empty", i] }' "$work/rounds.txt"
bench serving-pool "$work"
bench serving-batch "$work"

# Under the same load, one version after the other.
start anew http://127.0.0.1:5193 --AlgoFactory:Predictions:KeepReplacedMinutes=0
for name in ours anew; do
    target=${url[$name]}/api/models/bench/predict
    load $name 3 "$target" >/dev/null
    read -r _ _ steady _ _ < <(load $name "$seconds" "$target" | figures)
    load $name 600 "$target" >"$work/swaps.txt" & loader=$!
    bench serving-swaps "${url[$name]}" "${key[$name]}" "$work/body.json" "$swaps" "$pause"
    kill -INT "$(pgrep -P "$loader" wrk || echo "$loader")" # wrk then prints its figures
    wait "$loader"
    figures <"$work/swaps.txt" | awk -v name=$name -v steady="$steady" '{ printf "%s, load meanwhile: %s requests/s, p50 %s µs, p99 %s µs (%.1f × the steady %s µs), %s failed of %s\n", name, $1, $2, $3, $3 / steady, steady, $4, $5 }'
done
