#!/usr/bin/env bash
# The tests: with ASan and UBSan those of units, files and the command line, then everything as
# Release. The last lines are ctest's own summary; a failed step, or a run without tests, ends with
# another exit code than 0.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: test.sh [--quick] [--filter REGEX] [--no-install]
  --quick         Release only, no sanitizers
  --filter REGEX  only tests whose name matches
  --no-install    install nothing by apt
Example: bash tools/test.sh --quick --filter '^ir[.]'
TEXT
}

quick=no
filter=''
install=yes
while (($#)); do
  case $1 in
    --quick) quick=yes ;;
    --filter)
      (($# >= 2)) || {
        echo 'test: --filter needs a value' >&2
        exit 2
      }
      filter=$2
      shift
      ;;
    --filter=*) filter=${1#*=} ;;
    --no-install) install=no ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      echo "test: unknown option '$1'" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift
done
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ $install == yes ]]; then
  bash tools/install_deps.sh --for test
fi

jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# configure PRESET DIR: quiet unless it fails. The tests may have been switched off in DIR before.
configure() {
  if ! cmake --preset "$1" -DLATHE_TESTS=ON >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
}

tests() {
  local dir=$1
  shift
  ctest --test-dir "$dir" --no-tests=error --output-on-failure --timeout 900 -j "$jobs" "$@"
}

chosen=()
[[ -z $filter ]] || chosen=(-R "$filter")

configure release
cmake --build build --parallel "$jobs"
if [[ $quick == no ]]; then
  configure asan
  # When a folder's compiler changes, CMake forgets what else a preset says until it is asked again.
  configure asan
  if ! grep -q '^LATHE_SANITIZE:.*=address,undefined$' build-asan/CMakeCache.txt; then
    echo 'test: build-asan is configured without sanitizers; delete the folder' >&2
    exit 1
  fi
  cmake --build build-asan --target lathe_tests --parallel "$jobs"
  # Bounds of vector functions, single ops at many sizes and most of Keras's figures test generated
  # code, which no sanitizer sees; whole kernels, steps and random modules run what generates it, and
  # the rest of Keras's (layers, metrics, trainings) what is around it. Every activation with every
  # optimiser, and the search for each op in random modules, are the same code a thousand times. Of the
  # command line those tests run here that give it what it must read; trainings are the libraries' work.
  unseen='^llvm[.](Functions/VectorMath|All/Ops)|^keras[.].*Keras(Activation|Loss|Optimizer|Golden)'
  unseen+='|^frontend[.]FusionProduct|^ir[.]RandomModules[.]HoldEveryOpAndRow'
  sanitized=("${chosen[@]}" -L '^(unit|lit|cli)$' -E "$unseen|^cli[.](same_bits|train|lecture|plot|etf)$")
  # A filter that only names tests without sanitizers (style, package) leaves none here.
  found=$(ctest --test-dir build-asan -N "${sanitized[@]}")
  if [[ -z $filter || $found =~ Total\ Tests:\ [1-9] ]]; then
    tests build-asan "${sanitized[@]}"
  fi
fi
tests build "${chosen[@]}"
