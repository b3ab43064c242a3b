#!/usr/bin/env bash
# Measures how soon another node on one PostgreSQL (Debian package postgresql) follows a change of a deployment: told by LISTEN and
# NOTIFY, and by looking, when the connections that listen are cut before each change.
#
#   benchmarks/nodes.sh [CHANGES]
set -euo pipefail
changes=${1:-50}
root=$(dirname -- "$(readlink -f -- "$0")")/..
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || { echo 'Install postgresql first (apt-get install postgresql).' >&2; exit 2; }
dotnet build "$root/benchmarks/AlgoFactory.Benchmarks" -c Release -v:q -tl:off --nologo >&2
"$root/algofactory" --version >/dev/null
work=$(mktemp -d) servers=
mkdir "$work/pg"
as=
if [ "$(id -u)" = 0 ]; then
    # initdb and postgres refuse root.
    chmod 755 "$work"
    chown postgres "$work/pg"
    as='runuser -u postgres --'
fi
trap 'kill $servers 2>/dev/null || true; wait $servers 2>/dev/null || true; (cd "$work/pg" && $as "$bin/pg_ctl" -D db -m immediate stop >/dev/null 2>&1) || true; rm -rf -- "$work"' EXIT
(cd "$work/pg" && $as "$bin/initdb" -D db -U postgres -A trust -E UTF8 --locale=C >/dev/null &&
    $as "$bin/pg_ctl" -D db -w -l log -o "-k $work/pg -c listen_addresses=" start >/dev/null)
benchmarks="$root/benchmarks/AlgoFactory.Benchmarks/bin/Release/net10.0/AlgoFactory.Benchmarks.dll"
dotnet "$benchmarks" serving-model "$work"
mkdir -p "$work"/models/bench/{1,2}
cp "$work/model.afm" "$work/models/bench/1/"
cp "$work/next.afm" "$work/models/bench/2/model.afm"
for port in 5194 5195; do
    "$root/algofactory" serve --urls "http://127.0.0.1:$port" --data "$work/data" --models "$work/models" --AlgoFactory:Worker:Enabled=false \
        --AlgoFactory:Database:Provider=postgresql "--AlgoFactory:Database:ConnectionString=Host=$work/pg;Username=postgres" >"$work/serve-$port.log" 2>&1 &
    servers="$servers $!"
    for _ in $(seq 150); do curl -fs "http://127.0.0.1:$port/readyz" >/dev/null && break; sleep 0.2; done
done
key=$(grep -o 'afk_[A-Za-z0-9_-]\{43\}' "$work/serve-5194.log")
curl -fsS -X PUT http://127.0.0.1:5194/api/deployments/bench -H "X-Api-Key: $key" -H 'Content-Type: application/json' -d '{"model":"bench","version":1}' >/dev/null
measure() { dotnet "$benchmarks" serving-nodes http://127.0.0.1:5194 http://127.0.0.1:5195 "$key" "$work/body.json" "$@"; }
measure 6 >/dev/null
echo 'Told by LISTEN and NOTIFY:'
measure "$changes"
cut="psql -qAt -h $work/pg -U postgres -c \"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'\""
echo 'The connections that listen cut before each change, and had anew:'
measure "$changes" "sleep 1.5; $cut"
echo 'Cut before each change and within a second of the last time, so that the nodes look instead of listening:'
measure "$changes" "$cut"
