#!/usr/bin/env python3
"""Keras makes models of the JSON that Lathe wrote, takes its weights, by name and from both kinds of
files, and predicts: tests/keras/README.md.

    python tests/keras/reads_ours.py --program build/keras_models_out

The figures go to data/reads_ours.json. Exit code 1: an output differs by more than BOUND.
"""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import keras
import numpy as np
from keras.src.legacy.saving import saving_utils

BOUND = 1e-5
HERE = os.path.dirname(os.path.abspath(__file__))


def set_by_name(model, entry):
    named = dict(entry["weights"])
    for layer in model.layers:
        for weight in layer.weights:
            values = np.array(named.pop(f"{layer.name}_{weight.name}"), np.float32)
            weight.assign(values.reshape(weight.shape))
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # of Normalization, which keeps what it made of them
    if named:
        sys.exit(f"{entry['name']}: Keras's model has no weights {sorted(named)}")


def largest_difference(entry, take_weights, form="json"):
    """Of all outputs, relative to what is larger than 1."""
    if form == "json":
        model = keras.models.model_from_json(entry[form])
    else:  # as Keras 3 reads it from a whole model's .h5
        model = saving_utils.model_from_config(json.loads(entry[form]))
    take_weights(model)
    inputs = [np.array(x, np.float32).reshape((entry["rows"], *i.shape[1:]))
              for x, i in zip(entry["inputs"], model.inputs, strict=True)]
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    worst = 0.0
    for wanted, found in zip(entry["outputs"], outputs, strict=True):
        wanted = np.array(wanted)
        apart = np.abs(np.asarray(found, np.float64).ravel() - wanted)
        worst = max(worst, float(np.max(apart / np.maximum(1, np.abs(wanted)))))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="keras_models_out")
    program = parser.parse_args().program
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run([program, folder], check=True, stdout=subprocess.PIPE,
                               text=True).stdout.splitlines()
        for line in lines:
            entry = json.loads(line)
            file = os.path.join(folder, entry["name"])
            ways = {"by name": lambda m: set_by_name(m, entry),
                    ".weights.h5": lambda m: m.load_weights(file + ".weights.h5"),
                    ".h5": lambda m: m.load_weights(file + ".h5")}
            for way, take_weights in ways.items():
                name = f"{entry['name']}, {way}"
                found[name] = largest_difference(entry, take_weights)
                print(f"{name:<24} {found[name]:.2g}")
            name = f"{entry['name']}, as Keras 2"
            # What Keras 3.15.1's reader of the old form does not take: activations with options, which
            # it finds in its own form alone, and the axes of a Normalization, which it forgets.
            if any(part in entry["keras_2"] for part in ('"activation":{"class_name"',
                                                         '"class_name":"Normalization"')):
                print(f"{name}: left out, Keras 3 does not read all of it")
                continue
            found[name] = largest_difference(entry, ways["by name"], "keras_2")
            print(f"{name:<24} {found[name]:.2g}")
    with open(os.path.join(HERE, "data", "reads_ours.json"), "w", encoding="ascii") as out:
        json.dump({"made_with": {"keras": keras.__version__, "jax": jax.__version__,
                                 "made": datetime.date.today().isoformat()},
                   "bound": BOUND, "largest_difference": found}, out, indent=1)
        out.write("\n")
    sys.exit(max(found.values()) > BOUND)


if __name__ == "__main__":
    main()
