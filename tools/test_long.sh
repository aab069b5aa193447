#!/usr/bin/env bash
# What takes too long for every change: the unit tests under TSan, the vector functions over every
# f32, the fuzzers, and the accuracy bars on all seeds. All run even if one fails; the exit code is 0
# only when all held.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: test_long.sh [--minutes N] [--data DIR] [--skip tsan|exact|fuzz|bars]... [--no-install]
  --minutes N   minutes for each fuzzer (default 10)
  --data DIR    folder with real MNIST, for the bars
  --skip PART   leave a part out; may be given more than once
  --no-install  install nothing by apt
Example: bash tools/test_long.sh --minutes 1 --skip bars
TEXT
}

minutes=10
data=''
install=yes
declare -A skip=()
while (($#)); do
  case $1 in
    --minutes | --data | --skip)
      (($# >= 2)) || {
        echo "test_long: $1 needs a value" >&2
        exit 2
      }
      case $1 in
        --minutes) minutes=$2 ;;
        --data) data=$(realpath -m -- "$2") ;;
        --skip) skip[$2]=1 ;;
      esac
      shift
      ;;
    --no-install) install=no ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      echo "test_long: unknown option '$1'" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done
[[ $minutes =~ ^[1-9][0-9]{0,3}$ ]] || {
  echo "test_long: --minutes takes a whole number from 1, not '$minutes'" >&2
  exit 2
}
for part in "${!skip[@]}"; do
  [[ $part == tsan || $part == exact || $part == fuzz || $part == bars ]] || {
    echo "test_long: --skip takes tsan, exact, fuzz or bars, not '$part'" >&2
    exit 2
  }
done
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $install == yes ]]; then
  bash tools/install_deps.sh --for test
fi
jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}

tsan() {
  cmake --preset tsan -DLATHE_TESTS=ON >/dev/null &&
    cmake --build build-tsan --target lathe_tests --parallel "$jobs" &&
    TSAN_OPTIONS=halt_on_error=1 ctest --test-dir build-tsan --no-tests=error \
      --output-on-failure --timeout 1800 -j "$jobs" -L '^unit$'
}

# fuzz_one PROGRAM: its corpus stays in build-fuzz between runs, seeds come from tests/fuzz.
fuzz_one() {
  local name corpus seeds
  name=$(basename "$1")
  corpus=build-fuzz/corpus/$name
  seeds=tests/fuzz/corpus/${name%_fuzz}
  mkdir -p "$corpus" build-fuzz/findings
  set -- "$1" -max_total_time=$((minutes * 60)) -timeout=25 -rss_limit_mb=3000 -print_final_stats=1 \
    -artifact_prefix=build-fuzz/findings/"$name"- "$corpus"
  [[ ! -d $seeds ]] || set -- "$@" "$seeds"
  echo "== $name: $minutes min"
  "$@" >build-fuzz/findings/"$name".log 2>&1 || {
    tail -n 40 build-fuzz/findings/"$name".log >&2
    return 1
  }
  grep -E 'stat::number_of_executed_units' build-fuzz/findings/"$name".log
}

fuzz() {
  local program programs=() result=0
  cmake --preset fuzz >/dev/null &&
    cmake --build build-fuzz --target lathe_fuzzers --parallel "$jobs" || return 1
  for program in build-fuzz/*_fuzz; do
    [[ ! -x $program ]] || programs+=("$program")
  done
  ((${#programs[@]})) || {
    echo 'test_long: no fuzzer was built' >&2
    return 1
  }
  for program in "${programs[@]}"; do
    fuzz_one "$program" || result=1
  done
  return "$result"
}

# exact: the vector functions over every f32, and the bits of every activation with every optimiser,
# which the unit tests only sample.
exact() {
  cmake --preset release -DLATHE_TESTS=ON >/dev/null &&
    cmake --build build --target llvm_test frontend_test --parallel "$jobs" &&
    build/frontend_test --gtest_also_run_disabled_tests --gtest_filter='*_Long*' --gtest_brief=1 &&
    build/llvm_test --gtest_also_run_disabled_tests --gtest_filter='*_Long*' --gtest_brief=1
}

bars() {
  local options=()
  [[ -z $data ]] || options+=(--data "$data")
  cmake --preset release >/dev/null &&
    cmake --build build --target lathe --parallel "$jobs" &&
    bash tools/bars.sh "${options[@]}"
}

summary=()
failed=0
for part in tsan exact fuzz bars; do
  if [[ -n ${skip[$part]-} ]]; then
    summary+=("$part: left out")
    continue
  fi
  echo "== $part"
  result=passed
  case $part in
    tsan) tsan || result=FAILED ;;
    exact) exact || result=FAILED ;;
    fuzz) fuzz || result=FAILED ;;
    bars) bars || result=FAILED ;;
  esac
  summary+=("$part: $result")
  [[ $result == passed ]] || failed=1
done
printf '%s\n' "${summary[@]}"
exit $failed
