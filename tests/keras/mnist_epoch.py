#!/usr/bin/env python3
"""Trains MNIST for an epoch with Lathe and with Keras, in f32, from the same initial weights and
with the same batches, and compares the losses of the steps: tests/keras/README.md.

    python tests/keras/mnist_epoch.py --program build/keras_mnist_epoch --data DIR

DIR has MNIST's files in `mnist/`. The figures go to data/mnist_epoch.json. Exit code 1: one of
the losses differs by more than BOUND of itself.
"""

import argparse
import datetime
import gzip
import json
import os
import subprocess
import sys
import tempfile

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import keras
import numpy as np

BOUND = 1e-3
HERE = os.path.dirname(os.path.abspath(__file__))


def lecture():
    layers = [keras.layers.Dense(500, "sigmoid"), keras.layers.Dense(500, "sigmoid"),
              keras.layers.Dense(10, "softmax")]
    return layers, {"loss": "mse", "optimizer": keras.optimizers.SGD(0.1)}, 100


def adam():
    layers = [keras.layers.Dense(128, "relu"), keras.layers.Dense(10, "softmax")]
    return layers, {"loss": "categorical_crossentropy",
                    "optimizer": keras.optimizers.Adam()}, 32


MODELS = {"lecture": lecture, "adam": adam}


def idx(folder, name, header):
    with gzip.open(os.path.join(folder, "mnist", name + ".gz")) as f:
        return np.frombuffer(f.read(), np.uint8, offset=header)


def keras_losses(name, weights, x, y):
    layers, options, batch = MODELS[name]()
    model = keras.Sequential([keras.Input((784,)), keras.layers.Rescaling(1 / 255), *layers])
    shapes = [w.shape for w in model.get_weights()]
    parts = np.split(weights, np.cumsum([np.prod(s) for s in shapes])[:-1])
    model.set_weights([p.reshape(s) for p, s in zip(parts, shapes)])
    model.compile(**options)
    losses = []
    for begin in range(0, len(x), batch):
        model.reset_metrics()  # otherwise it is the mean over the steps so far
        losses.append(float(model.train_on_batch(x[begin:begin + batch], y[begin:begin + batch])))
    return np.array(losses)


def doubles(weights, x, y):
    """The losses of model `adam` in double precision, by the textbook's formulas."""
    shapes = [(784, 128), (128,), (128, 10), (10,)]
    ends = np.cumsum([np.prod(s) for s in shapes])[:-1]
    w = [p.reshape(s).astype(np.float64) for p, s in zip(np.split(weights, ends), shapes)]
    m, v = [np.zeros_like(a) for a in w], [np.zeros_like(a) for a in w]
    losses = []
    for t, begin in enumerate(range(0, len(x), 32), 1):
        a, b = x[begin:begin + 32] / 255.0, y[begin:begin + 32]
        z1 = a @ w[0] + w[1]
        h = np.maximum(z1, 0)
        z = h @ w[2] + w[3]
        z -= z.max(1, keepdims=True)
        e = np.exp(z)
        p = e / e.sum(1, keepdims=True)
        losses.append(-(b * (z - np.log(e.sum(1, keepdims=True)))).sum(1).mean())
        g = (p - b) / len(a)
        gh = (g @ w[2].T) * (z1 > 0)
        rate = 1e-3 * np.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
        for i, gradient in enumerate([a.T @ gh, gh.sum(0), h.T @ g, g.sum(0)]):
            m[i] += (gradient - m[i]) * (1 - 0.9)
            v[i] += (gradient * gradient - v[i]) * (1 - 0.999)
            w[i] -= m[i] * rate / (np.sqrt(v[i]) + 1e-7)
    return np.array(losses)


def first_apart(a, b):
    """The first step, from 1, whose losses differ by more than BOUND; 0: none."""
    over = np.nonzero(np.abs(a - b) > BOUND * np.abs(b))[0]
    return int(over[0]) + 1 if len(over) else 0


def compare(name, seed, program, data):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, name, str(seed), data, folder], check=True)
        weights = np.fromfile(os.path.join(folder, "weights.bin"), np.float32)
        order = np.fromfile(os.path.join(folder, "order.bin"), np.int32)
        ours = np.loadtxt(os.path.join(folder, "losses.txt"))
    x = idx(data, "train-images-idx3-ubyte", 16).reshape(-1, 784)[order].astype(np.float32)
    labels = idx(data, "train-labels-idx1-ubyte", 8)[order]
    y = np.eye(10, dtype=np.float32)[labels]
    theirs = keras_losses(name, weights, x, y)
    against_doubles = {}
    if name == "adam":
        exact = doubles(weights, x.astype(np.float64), y.astype(np.float64))
        against_doubles = {"first_step_apart_from_doubles": {
            "lathe": first_apart(ours, exact), "keras": first_apart(theirs, exact)},
            "mean_loss_in_doubles": float(exact.mean())}
    apart = np.abs(ours - theirs) / np.abs(theirs)
    return {"model": name, "seed": seed, "steps": len(ours),
            "first_loss": {"lathe": float(ours[0]), "keras": float(theirs[0])},
            "last_loss": {"lathe": float(ours[-1]), "keras": float(theirs[-1])},
            "mean_loss": {"lathe": float(ours.mean()), "keras": float(theirs.mean())},
            "largest_relative_difference": float(apart.max()), "at_step": int(apart.argmax()) + 1,
            "first_step_apart": first_apart(ours, theirs),
            "median_relative_difference": float(np.median(apart)), "bound": BOUND,
            **against_doubles}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--program", required=True, help="the built keras_mnist_epoch")
    parser.add_argument("--data", required=True, help="the folder that has mnist/")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    found = [compare(name, args.seed, args.program, args.data) for name in MODELS]
    result = {"made_with": {"keras": keras.__version__, "backend": "jax", "jax": jax.__version__,
                            "numpy": np.__version__, "floatx": "float32",
                            "made": datetime.date.today().isoformat()}, "runs": found}
    with open(os.path.join(HERE, "data", "mnist_epoch.json"), "w", encoding="ascii") as out:
        out.write(json.dumps(result, indent=1) + "\n")
    for f in found:
        print(f"{f['model']}: {f['steps']} steps, losses at most "
              f"{f['largest_relative_difference']:.2g} of themselves apart (step {f['at_step']})")
    return int(any(f["largest_relative_difference"] > BOUND for f in found))


if __name__ == "__main__":
    sys.exit(main())
