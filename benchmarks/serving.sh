#!/usr/bin/env bash
# Measures predictions over HTTP beside an empty endpoint, in the same run, with wrk (Debian package wrk).
#
#   benchmarks/serving.sh [ROUNDS] [SECONDS] [SWAPS]
#
# Both servers run at once; wrk -t1 -c16 loads one and then the other, ROUNDS times. The server runs as it is shipped, with
# API key and metrics on; only its worker, which trains, is off.
set -euo pipefail
rounds=${1:-3} seconds=${2:-5} swaps=${3:-1000}
root=$(dirname -- "$(readlink -f -- "$0")")/..
command -v wrk >/dev/null || { echo 'Install wrk first (apt-get install wrk).' >&2; exit 2; }
bench() { dotnet "$root/benchmarks/AlgoFactory.Benchmarks/bin/Release/net10.0/AlgoFactory.Benchmarks.dll" "$@"; }
dotnet build "$root/benchmarks/AlgoFactory.Benchmarks" -c Release -v:q -tl:off --nologo >&2
"$root/algofactory" --version >/dev/null
work=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait; rm -rf -- "$work"' EXIT
empty=http://127.0.0.1:5191 ours=http://127.0.0.1:5192

bench serving-model "$work"
mkdir -p "$work"/models/bench/{1,2}
cp "$work/model.afm" "$work/models/bench/1/"
cp "$work/next.afm" "$work/models/bench/2/model.afm"
bench serving-empty "$empty" & servers+=($!)
"$root/algofactory" serve --urls "$ours" --data "$work/data" --models "$work/models" --AlgoFactory:Worker:Enabled=false >"$work/serve.log" & servers+=($!)
for _ in $(seq 150); do
    curl -fs "$ours/readyz" >/dev/null && curl -fs "$empty/allocated" >/dev/null && break
    sleep 0.2
done
admin=$(grep -o 'afk_[A-Za-z0-9_-]\{43\}' "$work/serve.log")
curl -fsS -X PUT "$ours/api/deployments/bench" -H "X-Api-Key: $admin" -H 'Content-Type: application/json' -d '{"version":1}' >/dev/null
key=$(curl -fsS "$ours/api/keys" -H "X-Api-Key: $admin" -H 'Content-Type: application/json' -d '{"name":"bench","role":"application"}' |
    node -pe 'JSON.parse(require("fs").readFileSync(0)).key')
cat >"$work/load.lua" <<LUA
wrk.method = "POST"
wrk.body = io.open("$work/body.json"):read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer $key"
LUA

load() { wrk -t1 -c16 "-d$1" --latency -s "$work/load.lua" "$2"; }
# Requests a second, p50 and p99 in µs, failed requests, requests.
figures() {
    awk '/Requests\/sec/ { rate = $2 } /^ *(50|99)%/ { v = $2; u = v; sub(/[0-9.]+/, "", u); sub(/[a-z]+/, "", v)
            us[$1] = v * (u == "us" ? 1 : u == "ms" ? 1000 : 1000000) } /requests in/ { n = $1 } /Non-2xx/ { bad = $NF } /Socket errors/ { bad += $4 + $6 + $8 + $10 }
        END { print rate, us["50%"], us["99%"], bad + 0, n }'
}
allocated() {
    [ "$1" = "$empty" ] && curl -fs "$empty/allocated" ||
        curl -fs "$ours/metrics" | awk '/^dotnet_gc_heap_total_allocated/ { printf "%.0f", $2 }'
}
curl -fsS "$ours/api/models/bench/predict" -H "X-Api-Key: $key" -H 'Content-Type: application/json' --data-binary "@$work/body.json" >&2; echo >&2
for url in "$empty/predict" "$ours/api/models/bench/predict"; do load 5s "$url" >/dev/null; load 5s "$url" >/dev/null; done
for round in $(seq "$rounds"); do
    for name in empty ours; do
        base=${!name}
        [ $name = empty ] && url=$base/predict || url=$base/api/models/bench/predict
        before=$(allocated "$base")
        read -r rate p50 p99 bad count < <(load "${seconds}s" "$url" | figures)
        after=$(allocated "$base")
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
load 600s "$ours/api/models/bench/predict" >"$work/swaps.txt" & loader=$!
bench serving-swaps "$ours" "$admin" "$work/body.json" "$swaps"
kill -INT "$(pgrep -P "$loader" wrk || echo "$loader")" # wrk then prints its figures
wait "$loader"
figures <"$work/swaps.txt" | awk '{ print "load meanwhile: " $1 " requests/s, p50 " $2 " µs, p99 " $3 " µs, " $4 " failed of " $5 }'
