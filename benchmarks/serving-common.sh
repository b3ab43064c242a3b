# What the benchmarks of predictions over HTTP share; to be sourced. Sets root and work (a folder that goes at the end), makes two
# versions of a model and the body of a request in it, and kills what was started when the script ends.
root=$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/..
command -v wrk >/dev/null || { echo 'Install wrk first (apt-get install wrk).' >&2; exit 2; }
bench() { dotnet "$root/benchmarks/AlgoFactory.Benchmarks/bin/Release/net10.0/AlgoFactory.Benchmarks.dll" "$@"; }
# The same in the background: $! is then the program itself, which can be killed.
exec_bench() { exec dotnet "$root/benchmarks/AlgoFactory.Benchmarks/bin/Release/net10.0/AlgoFactory.Benchmarks.dll" "$@"; }
dotnet build "$root/benchmarks/AlgoFactory.Benchmarks" -c Release -v:q -tl:off --nologo >&2
"$root/algofactory" --version >/dev/null
work=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait; rm -rf -- "$work"' EXIT
bench serving-model "$work"

# start NAME URL SETTING...: a server as it is shipped, but for its worker, which trains; NAME serves version 1 as the deployment "bench".
# Leaves the administrator's key in key[NAME], and the script of its load for wrk in $work/NAME.lua.
declare -A key=() url=()
start() {
    local name=$1
    url[$name]=$2
    mkdir -p "$work/$name/models/bench"/{1,2}
    cp "$work/model.afm" "$work/$name/models/bench/1/"
    cp "$work/next.afm" "$work/$name/models/bench/2/model.afm"
    "$root/algofactory" serve --urls "$2" --data "$work/$name/data" --models "$work/$name/models" \
        --AlgoFactory:Worker:Enabled=false "${@:3}" >"$work/$name.log" & servers+=($!)
    local _
    for _ in $(seq 150); do curl -fs "$2/readyz" >/dev/null && break; sleep 0.2; done
    key[$name]=$(grep -o 'afk_[A-Za-z0-9_-]\{43\}' "$work/$name.log")
    curl -fsS -X PUT "$2/api/deployments/bench" -H "X-Api-Key: ${key[$name]}" -H 'Content-Type: application/json' -d '{"version":1}' >/dev/null
    load_script "$name" "${key[$name]}"
}

# load_script NAME KEY [LUA]: what wrk sends; LUA is an expression of the body, which is the file's without it.
load_script() {
    cat >"$work/$1.lua" <<LUA
body = io.open("$work/body.json"):read("*a")
wrk.method = "POST"
wrk.body = ${3:-body}
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer $2"
LUA
}

# load NAME SECONDS URL
load() { wrk -t1 -c16 "-d$2s" --latency -s "$work/$1.lua" "$3"; }

# Of wrk's output: requests a second, p50 and p99 in µs, failed requests, requests.
figures() {
    awk '/Requests\/sec/ { rate = $2 } /^ *(50|99)%/ { v = $2; u = v; sub(/[0-9.]+/, "", u); sub(/[a-z]+/, "", v)
            us[$1] = v * (u == "us" ? 1 : u == "ms" ? 1000 : 1000000) } /requests in/ { n = $1 } /Non-2xx/ { bad = $NF } /Socket errors/ { bad += $4 + $6 + $8 + $10 }
        END { print rate, us["50%"], us["99%"], bad + 0, n }'
}

# metric NAME METRIC: a number of the server's /metrics.
metric() { curl -fs "${url[$1]}/metrics" | awk -v m="$2" '$1 == m { printf "%.0f", $2 }'; }
allocated() { curl -fs "${url[$1]}/metrics" | awk '/^dotnet_gc_heap_total_allocated/ { printf "%.0f", $2 }'; }
