"""50 steps of each optimiser on a small net, from the same weights and batches.

The net is 5 -> 4 tanh -> 3 linear, mean squared error, 8 batches of 6 rows again and again.
"""

import numpy as np

from reference.common import f32, keras, spec, write

SIZES, ROWS, BATCHES = (5, 4, 3), 6, 8
KEPT = (1, 2, 5, 10, 50)

GOLDEN_FTRL = {"learning_rate_power": -0.2, "initial_accumulator_value": 0.4,
               "l1_regularization_strength": 0.05, "l2_regularization_strength": 0.15,
               "l2_shrinkage_regularization_strength": 0.01, "beta": 0.3}

# Class, options.
OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.01, "rho": 0.8}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "epsilon": 1e-3}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.3, "epsilon": 1e-5}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.8, "epsilon": 1e-6}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.1}),
    ("AdamW", {"learning_rate": 0.01, "amsgrad": True}),
    ("Adamax", {}),
    ("Adamax", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Nadam", {}),
    ("Nadam", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Ftrl", {}),
    ("Ftrl", {"learning_rate": 0.05, **GOLDEN_FTRL}),
    ("Lion", {}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95}),
    ("Lamb", {}),
    ("Lamb", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-4}),
    ("Adafactor", {}),
    ("Adafactor", {"learning_rate": 0.05, "relative_step": False, "beta_2_decay": -0.65,
                   "epsilon_1": 1e-15, "epsilon_2": 1e-4, "clip_threshold": 0.9}),
    ("Muon", {}),
    ("Muon", {"learning_rate": 0.01, "nesterov": False, "momentum": 0.9, "adam_lr_ratio": 0.5}),
    # What every optimiser takes.
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.05}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.2}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.05}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.3}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.9,
             "ema_overwrite_frequency": 5}),
    ("SGD", {"learning_rate": 0.1, "gradient_accumulation_steps": 4}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "clipnorm": 0.2, "weight_decay": 0.01}),
    ("Adam", {"learning_rate": 0.01, "weight_decay": 0.05}),
    ("Adam", {"learning_rate": 0.01, "clipnorm": 0.2}),
    ("Adam", {"learning_rate": 0.01, "clipvalue": 0.05}),
    ("Adam", {"learning_rate": 0.01, "global_clipnorm": 0.3}),
    ("Adam", {"learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.9,
              "ema_overwrite_frequency": 5}),
    ("Adam", {"learning_rate": 0.01, "gradient_accumulation_steps": 4}),
    ("Adam", {"learning_rate": 0.01, "gradient_accumulation_steps": 4, "global_clipnorm": 0.3,
              "weight_decay": 0.05, "use_ema": True, "ema_momentum": 0.9}),
    ("Lamb", {"learning_rate": 0.01, "weight_decay": 0.05}),
]

# Class, options; each with SGD.
SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.2, "decay_steps": 10, "decay_rate": 0.7}),
    ("ExponentialDecay", {"initial_learning_rate": 0.2, "decay_steps": 10, "decay_rate": 0.7,
                          "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.2, "decay_steps": 10, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.2, "decay_steps": 10, "decay_rate": 0.5,
                          "staircase": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 20], "values": [0.2, 0.1, 0.02]}),
    ("PolynomialDecay", {"initial_learning_rate": 0.2, "decay_steps": 30}),
    ("PolynomialDecay", {"initial_learning_rate": 0.2, "decay_steps": 15,
                         "end_learning_rate": 0.01, "power": 2.0, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.2, "decay_steps": 30}),
    ("CosineDecay", {"initial_learning_rate": 0.02, "decay_steps": 30, "alpha": 0.1,
                     "warmup_target": 0.2, "warmup_steps": 8}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.2, "first_decay_steps": 8}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.2, "first_decay_steps": 8, "t_mul": 1.5,
                             "m_mul": 0.8, "alpha": 0.1}),
]


def snake(name):
    known = {"RMSprop": "rmsprop", "AdamW": "adamw"}
    return known.get(name) or "".join(
        ("_" if c.isupper() and i and not name[i - 1].isupper() else "") + c.lower()
        for i, c in enumerate(name))


def problem():
    random = np.random.default_rng(4)
    x = f32(random.standard_normal((BATCHES, ROWS, SIZES[0])))
    y = f32(random.standard_normal((BATCHES, ROWS, SIZES[-1])))
    weights = []
    for inputs, units in zip(SIZES, SIZES[1:]):
        weights.append(f32(random.uniform(-0.8, 0.8, (inputs, units))))
        weights.append(f32(random.uniform(-0.1, 0.1, units)))
    return x, y, weights


def flat(arrays):
    return np.concatenate([np.asarray(a).ravel() for a in arrays])


def train(optimizer, x, y, weights):
    """Weights after the steps of KEPT, and averages where the optimiser keeps some."""
    model = keras.Sequential([keras.Input((SIZES[0],)), keras.layers.Dense(SIZES[1], "tanh"),
                              keras.layers.Dense(SIZES[2])])
    model.set_weights(weights)
    model.compile(loss="mse", optimizer=optimizer)
    steps, averages = {}, {}
    for step in range(1, KEPT[-1] + 1):
        model.train_on_batch(x[(step - 1) % BATCHES], y[(step - 1) % BATCHES])
        if step in KEPT:
            steps[step] = flat(model.get_weights())
            if optimizer.use_ema:
                averages[step] = flat(optimizer._model_variables_moving_average)
    return {"steps": steps, **({"averages": averages} if averages else {})}


def main():
    x, y, weights = problem()
    entries = []
    for name, options in OPTIMIZERS:
        ran = train(getattr(keras.optimizers, name)(**options), x, y, weights)
        entries.append({"spec": spec(snake(name), options), "name": snake(name),
                        "options": options, **ran})
    for name, options in SCHEDULES:
        schedule = getattr(keras.optimizers.schedules, name)(**options)
        ran = train(keras.optimizers.SGD(schedule), x, y, weights)
        entries.append({"spec": "sgd(learning_rate=" + spec(snake(name), options) + ")",
                        "name": "sgd", "options": {},
                        "schedule": {"name": snake(name), "options": options,
                                     "rates": [schedule(s) for s in range(KEPT[-1])]}, **ran})
    write("optimizers", sizes=list(SIZES), rows=ROWS, batches=BATCHES, x=x, y=y,
          weights=flat(weights), entries=entries)
