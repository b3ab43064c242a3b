#!/usr/bin/env bash
# The whole test suite. Installs what only tests need (Chromium, PostgreSQL, nginx, libtorch), builds once, runs every test project and ends
# with the line `N passed, N failed`. The exit code is 0 only when every test passed.
#
#   ./test.sh                       everything
#   ./test.sh Storage Web           these test projects only
#   ./test.sh --filter EXPRESSION   tests that match, as `dotnet test --filter` takes it
set -uo pipefail
cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
# No build server may outlive this script or hold its output open.
export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
exec </dev/null
passed=0 failed=0 skipped=0
results=$PWD/TestResults

finish() {
    local line="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || line+=", $skipped skipped"
    echo "$line"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
    exit
}

# What is wrong before or beside the tests counts as one failure, so that the last line never says that all is well.
give_up() {
    echo "test.sh: $1" >&2
    failed=$((failed + 1))
    finish
}

install_debian_packages() {
    local missing=() as=()
    command -v chromium >/dev/null || missing+=(chromium)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
    [ -x /usr/sbin/nginx ] || command -v nginx >/dev/null || missing+=(nginx-light)
    [ -f /usr/include/torch/csrc/api/include/torch/torch.h ] || missing+=(libtorch-dev)
    # Without OpenBLAS Debian's libtorch multiplies matrices with the reference BLAS, and texts are learned many times slower.
    compgen -G '/usr/lib/*/openblas-*/libblas.so.3' >/dev/null || missing+=(libopenblas0-pthread)
    command -v g++ >/dev/null || missing+=(g++)
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || give_up "the tests need ${missing[*]}, and there is no apt-get to install them with; install them and try again."
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || give_up "the tests need ${missing[*]}; run as root: apt-get install ${missing[*]}"
        as=(sudo)
    fi
    echo "Installing ${missing[*]} ..."
    "${as[@]}" apt-get update -qq || give_up 'apt-get update failed; its message stands above.'
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        give_up "apt-get could not install ${missing[*]}; its message stands above."
}

# The packages of one folder: the root's, and those of native/ that only some commands need.
install_npm_packages() {
    cmp -s "$1/package-lock.json" "$1/node_modules/.installed-lock.json" && return
    command -v npm >/dev/null || give_up 'Node.js 20 or newer with npm is needed; install it (https://nodejs.org).'
    echo "Fetching native libraries and web assets (npm ci in $1) ..."
    (cd -- "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || give_up 'npm ci failed; its message stands above.'
    cp -- "$1/package-lock.json" "$1/node_modules/.installed-lock.json"
}

# The shim over libtorch, compiled again when its source is newer: 20 seconds.
build_torch() {
    local shim=native/torch/lib/libalgofactory-torch.so
    [ ! "$shim" -nt native/torch/shim.cpp ] || [ ! "$shim" -nt native/torch/build.sh ] || return 0
    echo 'Compiling the shim over libtorch ...'
    native/torch/build.sh || give_up 'the shim over libtorch could not be compiled; the message stands above.'
}

# One test project, its output kept together. Called in a process of its own, two at once.
run_project() {
    local name=$1 filter=$2 arguments=()
    [ -z "$filter" ] || arguments=(--filter "$filter")
    local started=$SECONDS
    timeout -k 15 600 dotnet test "tests/AlgoFactory.$name.Tests/bin/Release/net10.0/AlgoFactory.$name.Tests.dll" \
        "${arguments[@]}" --logger "trx;LogFileName=$name.trx" --logger 'console;verbosity=minimal' \
        --results-directory "$results" >"$results/$name.log" 2>&1
    local code=$?
    echo "$code" >"$results/$name.code"
    echo "== $name ($((SECONDS - started)) s)"
    # One write each, so that two projects do not mix. The runner's own greetings say nothing.
    grep -v -e '^Test run for' -e '^A total of' -e '^Results File:' -e '^VSTest version' -e '^$' "$results/$name.log"
    return 0
}

counter() {
    sed -n "s/.*<Counters [^>]*\b$1=\"\([0-9]*\)\".*/\1/p" "$2" | head -n 1
}

sum_up() {
    local name=$1 filter=$2 trx=$results/$1.trx code
    code=$(cat "$results/$name.code" 2>/dev/null || echo none)
    if [ ! -s "$trx" ]; then
        # A filter may match nothing in a project.
        [ "$code" = 0 ] && [ -n "$filter" ] && return
        case $code in
            124 | 137) echo "test.sh: $name did not end within 10 minutes." >&2 ;;
            0) echo "test.sh: $name has no tests." >&2 ;;
            *) echo "test.sh: $name ended without a result (exit code $code); its test host has crashed." >&2 ;;
        esac
        failed=$((failed + 1))
        return
    fi
    local total executed good bad
    total=$(counter total "$trx") executed=$(counter executed "$trx") good=$(counter passed "$trx")
    bad=$((executed - good))
    if [ "$code" != 0 ] && [ "$bad" -eq 0 ]; then
        echo "test.sh: $name ended with exit code $code although no test failed; its test host has crashed." >&2
        bad=1
    fi
    if [ "$total" -eq 0 ] && [ -z "$filter" ]; then
        echo "test.sh: $name has no tests." >&2
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + total - executed))
}

filter='' projects=()
while [ $# -gt 0 ]; do
    case $1 in
        --filter) [ $# -gt 1 ] || give_up '--filter needs an expression.'; filter=$2; shift 2 ;;
        -*) give_up "unknown option '$1'; see the head of this script." ;;
        *) [ -d "tests/AlgoFactory.$1.Tests" ] || give_up "there is no test project tests/AlgoFactory.$1.Tests."; projects+=("$1"); shift ;;
    esac
done

what=AlgoFactory.sln
if [ ${#projects[@]} -eq 0 ]; then
    # The slowest first, so that two at once end together.
    projects=(Web Cli Hosting Learning)
    for folder in tests/AlgoFactory.*.Tests; do
        name=${folder#tests/AlgoFactory.} name=${name%.Tests}
        [[ " ${projects[*]} " == *" $name "* ]] || projects+=("$name")
    done
    checks_format=yes
else
    checks_format=
    [ ${#projects[@]} -gt 1 ] || what=tests/AlgoFactory.${projects[0]}.Tests
fi

install_debian_packages
install_npm_packages .
install_npm_packages native/onnxruntime
build_torch
dotnet --version >/dev/null 2>&1 || give_up 'the .NET SDK 10 is needed; install dotnet-sdk-10.0 (https://dotnet.microsoft.com/download/dotnet/10.0).'
echo 'Building ...'
dotnet build "$what" -c Release -v:q -tl:off --nologo || give_up 'the build failed; its messages stand above.'

if [ -n "$checks_format" ]; then
    # Layout only: the compiler's analysers have just run in the build, warnings as errors.
    dotnet format whitespace . --folder --verify-no-changes --include src/ tests/ benchmarks/ tools/ --verbosity quiet || {
        echo 'test.sh: the files above are not laid out as .editorconfig says; run: dotnet format whitespace' >&2
        failed=$((failed + 1))
    }
fi

rm -rf -- "$results"
mkdir -p -- "$results"
export results
export -f run_project
printf '%s\0' "${projects[@]}" | xargs -0 -P 2 -I{} bash -c 'run_project "$1" "$2"' run {} "$filter"
for name in "${projects[@]}"; do sum_up "$name" "$filter"; done
finish
