#!/bin/sh
# Checks what needs a CUDA device, meant to take ten minutes: native/cuda/check.sh
# Exit status: 0 all passed, 1 something failed, 2 nothing failed but not all could run.
set -u

cd "${0%/*}/../.." || exit 1
build=target/native/device
speed=target/device-speed.txt
failed=''
not_run=''

available() {
    command -v "$1" >/dev/null
}

fails() {
    echo "failed: $1"
    failed=yes
}

cannot_run() {
    echo "could not run: $1"
    not_run=yes
}

# Runs a program of the build; 77 says that it had not all it needs.
check() {
    name=$1
    shift
    echo "-- $name"
    "$@"
    status=$?
    case $status in
        0) ;;
        77) cannot_run "$name" ;;
        *) fails "$name: status=$status" ;;
    esac
}

native_checks() {
    for tool in nvcc cmake; do
        available $tool || {
            cannot_run "native tests and table: missing=$tool on the PATH; install the CUDA toolkit and CMake"
            return
        }
    done
    sh native/build.sh $build -DBFL_DEVICE_TESTS=ON || {
        fails 'the build of the native tests'
        return
    }
    for test in memory_test sum_test ipc_test; do
        check "native $test" $build/test/cuda/device/device_$test
    done
    check 'sums on a device' $build/test/cuda/device/device_sum_bench
}

java_checks() {
    available mvn || {
        cannot_run 'Java tests: missing=mvn; install Maven and a JDK'
        return
    }
    echo '-- Java tests with the tag gpu (the first time, Maven fetches 458 MB)'
    rm -f target/surefire-reports/TEST-*GpuTest.xml
    mvn -q -Pgpu -Dtest='*GpuTest' -Dblazefl4j.speedTable="$speed" test || fails 'Java tests'
    for report in target/surefire-reports/TEST-*GpuTest.xml; do
        if [ ! -f "$report" ]; then
            cannot_run 'Java tests: there are no reports'
        elif grep -q '<skipped' "$report"; then
            test=${report##*/TEST-}
            cannot_run "${test%.xml}: $(sed -n 's/.*<skipped message="\([^"]*\)".*/\1/p' "$report" | head -n 1)"
        fi
    done
}

# Prints the table that the Java tests have written.
speed_table() {
    echo '-- steps and empty rounds per second'
    if [ ! -s "$speed" ]; then
        cannot_run 'the table of steps/s: the Java tests have written none'
        return
    fi
    cat "$speed"
    lines=$(grep -c 'could not run' "$speed") && cannot_run "lines of the table of steps/s: $lines, named there"
}

if ! available nvidia-smi || ! nvidia-smi -L; then
    cannot_run 'anything: nvidia-smi finds no device; run on a machine with a GPU and a driver for CUDA 13 (580 or newer)'
    exit 2
fi
rm -f $speed
nvidia-smi --query-gpu=name,driver_version,compute_cap,memory.total,memory.free --format=csv
native_checks
java_checks
speed_table

if [ -n "$failed" ]; then
    echo 'result: something failed'
    exit 1
elif [ -n "$not_run" ]; then
    echo 'result: all that ran passed, but not all could run'
    exit 2
fi
echo 'result: all passed'
