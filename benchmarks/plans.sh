#!/usr/bin/env bash
# Measures what each kind of plan costs a prediction over HTTP, beside a deployment of one version, with wrk (Debian package wrk).
#
#   benchmarks/plans.sh [ROUNDS] [SECONDS]
set -euo pipefail
rounds=${1:-3} seconds=${2:-4}
root=$(dirname -- "$(readlink -f -- "$0")")/..
command -v wrk >/dev/null || { echo 'Install wrk first (apt-get install wrk).' >&2; exit 2; }
dotnet build "$root/benchmarks/AlgoFactory.Benchmarks" -c Release -v:q -tl:off --nologo >&2
"$root/algofactory" --version >/dev/null
work=$(mktemp -d) server=
trap 'kill $server 2>/dev/null || true; wait; rm -rf -- "$work"' EXIT
url=http://127.0.0.1:5193
dotnet "$root/benchmarks/AlgoFactory.Benchmarks/bin/Release/net10.0/AlgoFactory.Benchmarks.dll" serving-model "$work"
mkdir -p "$work"/models/bench/{1,2}
cp "$work/model.afm" "$work/models/bench/1/"
cp "$work/next.afm" "$work/models/bench/2/model.afm"
"$root/algofactory" serve --urls "$url" --data "$work/data" --models "$work/models" --AlgoFactory:Worker:Enabled=false >"$work/serve.log" & server=$!
for _ in $(seq 150); do curl -fs "$url/readyz" >/dev/null && break; sleep 0.2; done
admin=$(grep -o 'afk_[A-Za-z0-9_-]\{43\}' "$work/serve.log")
plan() {
    curl -fsS -X PUT "$url/api/deployments/$1/plan" -H "X-Api-Key: $admin" -H 'Content-Type: application/json' -d "$2" >/dev/null
}
plan single '{"kind":"single","arms":[{"model":"bench","version":1}]}'
plan canary '{"kind":"canary","arms":[{"model":"bench","version":1},{"model":"bench","version":2,"percent":50}]}'
plan shadow '{"kind":"shadow","arms":[{"model":"bench","version":1},{"model":"bench","version":2}]}'
plan fallback '{"kind":"fallback","arms":[{"model":"bench","version":1},{"model":"bench","version":2}]}'
plan fallback-timed '{"kind":"fallback","arms":[{"model":"bench","version":1},{"model":"bench","version":2}],"timeoutMs":1000}'
cat >"$work/load.lua" <<LUA
wrk.method = "POST"
wrk.body = '{"key":"customer 7",' .. io.open("$work/body.json"):read("*a"):sub(2)
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer $admin"
LUA
allocated() { curl -fs "$url/metrics" | awk '/^dotnet_gc_heap_total_allocated/ { printf "%.0f", $2 }'; }
load() { wrk -t1 -c16 "-d$1s" --latency -s "$work/load.lua" "$url/api/models/$2/predict"; }
for name in single canary shadow fallback fallback-timed; do load 3 $name >/dev/null; done
echo '| round | plan | requests/s | p50 | p99 | failed | bytes allocated a request |'
echo '|---|---|---|---|---|---|---|'
for round in $(seq "$rounds"); do
    for name in single canary shadow fallback fallback-timed; do
        before=$(allocated)
        result=$(load "$seconds" $name)
        after=$(allocated)
        awk -v round="$round" -v name=$name -v bytes=$((after - before)) '
            /Requests\/sec/ { rate = $2 } /^ *50%/ { p50 = $2 } /^ *99%/ { p99 = $2 } /requests in/ { n = $1 } /Non-2xx/ { bad = $NF } /Socket errors/ { bad += $4 + $6 + $8 + $10 }
            END { printf "| %s | %s | %.0f | %s | %s | %d | %.0f |\n", round, name, rate, p50, p99, bad, bytes / n }' <<<"$result"
    done
done
