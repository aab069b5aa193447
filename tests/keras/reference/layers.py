"""Layers that normalise, merge and reshape: outputs, gradients for inputs and weights.

The gradients are those of sum(outputs * cotangent). `states` are what is not trained, after the
calls in training mode that an entry counts in `calls`.
"""

import numpy as np

from reference.common import f32, jax, keras, spec, write

SHAPES = {"rows": (6, 4), "sequences": (3, 5, 4)}

# Class, options, shape of the input.
LAYERS = [
    ("BatchNormalization", {}, "rows"),
    ("BatchNormalization", {"momentum": 0.8, "epsilon": 0.01}, "rows"),
    ("BatchNormalization", {"center": False, "scale": False}, "rows"),
    ("BatchNormalization", {}, "sequences"),
    ("LayerNormalization", {}, "rows"),
    ("LayerNormalization", {"epsilon": 0.01, "center": False}, "rows"),
    ("LayerNormalization", {}, "sequences"),
    ("RMSNormalization", {}, "rows"),
    ("RMSNormalization", {"epsilon": 0.01}, "sequences"),
    ("GroupNormalization", {"groups": 2}, "rows"),
    ("GroupNormalization", {"groups": 2, "epsilon": 0.01}, "sequences"),
    ("UnitNormalization", {}, "rows"),
    ("UnitNormalization", {}, "sequences"),
    ("PReLU", {}, "rows"),
    ("LeakyReLU", {}, "rows"),
    ("LeakyReLU", {"negative_slope": 0.1}, "rows"),
    ("ELU", {"alpha": 0.5}, "rows"),
    ("Rescaling", {"scale": 0.5, "offset": 0.25}, "rows"),
    ("Permute", {"dims": [2, 1]}, "sequences"),
    ("RepeatVector", {"n": 3}, "rows"),
    ("Flatten", {}, "sequences"),
    ("Reshape", {"target_shape": [10, 2]}, "sequences"),
]
MERGES = [("Add", {}), ("Subtract", {}), ("Multiply", {}), ("Average", {}), ("Maximum", {}),
          ("Minimum", {}), ("Concatenate", {}), ("Dot", {"axes": 1}),
          ("Dot", {"axes": 1, "normalize": True})]


# Drawn after all others, so that their figures stay.
LATER = [
    ("Dot", {"axes": 2}, "sequences, other_sequences"),
    ("Dot", {"axes": 1, "normalize": True}, "sequences, other_sequences"),
    ("Dot", {"axes": [2, 1]}, "sequences, rows_of_3"),
    ("Embedding", {"input_dim": 7, "output_dim": 3}, "numbers"),
    ("Embedding", {"input_dim": 9, "output_dim": 20}, "numbers"),
    ("Dense", {"units": 3, "activation": "tanh"}, "sequences"),
    ("Dense", {"units": 20, "activation": "sigmoid", "use_bias": False}, "sequences"),
    ("Identity", {}, "sequences"),
    ("Normalization", {}, "rows"),
    ("Normalization", {"axis": [1, 2]}, "sequences"),
    ("Normalization", {"axis": [1]}, "sequences"),
    ("Normalization", {"axis": [], "invert": True}, "sequences"),
    ("Normalization", {"mean": 0.5, "variance": 0.0625}, "rows"),
    ("Normalization", {"mean": [0.5, -1, 2, 0.25], "variance": [0.25, 4, 9, 1]}, "sequences"),
    ("Normalization", {"axis": [1, 2], "mean": [0.5, -1, 2, 0.25], "variance": [0.25, 4, 9, 1],
                       "invert": True}, "sequences"),
]


def weights_of(layer, random):
    """Some that differ, so that a swap would show."""
    layer.set_weights([f32(random.uniform(0.5, 1.5, w.shape)) for w in layer.get_weights()])
    if hasattr(layer, "finalize_state"):
        layer.finalize_state()  # of Normalization, which keeps what it made of them


def run(layer, x, cotangent, training, mode):
    """Outputs and gradients of one call; `x` is a list of inputs."""
    trainable = [w.value for w in layer.trainable_variables]
    fixed = [w.value for w in layer.non_trainable_variables]

    def call(trainable, x):
        y, states = layer.stateless_call(trainable, fixed, x if len(x) > 1 else x[0], **training)
        return y, states

    y, vjp, states = jax.vjp(call, trainable, x, has_aux=True)
    if cotangent is None:
        return y
    dw, dx = vjp(cotangent)
    for variable, value in zip(layer.non_trainable_variables, states):
        variable.assign(value)
    return {"mode": mode, "output_shape": list(y.shape), "outputs": y,
            "input_gradients": list(dx), "weight_gradients": list(dw)}


def entry_of(name, options, shape, x, random):
    layer = getattr(keras.layers, name)(**options)
    layer.build(x[0].shape if len(x) == 1 else [v.shape for v in x])
    weights_of(layer, random)
    names = [w.name for w in layer.weights]
    before = [np.asarray(w) for w in layer.weights]
    has_modes = name == "BatchNormalization"
    modes = [({"training": False}, "inference")] if has_modes else [({}, "any")]
    out = run(layer, x, None, modes[0][0], "")
    cotangent = f32(random.standard_normal(out.shape))
    results = [run(layer, x, cotangent, *m) for m in modes]
    entry = {"spec": spec(name, options), "name": name, "options": options, "input": shape,
             "weight_names": names, "weights": before, "cotangent": cotangent}
    if has_modes:
        for call in range(3):
            run_of = run(layer, x, cotangent, {"training": True}, "training")
            if call == 0:
                results.append(run_of)
        entry["calls"] = 3
        entry["states"] = [np.asarray(w) for w in layer.non_trainable_variables]
    return {**entry, "results": results}


def main():
    random = np.random.default_rng(8)
    inputs = {name: f32(random.standard_normal(shape)) for name, shape in SHAPES.items()}
    others = f32(random.standard_normal(SHAPES["rows"]))
    entries = [entry_of(name, options, shape, [inputs[shape]], random)
               for name, options, shape in LAYERS]
    merges = [entry_of(name, options, "rows, others", [inputs["rows"], others], random)
              for name, options in MERGES]
    inputs["others"] = others
    inputs["other_sequences"] = f32(random.standard_normal(SHAPES["sequences"]))
    inputs["rows_of_3"] = f32(random.standard_normal((3, 4)))
    inputs["numbers"] = f32(random.integers(0, 7, (4, 6)))
    later = [entry_of(name, options, shape, [inputs[n] for n in shape.split(", ")], random)
             for name, options, shape in LATER]
    adapted = []
    for axis, shape in ((-1, "rows"), ((1, 2), "sequences"), (None, "sequences")):
        layer = keras.layers.Normalization(axis=axis)
        layer.adapt(inputs[shape])
        adapted.append({"axis": layer.axis, "input": shape,
                        "mean": np.asarray(layer.adapt_mean, np.float64),
                        "variance": np.asarray(layer.adapt_variance, np.float64)})
    write("layers", shapes={k: list(v.shape) for k, v in inputs.items()}, inputs=inputs,
          entries=entries + merges + later,
          adapted=adapted)
