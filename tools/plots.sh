#!/usr/bin/env bash
# Draws the pictures of README.md again: tools/plots.sh [LATHE]. Takes a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
lathe=$(realpath "${1:-build/lathe}")
runs=$(mktemp -d)
trap 'rm -rf "$runs"' EXIT
few=(train fashion-mnist --train-rows 1000 --hidden "512,512" --activation relu --loss cce
     --optimizer adam --batch 64 --epochs 40)
"$lathe" "${few[@]}" --out "$runs/plain"
"$lathe" "${few[@]}" --dropout 0.7 --out "$runs/dropout 0.7"
mkdir -p docs/img
"$lathe" curves "$runs/plain" "$runs/dropout 0.7" --plot docs/img/overfitting.png
