"""Values and gradients of the activations, on 200 points as 20 rows of 10."""

import numpy as np

from reference.common import f32, jax, keras, spec, write

ROW_WISE = ("softmax", "log_softmax", "sparsemax", "glu")

# Name, options, and where the function has no derivative.
ACTIVATIONS = [
    ("linear", {}, []),
    ("sigmoid", {}, []),
    ("hard_sigmoid", {}, [-3, 3]),
    ("log_sigmoid", {}, []),
    ("tanh", {}, []),
    ("hard_tanh", {}, [-1, 1]),
    ("relu", {}, [0]),
    ("relu", {"max_value": 6}, [0, 6]),
    ("relu", {"negative_slope": 0.1}, [0]),
    ("relu", {"threshold": 1}, [1]),
    ("relu", {"negative_slope": 0.25, "max_value": 3, "threshold": 0.5}, [0.5, 3]),
    ("relu6", {}, [0, 6]),
    ("leaky_relu", {}, [0]),
    ("leaky_relu", {"negative_slope": 0.3}, [0]),
    ("elu", {}, [0]),
    ("elu", {"alpha": 0.5}, [0]),
    ("selu", {}, [0]),
    ("celu", {}, [0]),
    ("celu", {"alpha": 2}, [0]),
    ("threshold", {"threshold": 0.5, "default_value": 0}, [0.5]),
    ("threshold", {"threshold": 1, "default_value": -2}, [1]),
    ("gelu", {}, []),
    ("gelu", {"approximate": True}, []),
    ("silu", {}, []),
    ("hard_silu", {}, [-3, 3]),
    ("mish", {}, []),
    ("softplus", {}, []),
    ("softsign", {}, []),
    ("exponential", {}, []),
    ("squareplus", {}, []),
    ("squareplus", {"b": 1}, []),
    ("sparse_plus", {}, [-1, 1]),
    ("soft_shrink", {}, [-0.5, 0.5]),
    ("soft_shrink", {"threshold": 1}, [-1, 1]),
    ("hard_shrink", {}, [-0.5, 0.5]),
    ("hard_shrink", {"threshold": 1}, [-1, 1]),
    ("tanh_shrink", {}, []),
    ("softmax", {}, []),
    ("log_softmax", {}, []),
    ("sparsemax", {}, []),
    ("glu", {}, []),
]


def points():
    random = np.random.default_rng(1)
    sizes = [1e-30, 1e-7, 0.5, 1, 3, 6, 20, 88, 100, 1e4]
    special = [0.0] + [s * v for v in sizes for s in (1, -1)]
    for kink in (0.5, 1, 3, 6):
        for k in (np.float32(kink), np.float32(-kink)):
            special += [np.nextafter(k, np.float32(to)) for to in (-9, 9)]
    drawn = list(2 * random.standard_normal(93)) + list(random.uniform(-8, 8, 40))
    drawn += list(10 ** random.uniform(-6, 3, 30) * random.choice([-1, 1], 30))
    return f32(special + drawn).reshape(20, 10)


def main():
    x = points()
    entries = []
    for name, options, kinks in ACTIVATIONS:
        f = getattr(keras.activations, name)
        y, vjp = jax.vjp(lambda v: keras.ops.convert_to_tensor(f(v, **options)), x)
        # The gradient of softmax is 0 against ones: there every second unit counts negative.
        signs = np.ones(y.shape)
        if name in ROW_WISE:
            signs[:, 1::2] = -1
        entries.append({"spec": spec(name, options), "name": name, "options": options,
                        "kinks": kinks, "row_wise": name in ROW_WISE, "units": y.shape[1],
                        "values": y, "gradient": vjp(signs)[0]})
    write("activations", rows=20, units=10, x=x, entries=entries)
