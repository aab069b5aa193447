"""Keras's own experiment for each optimiser: ten weights at 1, one step with gradients of 0.01,
then five with 0.1, 0.2, ... 1.0. The options are those of Keras's tests, and all defaults."""

import numpy as np

from reference.common import keras, spec, write
from reference.optimizers import GOLDEN_FTRL, snake

OPTIMIZERS = [
    ("SGD", {"nesterov": True}),
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {}),
    ("Adagrad", {"learning_rate": 0.2, "initial_accumulator_value": 0.3, "epsilon": 1e-6}),
    ("Adagrad", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-6}),
    ("Adadelta", {}),
    ("Adam", {"amsgrad": True}),
    ("Adam", {}),
    ("AdamW", {"learning_rate": 1.0, "weight_decay": 0.5, "epsilon": 2.0}),
    ("AdamW", {}),
    ("Adamax", {"learning_rate": 0.2, "beta_1": 0.85, "beta_2": 0.95, "epsilon": 1e-6}),
    ("Adamax", {}),
    ("Nadam", {"learning_rate": 0.5, "beta_1": 0.5, "beta_2": 0.67, "epsilon": 1e-5}),
    ("Nadam", {}),
    ("Ftrl", {"learning_rate": 0.05, **GOLDEN_FTRL}),
    ("Ftrl", {}),
    ("Lion", {}),
    ("Lamb", {}),
    ("Adafactor", {"learning_rate": 0.5, "beta_2_decay": -0.65, "epsilon_1": 1e-15,
                   "epsilon_2": 1e-4, "clip_threshold": 0.9, "relative_step": False}),
    ("Adafactor", {}),
    ("Muon", {}),
]


def main():
    first, later = np.full(10, 0.01), np.arange(1, 11) / 10
    entries = []
    for name, options in OPTIMIZERS:
        optimizer = getattr(keras.optimizers, name)(**options)
        x = keras.Variable(np.ones(10))
        values = []
        for gradient in [first] + 5 * [later]:
            optimizer.apply_gradients([(keras.ops.convert_to_tensor(gradient), x)])
            values.append(np.asarray(x))
        entries.append({"spec": spec(snake(name), options), "name": snake(name),
                        "options": options, "values": np.stack(values)})
    write("golden", gradients=np.stack([first] + 5 * [later]), entries=entries)
