#!/bin/sh
# Configures and builds native/, quietly: build.sh <build folder> [CMake options]. Called by Maven.
# What is missing is named in one line; a compiler's output is shown only if it fails.
set -eu

missing() {
    echo "[ERROR] native build: missing=$1; $2" >&2
    exit 1
}

command -v cmake >/dev/null || missing cmake "install CMake 3.16 or newer (Debian, Ubuntu: apt-get install cmake)"
command -v "${CXX:-c++}" >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null ||
    missing "${CXX:-c++}" "install a C++17 compiler (Debian, Ubuntu: apt-get install g++)"
if command -v ninja >/dev/null; then
    generator=Ninja
elif command -v make >/dev/null; then
    generator='Unix Makefiles'
else
    missing make "install make or ninja (Debian, Ubuntu: apt-get install make)"
fi

source=$(dirname "$0")
build=$1
shift
mkdir -p "$build"
log=$build/build.log
[ -f "$build/CMakeCache.txt" ] || set -- -G "$generator" "$@"
{ cmake -S "$source" -B "$build" "$@" && cmake --build "$build" --parallel; } >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
grep '^-- BlazeFL4J: ' "$log" | sed 's/^-- BlazeFL4J: /[INFO] /' || true
