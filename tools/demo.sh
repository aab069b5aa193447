#!/usr/bin/env bash
# From a fresh clone to a trained network: installs what is missing, builds, trains the lecture's
# model as it was taught, then the same layers trained the modern way, and shows both side by side.
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: demo.sh [--data DIR] [--epochs N] [--threads N] [--no-install]
  --data DIR    folder with mnist/train-images-idx3-ubyte.gz and the other three files
  --epochs N    epochs of the lecture's model (default 20); the second run takes a quarter of them
  --threads N   threads to train on (default: lathe's own choice)
  --no-install  install nothing by apt
Example: bash tools/demo.sh --data ~/data
TEXT
}

fail_usage() {
  echo "demo: $1" >&2
  usage >&2
  exit 2
}

data=''
epochs=20
threads=''
install=yes
while (($#)); do
  case $1 in
    --data | --epochs | --threads)
      (($# >= 2)) || fail_usage "$1 needs a value"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    --data=* | --epochs=* | --threads=*)
      name=${1%%=*}
      printf -v "${name#--}" '%s' "${1#*=}"
      shift
      ;;
    --no-install)
      install=no
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail_usage "unknown option '$1'" ;;
  esac
done
[[ $epochs =~ ^[1-9][0-9]{0,5}$ ]] || fail_usage "--epochs takes a number from 1, not '$epochs'"

# A folder given on the command line is meant from where the user stands, not from the root.
[[ -z $data || $data == /* ]] || data=$PWD/$data
cd "$(dirname "${BASH_SOURCE[0]}")/.."

heading() {
  if [[ -t 1 && -z ${NO_COLOR-} ]]; then
    printf '\n\033[1m== %s\033[0m\n' "$1"
  else
    printf '\n== %s\n' "$1"
  fi
}

if [[ $install == yes ]]; then
  bash tools/install_deps.sh --for demo
fi

jobs=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [[ ! -f build/build.ninja ]]; then
  heading 'Configuring (build/, Release)'
  if ! cmake --preset release >"$log" 2>&1; then
    cat "$log" >&2
    exit 1
  fi
fi
note=''
[[ -x build/lathe ]] || note=' (some minutes, once)'
heading "Building lathe on $jobs cores$note"
cmake --build build --target lathe --parallel "$jobs"

options=(--epochs "$epochs")
common=()
[[ -z $data ]] || common+=(--data "$data")
[[ -z $threads ]] || common+=(--threads "$threads")

# Real digits where they can be had; without them and without a network `train` draws its own.
have_data() {
  local dir
  [[ -z ${LATHE_DATA-} ]] || return 0  # named by the user: lathe says what is wrong with it
  for dir in data ../shared/data "${XDG_CACHE_HOME:-${HOME-}/.cache}/lathe/data"; do
    ! compgen -G "$dir/mnist/train-images-idx3-ubyte*" >/dev/null || return 0
  done
  return 1
}
if [[ -z $data ]] && ! have_data; then
  heading 'Fetching MNIST'
  build/lathe data get mnist || echo 'No real MNIST to be had now: lathe draws its own digits.'
fi

heading "The lecture's model: sigmoid, mean squared error, plain SGD, pixels 0 to 255"
build/lathe train mnist --scale raw "${options[@]}" "${common[@]}" --out run/lecture

modern_epochs=$(((epochs + 3) / 4))
heading 'The same layers the modern way: relu, crossentropy, momentum, pixels 0 to 1'
build/lathe train mnist --activation relu --loss categorical_crossentropy --optimizer sgd \
  --lr 0.05 --momentum 0.9 --epochs "$modern_epochs" "${common[@]}" --out run/modern

heading 'Both side by side'
build/lathe curves run/lecture run/modern
