#!/bin/sh
# Fuzzes native/ for about so many seconds, shared out among the fuzzers: run.sh <seconds>
# What a fuzzer finds ends the run: its report is shown, and its input lies in the build folder.
set -eu

seconds=${1:?"usage: run.sh <seconds>"}
compiler=${CXX:-clang++}
command -v "$compiler" >/dev/null || {
    echo "native fuzzing: missing=$compiler; install clang with its run time (Debian, Ubuntu: apt-get install clang" \
        "libclang-rt-14-dev, in the version of clang)" >&2
    exit 1
}

source=$(cd "$(dirname "$0")/.." && pwd)
build=$source/../target/native/fuzz
mkdir -p "$build"
build=$(cd "$build" && pwd)

# Shows the log of a command that fails.
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1 || {
        cat "$log" >&2
        exit 1
    }
}

quietly "$build/configure.log" cmake -S "$source" -B "$build" -DCMAKE_CXX_COMPILER="$compiler" -DBFL_FUZZ=ON
quietly "$build/build.log" cmake --build "$build" --target fuzzers --parallel "$(nproc)"

seeds=$build/seeds
found=$build/found
mkdir -p "$seeds" "$found"
"$build/fuzz/seeds" "$seeds"

count=$(find "$build/fuzz" -maxdepth 1 -name '*_fuzz' | wc -l)
each=$(((seconds + count - 1) / count))
for fuzzer in "$build"/fuzz/*_fuzz; do
    name=$(basename "$fuzzer")
    corpus=$build/corpus/$name
    mkdir -p "$corpus"
    # -timeout: whatever the input is, a call ends soon
    quietly "$build/$name.log" "$fuzzer" -max_total_time="$each" -timeout=5 -max_len=4096 -rss_limit_mb=2048 \
        -artifact_prefix="$found/$name-" "$corpus" "$seeds/$name"
    echo "native fuzzing: $name, $(sed -n 's/^Done \([0-9]*\) runs in \([0-9]*\) .*/\1 inputs in \2 s/p' "$build/$name.log")"
done
