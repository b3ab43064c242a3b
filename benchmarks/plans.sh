#!/usr/bin/env bash
# Measures what each kind of plan costs a prediction over HTTP, beside a deployment of one version, with wrk (Debian package wrk).
#
#   benchmarks/plans.sh [ROUNDS] [SECONDS]
set -euo pipefail
rounds=${1:-3} seconds=${2:-4}
. "$(dirname -- "$(readlink -f -- "$0")")/serving-common.sh"
start ours http://127.0.0.1:5193
plan() {
    curl -fsS -X PUT "${url[ours]}/api/deployments/$1/plan" -H "X-Api-Key: ${key[ours]}" -H 'Content-Type: application/json' -d "$2" >/dev/null
}
plan single '{"kind":"single","arms":[{"model":"bench","version":1}]}'
plan canary '{"kind":"canary","arms":[{"model":"bench","version":1},{"model":"bench","version":2,"percent":50}]}'
plan shadow '{"kind":"shadow","arms":[{"model":"bench","version":1},{"model":"bench","version":2}]}'
plan fallback '{"kind":"fallback","arms":[{"model":"bench","version":1},{"model":"bench","version":2}]}'
plan fallback-timed '{"kind":"fallback","arms":[{"model":"bench","version":1},{"model":"bench","version":2}],"timeoutMs":1000}'
load_script ours "${key[ours]}" "'{\"key\":\"customer 7\",' .. body:sub(2)"
run() { load ours "$1" "${url[ours]}/api/models/$2/predict"; }
for name in single canary shadow fallback fallback-timed; do run 3 $name >/dev/null; done
echo '| round | plan | requests/s | p50 µs | p99 µs | failed | bytes allocated a request |'
echo '|---|---|---|---|---|---|---|'
for round in $(seq "$rounds"); do
    for name in single canary shadow fallback fallback-timed; do
        before=$(allocated ours)
        read -r rate p50 p99 bad count < <(run "$seconds" $name | figures)
        after=$(allocated ours)
        echo "| $round | $name | $rate | $p50 | $p99 | $bad | $(((after - before) / count)) |"
    done
done
