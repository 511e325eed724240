#!/usr/bin/env bash
# Leaves out each barrier, arrival and wait of the kernels in turn, and the ordering of each release and acquire, and runs
# the kernels' tests on the emulation, with the race detector, in several orders. A mutation is caught if a test fails, a race
# is found, or no thread can run. Ends with an error if a mutation is not caught: then no test covers the call, or it is not
# needed. The argument is the program with the tests.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export program seeds=${SEEDS:-0 1 2}

"$program" quick >/dev/null || { echo "error: the tests fail without any mutation" >&2; exit 1; }

# try FILE:LINE: runs the tests without that call and prints the result.
try() {
  local seed status output
  for seed in $seeds; do
    status=0
    output=$(MLPCUDA_EMULATE_WITHOUT=$1 MLPCUDA_EMULATE_SEED=$seed timeout 120 "$program" quick 2>&1 >/dev/null) || status=$?
    if ((status != 0)); then
      output=${output%%$'\n'*}
      echo "caught      $1  seed $seed: ${output:-ended with status $status}"
      return
    fi
  done
  echo "not caught  $1"
}
export -f try

calls='\b(__syncthreads|arrive|wait_for|add_release|load_acquire|add_acquire_release)\('
places=$(grep -nE "$calls" ./*.cu ./*.cuh | grep -vE '^./prims.cuh|__device__|: *//' | sed -E 's|^\./([^:]*:[0-9]+):.*|\1|')
found=$(xargs -P "$(nproc)" -I{} bash -c 'try {}' <<<"$places" | sort -V)
echo "$found"

caught=$(grep -c '^caught' <<<"$found") || true
missed=$(grep -c '^not caught' <<<"$found") || true
echo "$caught caught, $missed not caught"
((missed == 0))
