"""How large initial weights are: fans of shapes, limits of the uniform and deviations of the normal
initialisers, held against what Keras draws."""

import math

import numpy as np

from reference.common import keras, spec, write
from reference.losses import snake

SHAPES = ((7,), (5, 4), (3, 5, 4), (3, 2, 5, 4))
# What cutting a normal distribution at two deviations leaves of its deviation.
CUT = 0.87962566103423978

INITIALIZERS = [(name, {}) for name in
                ("GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform",
                 "LecunNormal")]
INITIALIZERS += [
    ("VarianceScaling", {"scale": scale, "mode": mode, "distribution": distribution})
    for scale, mode, distribution in (
        (1.0, "fan_in", "truncated_normal"), (0.5, "fan_out", "truncated_normal"),
        (3.0, "fan_avg", "truncated_normal"), (2.0, "fan_avg", "uniform"),
        (2.0, "fan_in", "uniform"), (2.0, "fan_out", "untruncated_normal"))]
FIXED = [("RandomUniform", {}), ("RandomUniform", {"minval": -0.2, "maxval": 0.3}),
         ("RandomNormal", {}), ("TruncatedNormal", {}), ("TruncatedNormal", {"stddev": 0.2}),
         ("Zeros", {}), ("Ones", {}), ("Constant", {"value": 0.5})]


def make(name, options, seed):
    extra = {} if name in ("Zeros", "Ones", "Constant", "Identity") else {"seed": seed}
    return getattr(keras.initializers, name)(**options, **extra)


def draws(name, options, shape):
    return np.stack([np.asarray(make(name, options, seed)(shape, dtype="float64"))
                     for seed in range(40)]).ravel()


def of_shape(name, options, shape):
    """From the scale, mode and distribution that Keras's own object says it has."""
    made = make(name, options, 0)
    fan_in, fan_out = keras.src.initializers.random_initializers.compute_fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[made.mode]
    variance = made.scale / max(1.0, fan)
    drawn = draws(name, options, shape)
    if made.distribution == "uniform":
        limit = math.sqrt(3 * variance)
        assert 0.93 * limit < np.abs(drawn).max() <= limit, (name, shape)
        return {"fans": [fan_in, fan_out], "limit": limit}
    cut = made.distribution == "truncated_normal"
    stddev = math.sqrt(variance)
    assert abs(drawn.std() / stddev - 1) < 0.15, (name, shape, drawn.std(), stddev)
    result = {"fans": [fan_in, fan_out], "stddev": stddev}
    if cut:
        result["largest"] = 2 * stddev / CUT
        assert np.abs(drawn).max() <= result["largest"], (name, shape)
    return result


def main():
    entries = []
    for name, options in INITIALIZERS:
        shapes = [{"shape": list(shape), **of_shape(name, options, shape)} for shape in SHAPES]
        entries.append({"spec": spec(snake(name), options), "name": snake(name),
                        "options": options, "shapes": shapes})
    for name, options in FIXED:
        drawn = draws(name, options, (25, 40))
        entries.append({"spec": spec(snake(name), options), "name": snake(name),
                        "options": options, "arguments": {
                            k: v for k, v in make(name, options, 0).get_config().items()
                            if k in ("mean", "stddev", "minval", "maxval", "value")},
                        "drawn": {"mean": drawn.mean(), "stddev": drawn.std(),
                                  "smallest": drawn.min(), "largest": drawn.max()}})
    for shape in ((4, 4), (3, 4), (5, 3)):
        q = np.asarray(make("Orthogonal", {"gain": 1.5}, 0)(shape, dtype="float64"))
        gram = q.T @ q if shape[0] >= shape[1] else q @ q.T
        assert np.allclose(gram, 2.25 * np.eye(len(gram)))
        identity = make("Identity", {"gain": 1.5}, 0)(shape, dtype="float64")
        entries.append({"spec": "orthogonal(gain=1.5)", "name": "orthogonal",
                        "options": {"gain": 1.5}, "shape": list(shape), "gram": gram.round(12)})
        entries.append({"spec": "identity(gain=1.5)", "name": "identity", "options": {"gain": 1.5},
                        "shape": list(shape), "values": identity})
    write("initializers", entries=entries)
