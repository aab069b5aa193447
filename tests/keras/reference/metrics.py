"""Metrics of 25 rows that come in batches of 10, 10 and 5, without and with weights of rows."""

import numpy as np

from reference.common import f32, keras, spec, write
from reference.losses import snake as loss_snake
from reference.losses import softmax

BATCHES = ((0, 10), (10, 20), (20, 25))

# Class, options, data.
METRICS = [
    ("BinaryAccuracy", {}, "binary"),
    ("BinaryAccuracy", {"threshold": 0.7}, "binary"),
    ("CategoricalAccuracy", {}, "one_hot"),
    ("SparseCategoricalAccuracy", {}, "classes"),
    ("TopKCategoricalAccuracy", {"k": 2}, "one_hot"),
    ("SparseTopKCategoricalAccuracy", {"k": 2}, "classes"),
    ("Precision", {}, "binary"),
    ("Precision", {"thresholds": 0.7}, "binary"),
    ("Precision", {"thresholds": [0.2, 0.5, 0.8]}, "binary"),
    ("Precision", {"class_id": 1}, "one_hot"),
    ("Precision", {"top_k": 2}, "one_hot"),
    ("Recall", {}, "binary"),
    ("Recall", {"thresholds": 0.7}, "binary"),
    ("Recall", {"class_id": 1}, "one_hot"),
    ("Recall", {"top_k": 2}, "one_hot"),
    ("F1Score", {}, "one_hot"),
    ("F1Score", {"average": "micro"}, "one_hot"),
    ("F1Score", {"average": "macro"}, "one_hot"),
    ("F1Score", {"average": "weighted"}, "one_hot"),
    ("F1Score", {"threshold": 0.5}, "binary"),
    ("AUC", {}, "binary"),
    ("AUC", {"num_thresholds": 20}, "binary"),
    ("AUC", {"curve": "PR"}, "binary"),
    ("AUC", {"curve": "PR", "summation_method": "majoring"}, "binary"),
    ("AUC", {"summation_method": "minoring"}, "binary"),
    ("AUC", {"multi_label": True}, "binary"),
    ("AUC", {"from_logits": True}, "binary_logits"),
    ("TruePositives", {}, "binary"),
    ("TrueNegatives", {}, "binary"),
    ("FalsePositives", {}, "binary"),
    ("FalseNegatives", {}, "binary"),
    ("MeanSquaredError", {}, "real"),
    ("RootMeanSquaredError", {}, "real"),
    ("MeanAbsoluteError", {}, "real"),
    ("MeanAbsolutePercentageError", {}, "real"),
    ("MeanSquaredLogarithmicError", {}, "positive"),
    ("R2Score", {}, "real"),
    ("R2Score", {"class_aggregation": "variance_weighted_average"}, "real"),
    ("R2Score", {"class_aggregation": None}, "real"),
    ("R2Score", {"num_regressors": 3}, "real"),
    ("CosineSimilarity", {}, "real"),
    ("LogCoshError", {}, "real"),
    ("Hinge", {}, "signs"),
    ("SquaredHinge", {}, "signs"),
    ("CategoricalHinge", {}, "one_hot"),
    ("KLDivergence", {}, "distribution"),
    ("Poisson", {}, "positive"),
    ("BinaryCrossentropy", {}, "binary"),
    ("CategoricalCrossentropy", {}, "one_hot"),
    ("SparseCategoricalCrossentropy", {}, "classes"),
]


def snake(name):
    known = {"AUC": "auc", "F1Score": "f1_score", "R2Score": "r2_score",
             "TopKCategoricalAccuracy": "top_k_categorical_accuracy",
             "SparseTopKCategoricalAccuracy": "sparse_top_k_categorical_accuracy"}
    return known.get(name) or loss_snake(name)


def data_sets():
    random = np.random.default_rng(6)
    normal = lambda: random.standard_normal((25, 4))
    labels = random.integers(0, 4, 25)
    one_hot, p = np.eye(4)[labels], softmax(2 * normal() + 2 * np.eye(4)[labels])
    binary = (random.uniform(size=(25, 4)) < 0.4).astype(float)
    guess = random.uniform(size=(25, 4)) * 0.6 + 0.3 * binary
    real = normal()
    return {"one_hot": (one_hot, f32(p)), "classes": (labels.reshape(-1, 1), f32(p)),
            "binary": (binary, f32(guess)), "binary_logits": (binary, f32(6 * guess - 3)),
            "real": (f32(real), f32(real + normal() / 2)),
            "positive": (f32(np.abs(normal())), f32(np.abs(normal()))),
            "distribution": (f32(softmax(normal())), f32(p)),
            "signs": (2 * binary - 1, f32(normal()))}


def value(name, options, y, p, weights):
    metric = getattr(keras.metrics, name)(**options)
    for begin, end in BATCHES:
        given = {} if weights is None else {"sample_weight": weights[begin:end]}
        if options.get("multi_label"):
            given = {}
        metric.update_state(y[begin:end], p[begin:end], **given)
    return metric.result()


def main():
    sets = data_sets()
    weights = f32(np.random.default_rng(7).uniform(0, 2, 25))
    entries = []
    for name, options, data in METRICS:
        y, p = sets[data]
        entries.append({"spec": spec(snake(name), options), "name": snake(name),
                        "options": options, "data": data,
                        "value": value(name, options, y, p, None),
                        "weighted": value(name, options, y, p, weights)})
    write("metrics", rows=25, batches=[list(b) for b in BATCHES], sample_weight=weights,
          data={name: {"y": y, "p": p} for name, (y, p) in sets.items()}, entries=entries)
