#!/bin/sh
# Builds native/ for Maven: build.sh <build folder> [CMake options]; runs the tests if the options ask for them.
# What is missing is named in one line; what the tools say is shown only if they fail.
set -eu

missing() {
    echo "[ERROR] native build: missing=$1; $2" >&2
    exit 1
}

available() {
    command -v "$1" >/dev/null
}

# Shows the log of a command that fails.
quietly() {
    "$@" >>"$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
}

available cmake || missing cmake 'install CMake 3.18 or newer (Debian, Ubuntu: apt-get install cmake)'
if [ -n "${CXX:-}" ]; then
    available "$CXX" || missing "$CXX" 'the variable CXX names this compiler; install it or unset CXX'
else
    available c++ || available g++ || available clang++ ||
        missing c++ 'install a C++17 compiler (Debian, Ubuntu: apt-get install g++)'
fi
if available ninja; then
    generator=Ninja
else
    available make || missing make 'install make or ninja (Debian, Ubuntu: apt-get install make)'
    generator='Unix Makefiles'
fi

source=$(dirname "$0")
mkdir -p "$1"
build=$(cd "$1" && pwd)
shift
log=$build/build.log
: >"$log"

[ -f "$build/CMakeCache.txt" ] || set -- -G "$generator" "$@"
quietly cmake -S "$source" -B "$build" "$@"
sed -n 's/^-- BlazeFL4J: /[INFO] /p' "$log"
quietly cmake --build "$build" --parallel "$(nproc)"

if [ -f "$build/CTestTestfile.cmake" ]; then
    log=$build/test.log
    : >"$log"
    (cd "$build" && quietly ctest --output-on-failure)
    sed -n 's/^[0-9]*% tests passed.*/[INFO] native tests: &/p' "$log"
fi
