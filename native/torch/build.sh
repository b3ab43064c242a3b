#!/usr/bin/env bash
# Builds the shim over libtorch: native/torch/lib/libalgofactory-torch.so. Needs g++ and a libtorch of 1.13 or newer.
#
#   native/torch/build.sh            Debian's libtorch (apt-get install libtorch-dev libopenblas0-pthread)
#   native/torch/build.sh FOLDER     an unpacked libtorch (its include/ and lib/), of CUDA too
set -euo pipefail
here=$(dirname -- "$(readlink -f -- "$0")")
home=${1:-}
includes=() links=()
if [ -n "$home" ]; then
    [ -f "$home/include/torch/csrc/api/include/torch/torch.h" ] || { echo "build.sh: there is no libtorch in '$home'." >&2; exit 1; }
    home=$(readlink -f -- "$home")
    includes=(-I"$home/include" -I"$home/include/torch/csrc/api/include")
    links=(-L"$home/lib" -Wl,-rpath,"$home/lib")
    libraries=$home/lib
else
    includes=(-I/usr/include/torch/csrc/api/include)
    libraries=/usr/lib/x86_64-linux-gnu
    [ -f /usr/include/torch/csrc/api/include/torch/torch.h ] || {
        echo 'build.sh: libtorch is not installed; run: apt-get install --no-install-recommends libtorch-dev libopenblas0-pthread g++' >&2
        exit 1
    }
    compgen -G '/usr/lib/*/openblas-*/libblas.so.3' >/dev/null ||
        echo 'build.sh: OpenBLAS is missing, so that libtorch multiplies matrices many times slower; run: apt-get install libopenblas0-pthread' >&2
fi
command -v "${CXX:-g++}" >/dev/null || { echo 'build.sh: g++ is not installed; run: apt-get install --no-install-recommends g++' >&2; exit 1; }
# Without this the linker drops the library that registers the CUDA kernels.
cuda=()
[ ! -e "$libraries/libtorch_cuda.so" ] || cuda=(-Wl,--no-as-needed -ltorch_cuda -lc10_cuda)
mkdir -p -- "$here/lib"
next=$here/lib/.next.$$
trap 'rm -f -- "$next"' EXIT
"${CXX:-g++}" -std=c++17 -O2 -Wall -shared -fPIC -fvisibility=hidden "${includes[@]}" "$here/shim.cpp" -o "$next" "${links[@]}" -ltorch -ltorch_cpu -lc10 "${cuda[@]}"
mv -- "$next" "$here/lib/libalgofactory-torch.so"
