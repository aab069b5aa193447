#!/usr/bin/env bash
# Trains models of prices on real ETFs and on prices made by rule, and prints the tables of
# docs/etf.md. Options are those of etf.py: see `etf.sh --help`.
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/etf.py" "$@"
