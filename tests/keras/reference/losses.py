"""Losses of 20 rows of 10: each row's value, the reductions, gradients for the predictions."""

import numpy as np

from reference.common import f32, jax, keras, spec, write

ROWS, UNITS = 20, 10


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def data_sets():
    """Name -> (targets, predictions). Rows 0 to 2 hold the extremes."""
    random = np.random.default_rng(2)
    normal = lambda scale: scale * random.standard_normal((ROWS, UNITS))
    labels = random.integers(0, UNITS, ROWS)
    one_hot = np.eye(UNITS)[labels]
    sets = {}

    y, p = normal(2), normal(2)
    y[0] = [0, 1e-30, 1, 1, 100, 1e4, -100, 20, -20, 1e-7]
    p[0] = [1, 2e-7, 1e4, -1e4, -100, 20, 88, -20, 20, 0.5]
    p[1] = f32(y[1]) + [1, -1, 0.5, -0.5, 2, -2, 1e-3, -1e-3, 1e-5, -1e-5]
    sets["real"] = (y, p)

    y, p = np.abs(normal(2)), np.abs(normal(2))
    y[0] = [0, 0, 1, 2e-7, 1e-30, 100, 20, 1e4, 1e4, 3]
    p[0] = [1, 1e-30, 2e-7, 1e-30, 1e4, 1e4, 100, 20, 2e-7, 88]
    sets["positive"] = (y, p)

    p = softmax(normal(2))
    wrong = np.eye(UNITS)[(labels + 1) % UNITS]
    p[0], p[1], p[2] = one_hot[0], wrong[1], 3 * p[2]
    sets["one_hot"] = (one_hot, p)
    sets["classes"] = (labels.astype(np.float64), p)
    sets["classes_inside"] = (labels.astype(np.float64), (p + 0.01) / 1.2)  # none is 0: no slope
    # No prediction of 1, where a bound ties.
    q = softmax(normal(2))
    q[0, ::2], q[1, :] = 0, [1e-30, 2e-7, 0.999, 1e-3, 0, 0, 1e-4, 1e-5, 1e-6, 0]
    sets["distribution"] = (softmax(normal(1)), q)

    z = normal(3)
    z[0, :] = [1e4, -1e4, 100, -100, 88, -88, 20, -20, 1e-7, 0.1]
    z[1, labels[1]] = -100
    z[2, labels[2]] = 1e4
    sets["one_hot_logits"] = (one_hot, z)
    sets["classes_logits"] = (labels.astype(np.float64), z)

    y = (random.uniform(size=(ROWS, UNITS)) < 0.4).astype(np.float64)
    y[:, 0], y[:, 1] = 0, 1  # every row has both, as every batch of rows
    p = random.uniform(0.001, 0.999, (ROWS, UNITS))
    p[0] = [0, 0, 1, 1, 1e-30, 1e-30, 1 - 2.0**-24, 1 - 2.0**-24, 1e-3, 0.999]
    sets["binary"] = (y, p)
    z = normal(3)
    z[0] = [1e4, 1e4, -1e4, -1e4, 100, -100, 88, -88, 1e-30, -1e-7]
    sets["binary_logits"] = (y, z)
    sets["zero_one"] = (y, normal(2))
    sets["signs"] = (2 * y - 1, sets["zero_one"][1])
    return {name: (f32(y), f32(p)) for name, (y, p) in sets.items()}


LOSSES = [
    ("MeanSquaredError", {}, "real"),
    ("MeanAbsoluteError", {}, "real"),
    ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("MeanSquaredLogarithmicError", {}, "real"),
    ("Huber", {}, "real"),
    ("Huber", {"delta": 0.5}, "real"),
    ("LogCosh", {}, "real"),
    ("CosineSimilarity", {}, "real"),
    ("Poisson", {}, "positive"),
    ("Hinge", {}, "signs"),
    ("Hinge", {}, "zero_one"),
    ("SquaredHinge", {}, "signs"),
    ("SquaredHinge", {}, "zero_one"),
    ("CategoricalHinge", {}, "one_hot_logits"),
    ("KLDivergence", {}, "distribution"),
    ("BinaryCrossentropy", {}, "binary"),
    ("BinaryCrossentropy", {"label_smoothing": 0.1}, "binary"),
    ("BinaryCrossentropy", {"from_logits": True}, "binary_logits"),
    ("BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "binary_logits"),
    ("BinaryFocalCrossentropy", {}, "binary"),
    ("BinaryFocalCrossentropy", {"gamma": 3.0}, "binary"),
    ("BinaryFocalCrossentropy", {"apply_class_balancing": True, "alpha": 0.4}, "binary"),
    ("BinaryFocalCrossentropy", {"from_logits": True}, "binary_logits"),
    ("BinaryFocalCrossentropy", {"label_smoothing": 0.1}, "binary"),
    ("CategoricalCrossentropy", {}, "one_hot"),
    ("CategoricalCrossentropy", {}, "distribution"),
    ("CategoricalCrossentropy", {"label_smoothing": 0.1}, "one_hot"),
    ("CategoricalCrossentropy", {"from_logits": True}, "one_hot_logits"),
    ("CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, "one_hot_logits"),
    ("CategoricalFocalCrossentropy", {}, "one_hot"),
    ("CategoricalFocalCrossentropy", {"alpha": 0.5, "gamma": 3.0}, "one_hot"),
    ("CategoricalFocalCrossentropy", {"from_logits": True}, "one_hot_logits"),
    ("CategoricalFocalCrossentropy", {"label_smoothing": 0.1}, "one_hot"),
    ("SparseCategoricalCrossentropy", {}, "classes"),
    ("SparseCategoricalCrossentropy", {"from_logits": True}, "classes_logits"),
    ("Dice", {}, "binary"),
    ("Dice", {"axis": 1}, "binary"),
    ("Tversky", {}, "binary"),
    ("Tversky", {"alpha": 0.3, "beta": 0.7}, "binary"),
    ("Tversky", {"axis": 1}, "binary"),
    ("Dice", {"axis": -1}, "binary"),
    ("Dice", {"axis": 0}, "binary"),
    ("Tversky", {"axis": 0, "alpha": 0.3, "beta": 0.7}, "binary"),
    ("CategoricalGeneralizedCrossEntropy", {}, "classes_inside"),
    ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, "classes_inside"),
]


def snake(name):
    known = {"KLDivergence": "kl_divergence"}
    return known.get(name) or "".join(
        ("_" if c.isupper() and i else "") + c.lower() for i, c in enumerate(name))


def main():
    sets = data_sets()
    weights = f32(np.random.default_rng(3).uniform(0, 2, ROWS))
    weights[3] = 0
    entries = []
    for name, options, data in LOSSES:
        y, p = sets[data]
        made = dict(options)
        if "axis" in made:
            made["axis"] = (made["axis"],)
        make = lambda reduction: getattr(keras.losses, name)(**made, reduction=reduction)
        rows, vjp = jax.vjp(lambda v: make(None)(y, v), p)
        whole = rows.shape != (ROWS,)  # sums over the batch: there is one gradient, of the mean
        seed = np.ones(rows.shape) / (rows.size if whole else 1)
        entry = {"spec": spec(snake(name), options), "name": snake(name), "options": options,
                 "data": data, "whole_batch": whole, "rows": rows,
                 "mean": make("sum_over_batch_size")(y, p), "gradient": vjp(seed)[0]}
        if not whole:
            entry["weighted"] = {r: make(r)(y, p, sample_weight=weights)
                                 for r in ("sum", "sum_over_batch_size",
                                           "mean_with_sample_weight")}
        entries.append(entry)
    write("losses", rows=ROWS, units=UNITS, sample_weight=weights,
          data={name: {"y": y, "p": p} for name, (y, p) in sets.items()}, entries=entries)
