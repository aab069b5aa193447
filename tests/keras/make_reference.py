#!/usr/bin/env python3
"""Runs real Keras 3 and writes what it computes to data/*.json: tests/keras/README.md.

    python tests/keras/make_reference.py [activations losses optimizers ...]

Needs keras, jax and numpy; takes some minutes on one core.
"""

import importlib
import sys

KINDS = ("activations", "losses", "optimizers", "golden", "training", "metrics", "initializers",
         "layers", "models", "outputs")


def main():
    for kind in sys.argv[1:] or KINDS:
        if kind not in KINDS:
            sys.exit(f"there is no kind '{kind}'; there are " + ", ".join(KINDS))
        importlib.import_module("reference." + kind).main()


if __name__ == "__main__":
    main()
