"""Trainings of a model with three outputs: losses, metrics and weights of rows by output.

20 rows of 5 numbers, 5 -> 6 tanh -> price (1), rises (1, sigmoid), kind (3, softmax), Adam 0.01, 30 steps
of batches of 6, 6, 6, 2, 6, … rows from the same weights; then an evaluation.
"""

import numpy as np

from reference.common import f32, keras, write
from reference.optimizers import flat

ROWS, BATCH, STEPS = 20, 6, 30
LOSSES = ["mse", "binary_crossentropy", "sparse_categorical_crossentropy"]
METRICS = [["mae"], ["accuracy", "mse"], ["accuracy"]]
WEIGHTED = [["mse"], ["binary_accuracy"], ["sparse_categorical_accuracy"]]


def cases():
    """Options of compile, and which weights rows have: none, of all outputs, or by output."""
    yield "lists", {"loss": LOSSES, "loss_weights": [1.0, 0.5, 2.0], "metrics": METRICS}, None
    yield "sample_weight", {"loss": LOSSES, "metrics": METRICS, "weighted_metrics": WEIGHTED}, "all"
    yield ("sample_weight by output",
           {"loss": LOSSES, "loss_weights": [0.25, 1.0, 1.0], "weighted_metrics": WEIGHTED}, "each")
    yield "two losses", {"loss": ["mse", None, LOSSES[2]], "metrics": METRICS}, None
    yield "one loss", {"loss": [None, "binary_crossentropy", None], "metrics": METRICS}, "all"


def train(case, options, weighs, x, targets, weights, sample_weight):
    inputs = keras.Input((5,))
    hidden = keras.layers.Dense(6, "tanh", kernel_regularizer=keras.regularizers.L2(0.01))(inputs)
    outputs = [keras.layers.Dense(1, name="price")(hidden),
               keras.layers.Dense(1, "sigmoid", name="rises")(hidden),
               keras.layers.Dense(3, "softmax", name="kind")(hidden)]
    model = keras.Model(inputs, outputs)
    model.set_weights(weights)
    model.compile(optimizer=keras.optimizers.Adam(0.01), **options)

    def of_rows(begin, end):
        y = [t[begin:end] for t in targets]
        count = {"all": [sample_weight[0][begin:end]] * 3,
                 "each": [w[begin:end] for w in sample_weight]}.get(weighs)
        return x[begin:end], y, count

    steps = {}
    for step in range(STEPS):
        begin = step * BATCH % (-(-ROWS // BATCH) * BATCH)
        rows = of_rows(begin, min(begin + BATCH, ROWS))
        model.reset_metrics()
        for name, value in model.train_on_batch(*rows, return_dict=True).items():
            steps.setdefault(name, []).append(float(value))
    x_all, y_all, count = of_rows(0, ROWS)
    evaluated = model.evaluate(x_all, y_all, sample_weight=count, batch_size=BATCH, verbose=0,
                               return_dict=True)
    return {"case": case, "weighs": weighs, "steps": steps, "evaluate": evaluated,
            "weights": flat(model.get_weights())}


def main():
    random = np.random.default_rng(11)
    x = f32(random.standard_normal((ROWS, 5)))
    price = f32(random.standard_normal((ROWS, 1)))
    rises = f32(random.integers(0, 2, (ROWS, 1)))
    kind = random.integers(0, 3, ROWS)
    sample_weight = [f32(random.uniform(0, 2, ROWS)) for _ in range(3)]
    shapes = ((5, 6), (6,), (6, 1), (1,), (6, 1), (1,), (6, 3), (3,))
    weights = [f32(random.uniform(-0.8, 0.8, shape)) for shape in shapes]
    entries = [train(*case, x, [price, rises, kind], weights, sample_weight) for case in cases()]
    write("outputs", x=x, price=price, rises=rises, kind=kind,
          sample_weight=np.stack(sample_weight), weights=flat(weights), entries=entries)
