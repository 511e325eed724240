#!/usr/bin/env bash
# Leaves out each barrier, arrival and wait of the kernels in turn and runs the kernels' tests on the emulation, in several
# random orders. A mutation is caught where a test fails, a thread hangs or the program dies. Those that are not caught are
# listed: a barrier that no test needs, or a test that is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seeds=${SEEDS:-0 1 2 3}
build=build/mutated
rm -rf "$build"
mkdir -p "$build/source" "$build/objects"
cp ./*.cu ./*.cuh ./*.hpp ./*.h ./*.cpp "$build/source"
cp -r tests "$build/source/tests"
flags=(-std=c++17 -O1 -w -pthread -fPIC)
cd "$build/source"

compile() {
  local source
  for source in "$@"; do
    g++ "${flags[@]}" -I. -x c++ -c "$source" -o "../objects/$(basename "$source").o"
  done
}

# The sources that a header is part of, through any number of others.
users_of() {
  local source
  for source in ./*.cu ./*.cpp tests/kernels_test.cpp; do
    if g++ -std=c++17 -I. -MM -x c++ "$source" | tr -s ' \\' '\n\n' | grep -qxE "(\./|tests/\.\./)?$1"; then echo "$source"; fi
  done
}

passes() {
  g++ -pthread ../objects/*.o -o ../kernels_test
  local seed
  for seed in $seeds; do
    MLPCUDA_EMULATE_SEED=$seed timeout 60 ../kernels_test quick >/dev/null 2>&1 || return 1
  done
}

compile ./*.cu ./*.cpp tests/kernels_test.cpp
passes || { echo "error: the tests fail without any mutation" >&2; exit 1; }

pattern='(__syncthreads\(\)|arrive\([^;]*\)|wait_for\([^;]*\));'
caught=0
missed=()
while IFS=: read -r file line text; do
  if [[ $text == *__device__* ]]; then continue; fi
  cp "$file" "$file.whole"
  sed -i -E "${line}s/$pattern/;/" "$file"
  mapfile -t users < <(users_of "$file")
  compile "${users[@]}"
  if passes 2>/dev/null; then
    missed+=("$file:$line:$text")
    echo "not caught $file:$line:$text"
  else
    caught=$((caught + 1))
    echo "caught     $file:$line:$text"
  fi
  mv "$file.whole" "$file"
  compile "${users[@]}"
done < <(grep -nE "$pattern" ./*.cu ./*.cuh | grep -vE "^./prims.cuh" | sed 's|^\./||')

echo "$caught caught, ${#missed[@]} not caught"
