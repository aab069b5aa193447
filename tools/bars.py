#!/usr/bin/env python3
"""Trains the reference models on real MNIST over several seeds and compares the means with the bars.

Exit code 0: every bar held. 1: one was missed, or a run failed. 2: bad usage.
The lecture's bars are around what Keras 3.15 measured with the same settings on seeds 0, 1 and 2.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

KERAS_RAW = statistics.mean([0.9345, 0.9332, 0.9360])
KERAS_UNIT = statistics.mean([0.700, 0.673, 0.670])


def at_least(value):
    return (value, None)


REPORTED = (None, None)


def around(value, tolerance):
    return (value - tolerance, value + tolerance)


def batch_normalized(units):
    """784-units…-10 with BatchNormalization between a layer and its activation."""
    layers = [{"type": "Rescaling", "scale": 1 / 255}]
    for n in units:
        layers += [{"type": "Dense", "units": n, "use_bias": False},
                   {"type": "BatchNormalization"},
                   {"type": "Activation", "activation": "relu"},
                   {"type": "Dropout", "rate": 0.2}]
    layers.append({"type": "Dense", "units": 10, "activation": "softmax"})
    return {"input": [784], "layers": layers}


LECTURE = "--epochs 20"
CCE = "--loss categorical_crossentropy --optimizer sgd"
RMSPROP = "--loss categorical_crossentropy --optimizer rmsprop --batch 128 --epochs 20"

# Name, options of `lathe train mnist` (a dict is a file for --model), and the interval that the mean
# of each figure must lie in. Behind "each ": of the figure of every seed.
MODELS = [
    ("softmax regression", ["--hidden", "", *CCE.split(), "--lr", "0.1", "--batch", "128",
                            "--epochs", "10"],
     {"test_accuracy": at_least(0.918)}),
    ("784-300-100-10 relu", ["--hidden", "300,100", "--activation", "relu", *CCE.split(),
                             "--lr", "0.01", "--batch", "32", "--epochs", "10"],
     {"test_accuracy": at_least(0.966)}),
    ("lecture, raw pixels", ["--scale", "raw", *LECTURE.split()],
     {"test_accuracy": around(KERAS_RAW, 0.005), "test_loss": around(0.0106, 0.02 * 0.0106)}),
    ("lecture, scaled pixels", ["--scale", "unit", *LECTURE.split()],
     {"test_accuracy": around(KERAS_UNIT, 0.03), "test_loss": around(0.0508, 0.02 * 0.0508)}),
    ("784-128-10 relu, adam",
     ["--hidden", "128", "--activation", "relu", "--loss", "categorical_crossentropy",
      "--optimizer", "adam", "--batch", "32", "--epochs", "5"],
     {"test_accuracy": at_least(0.975)}),
    ("784-512-512-10 dropout",
     ["--hidden", "512,512", "--activation", "relu", "--dropout", "0.2", *RMSPROP.split()],
     {"test_accuracy": at_least(0.982), "each test_accuracy": at_least(0.98)}),
    ("784-512-512-10 batch norm", ["--model", batch_normalized([512, 512]), *RMSPROP.split()],
     {"test_accuracy": REPORTED}),
]


class RunError(Exception):
    pass


def train(lathe, options, folder):
    """Runs one training in `folder` and returns its JSON summary, the last line of standard output."""
    words = []
    for option in options:
        if isinstance(option, dict):
            path = os.path.join(folder, "model.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(option, file)
            option = path
        words.append(option)
    command = [lathe, "train", "mnist", *words, "--out", os.path.join(folder, "run"), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RunError(f"{' '.join(command)}: exit code {done.returncode}\n{done.stderr.strip()}")
    lines = done.stdout.strip().splitlines()
    if not lines:
        raise RunError(f"{' '.join(command)}: no JSON on standard output")
    result = json.loads(lines[-1])
    if result.get("data") in (None, "drawn", "synthetic"):
        raise RunError("the bars need real MNIST: give --data DIR or run `lathe data get mnist`")
    return result


def within(value, interval):
    low, high = interval
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def interval_text(interval):
    low, high = interval
    if low is None:
        return "reported"
    return f">= {low:.5f}" if high is None else f"{low:.5f} .. {high:.5f}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="example: bars.py --only relu --seeds 0,1")
    parser.add_argument("--lathe", default=os.path.join(ROOT, "build", "lathe"))
    parser.add_argument("--data", help="folder with mnist/; the usual search path without it")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", default="", help="only models whose name contains this")
    args = parser.parse_args()
    try:
        seeds = [int(s) for s in args.seeds.split(",")]
    except ValueError:
        parser.error(f"--seeds takes numbers with commas between, not '{args.seeds}'")
    models = [m for m in MODELS if args.only in m[0]]
    if not models:
        parser.error(f"no model is called '{args.only}': {', '.join(m[0] for m in MODELS)}")
    common = []
    if args.data:
        common += ["--data", args.data]
    if args.threads:
        common += ["--threads", str(args.threads)]

    missed = 0
    print(f"{'model':<26}{'figure':<20}{'mean':>9}  {'bar':<20}{'':<8}each seed")
    for name, options, bars in models:
        with tempfile.TemporaryDirectory(prefix="lathe-bars-") as folder:
            runs = [train(args.lathe, [*options, "--seed", str(s), *common], folder) for s in seeds]
        for figure, interval in bars.items():
            values = [r.get(figure.removeprefix("each ")) for r in runs]
            mean = None if None in values else statistics.mean(values)
            judged = values if figure.startswith("each ") else [mean]
            held = all(within(v, interval) for v in judged)
            missed += not held
            mean_text = "-" if mean is None else f"{mean:.5f}"
            each = " ".join("-" if v is None else f"{v:.5f}" for v in values)
            verdict = "MISSED" if not held else "" if interval == REPORTED else "held"
            print(f"{name:<26}{figure:<20}{mean_text:>9}  {interval_text(interval):<20}"
                  f"{verdict:<8}{each}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RunError, OSError, ValueError) as error:
        print(f"bars: {error}", file=sys.stderr)
        sys.exit(1)
