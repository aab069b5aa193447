#!/usr/bin/env bash
# Installs by apt what Lathe needs on Debian 12 and is not there yet. Says nothing when all is there.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: install_deps.sh [--for demo|test|bench] [--list]
  --for demo   what building and running needs
  --for test   also what the tests need (default)
  --for bench  what building needs and the libraries beside Lathe's in `lathe bench kernels`
  --list       print the packages, an entry a line, and install nothing
TEXT
}

# Building and running. GoogleTest is looked for when CMake configures, Google Benchmark is inside
# `lathe bench kernels`; hwloc is for the thread benchmarks to come.
demo_packages=(
  ca-certificates cmake g++ ninja-build
  llvm-19-dev clang-19 libprotobuf-dev protobuf-compiler libcli11-dev libfmt-dev libspdlog-dev
  nlohmann-json3-dev libeigen3-dev libhdf5-dev libcsv-dev zlib1g-dev libpng-dev
  libcurl4-openssl-dev libssl-dev
  libhwloc-dev libgtest-dev libbenchmark-dev
)
test_packages=(
  ccache git python3 shellcheck
  llvm-19-tools clang-format-19 libclang-rt-19-dev
  valgrind qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross
)
bench_packages=(libopenblas-openmp-dev libdnnl-dev libxsmm-dev)

purpose='test'
list=no
while (($#)); do
  case $1 in
    --for)
      purpose=${2-}
      shift
      ;;
    --for=*) purpose=${1#*=} ;;
    --list) list=yes ;;
    -h | --help)
      usage
      exit 0
      ;;
    *)
      echo "install_deps: unknown option '$1'" >&2
      usage >&2
      exit 2
      ;;
  esac
  shift || break
done

packages=("${demo_packages[@]}")
case $purpose in
  demo) ;;
  test) packages+=("${test_packages[@]}") ;;
  bench) packages+=("${bench_packages[@]}") ;;
  *)
    echo "install_deps: --for takes demo, test or bench, not '$purpose'" >&2
    exit 2
    ;;
esac

if [[ $list == yes ]]; then
  printf '%s\n' "${packages[@]}"
  exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "install_deps: this is not a Debian system: install what matches these, then add" \
    "--no-install: ${packages[*]}" >&2
  exit 1
fi

installed() {
  dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  if ! command -v sudo >/dev/null; then
    echo "install_deps: not root and no sudo; as root run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

echo "Installing ${#missing[@]} packages: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A failed update alone is no reason to stop: the packages may be in apt's own cache.
apt update >"$log" 2>&1 || true
if ! apt install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
  grep -E '^(E|W|Err)' "$log" | tail -n 6 >&2 || true
  echo "install_deps: apt could not install ${missing[*]} (is there a network, and is this" \
    "Debian 12 or newer?)" >&2
  exit 1
fi
