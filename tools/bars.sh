#!/usr/bin/env bash
# Trains the reference models on real MNIST for seeds 0, 1 and 2 and compares the means with the bars.
# Options are those of bars.py: see `bars.sh --help`.
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/bars.py" "$@"
