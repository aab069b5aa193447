"""Small trainings with class and sample weights, a short last batch, regularisers and constraints.

20 rows of 5 numbers, 5 -> 4 tanh -> 3 softmax, categorical crossentropy, SGD 0.1, batches of 6 (the
last has 2), 2 epochs without shuffling, from the same weights.
"""

import numpy as np

from reference.common import f32, jax, keras, spec, write
from reference.optimizers import flat, snake

ROWS, BATCH, EPOCHS = 20, 6, 2
REGULARIZERS = [("L1", {"l1": 0.02}), ("L2", {"l2": 0.02}), ("L1L2", {"l1": 0.01, "l2": 0.02}),
                ("OrthogonalRegularizer", {"factor": 0.05}),
                ("OrthogonalRegularizer", {"factor": 0.05, "mode": "columns"})]
CONSTRAINTS = [("MaxNorm", {"max_value": 0.7}), ("MaxNorm", {"max_value": 0.7, "axis": 1}),
               ("NonNeg", {}), ("UnitNorm", {}), ("UnitNorm", {"axis": 1}),
               ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.8}),
               ("MinMaxNorm", {"min_value": 0.5, "max_value": 0.8, "rate": 0.5, "axis": 1})]


def regularizer(name, options):
    return getattr(keras.regularizers, name)(**options)


def constraint(name, options):
    return getattr(keras.constraints, name)(**options)


def cases():
    weights = {"sample_weight": True}
    classes = {"class_weight": {0: 1.0, 1: 2.5, 2: 0.25}}
    yield "short last batch", {}, {}
    yield "sample_weight", {}, weights
    yield "class_weight", {}, classes
    for name, options in REGULARIZERS:
        text = spec(snake(name), options)
        made = regularizer(name, options)
        yield f"kernel_regularizer {text}", {"kernel_regularizer": made}, {}
    yield "activity_regularizer l1(0.02)", {"activity_regularizer": keras.regularizers.L1(0.02)}, {}
    yield "activity_regularizer l2(0.02)", {"activity_regularizer": keras.regularizers.L2(0.02)}, {}
    yield ("activity_regularizer l2(0.02), sample_weight",
           {"activity_regularizer": keras.regularizers.L2(0.02)}, weights)
    yield "bias_regularizer l2(0.02)", {"bias_regularizer": keras.regularizers.L2(0.02)}, {}
    for name, options in CONSTRAINTS:
        text = spec(snake(name), options)
        yield f"kernel_constraint {text}", {"kernel_constraint": constraint(name, options)}, {}
    yield "trainable=false", {"trainable": False}, {}
    for more in ({}, {"ema_overwrite_frequency": 3}):
        options = {"use_ema": True, "ema_momentum": 0.8, **more}
        yield spec("sgd", options), {}, {"optimizer": options}


def train(case, layer, given, x, labels, weights, sample_weight):
    """`layer`: options of the first Dense; `given`: of fit, and of the optimizer."""
    hidden = keras.layers.Dense(4, "tanh", **layer)
    model = keras.Sequential([keras.Input((5,)), hidden, keras.layers.Dense(3, "softmax")])
    model.set_weights(weights)
    options = dict(given)
    optimizer = keras.optimizers.SGD(0.1, **options.pop("optimizer", {}))
    model.compile(loss="sparse_categorical_crossentropy", optimizer=optimizer,
                  metrics=["accuracy"], weighted_metrics=["sparse_categorical_accuracy"])
    if options.pop("sample_weight", False):
        options["sample_weight"] = sample_weight
    evaluate = {k: v for k, v in options.items() if k == "sample_weight"}
    before = model.evaluate(x, labels, batch_size=BATCH, verbose=0, return_dict=True, **evaluate)
    history = model.fit(x, labels, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0,
                        **options).history
    after = model.evaluate(x, labels, batch_size=BATCH, verbose=0, return_dict=True, **evaluate)
    return {"case": case, "evaluate_before": before, "history": history, "evaluate_after": after,
            "weights": flat(model.get_weights())}


def main():
    random = np.random.default_rng(5)
    x = f32(random.standard_normal((ROWS, 5)))
    labels = random.integers(0, 3, ROWS)
    sample_weight = f32(random.uniform(0, 2, ROWS))
    sample_weight[4] = 0
    weights = [f32(random.uniform(-0.8, 0.8, shape)) for shape in ((5, 4), (4,), (4, 3), (3,))]
    entries = [train(*case, x, labels, weights, sample_weight) for case in cases()]

    w = f32(random.standard_normal((4, 3)))
    penalties = []
    for name, options in REGULARIZERS:
        value, gradient = jax.value_and_grad(regularizer(name, options))(w)
        penalties.append({"spec": spec(snake(name), options), "name": snake(name),
                          "options": options, "value": value, "gradient": gradient})
    projections = [{"spec": spec(snake(name), options), "name": snake(name), "options": options,
                    "value": constraint(name, options)(w)} for name, options in CONSTRAINTS]
    write("training", x=x, labels=labels, sample_weight=sample_weight, weights=flat(weights),
          entries=entries, matrix=w, regularizers=penalties, constraints=projections)
