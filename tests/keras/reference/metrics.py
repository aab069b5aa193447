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
    ("Precision", {"top_k": 2}, "coarse"),
    ("Precision", {"top_k": 2, "class_id": 1}, "one_hot"),
    ("Precision", {"top_k": 3, "thresholds": [0.15, 0.35]}, "coarse"),
    ("Precision", {"thresholds": [0.1, 0.6], "class_id": 2}, "binary"),
    ("Recall", {"thresholds": [0.2, 0.5, 0.8]}, "binary"),
    ("Recall", {"top_k": 2}, "coarse"),
    ("Recall", {"top_k": 1, "class_id": 2}, "one_hot"),
    ("TruePositives", {"thresholds": [0.3, 0.6]}, "binary"),
    ("FalseNegatives", {"thresholds": [0.3, 0.6]}, "binary"),
    ("F1Score", {"average": "macro", "threshold": 0.4}, "binary"),
    ("FBetaScore", {}, "one_hot"),
    ("FBetaScore", {"beta": 2.0, "average": "weighted"}, "one_hot"),
    ("FBetaScore", {"beta": 0.5, "threshold": 0.5}, "binary"),
    ("AUC", {"curve": "PR", "multi_label": True}, "binary"),
    ("AUC", {"multi_label": True, "num_labels": 4}, "binary"),
    ("AUC", {"multi_label": True, "label_weights": [1.0, 2.0, 0.0, 3.0]}, "binary"),
    ("AUC", {"label_weights": [1.0, 2.0, 0.0, 3.0]}, "binary"),
    ("AUC", {"thresholds": [0.2, 0.4, 0.41]}, "binary"),
    ("AUC", {"thresholds": [0.6, 0.3], "curve": "PR", "multi_label": True}, "binary"),
    ("AUC", {"curve": "PRGAIN"}, "binary"),
    ("SensitivityAtSpecificity", {"specificity": 0.7}, "binary"),
    ("SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 11}, "coarse"),
    ("SpecificityAtSensitivity", {"sensitivity": 0.6}, "binary"),
    ("PrecisionAtRecall", {"recall": 0.8}, "binary"),
    ("PrecisionAtRecall", {"recall": 0.6, "class_id": 1}, "one_hot"),
    ("RecallAtPrecision", {"precision": 0.75}, "binary"),
    ("RecallAtPrecision", {"precision": 1.0}, "coarse"),
    ("PearsonCorrelation", {}, "real"),
    ("ConcordanceCorrelation", {}, "real"),
    ("Mean", {}, "real"),
    ("ConfusionMatrix", {}, "one_hot"),
    ("ConfusionMatrix", {}, "classes"),
]


def snake(name):
    known = {"AUC": "auc", "F1Score": "f1_score", "R2Score": "r2_score",
             "FBetaScore": "fbeta_score",
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
    sets = {"one_hot": (one_hot, f32(p)), "classes": (labels.reshape(-1, 1), f32(p)),
            "binary": (binary, f32(guess)), "binary_logits": (binary, f32(6 * guess - 3)),
            "real": (f32(real), f32(real + normal() / 2)),
            "positive": (f32(np.abs(normal())), f32(np.abs(normal()))),
            "distribution": (f32(softmax(normal())), f32(p)),
            "signs": (2 * binary - 1, f32(normal()))}
    # Many are equal, and some are 0 and 1.
    sets["coarse"] = (one_hot, f32(np.round(sets["one_hot"][1], 1)))
    return sets


def confusion_matrix(y, p, weights):
    """Keras has it as a function of all rows only."""
    truth = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0].astype(int)
    return keras.src.metrics.metrics_utils.confusion_matrix(
        truth, p.argmax(axis=1), p.shape[1], weights=weights, dtype="float64")


def value(name, options, y, p, weights):
    if name == "ConfusionMatrix":
        return confusion_matrix(y, p, weights)
    metric = getattr(keras.metrics, name)(**options)
    for begin, end in BATCHES:
        given = {} if weights is None else {"sample_weight": weights[begin:end]}
        values = (p[begin:end],) if name == "Mean" else (y[begin:end], p[begin:end])
        metric.update_state(*values, **given)
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
