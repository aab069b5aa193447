"""Whole models as Keras writes them (to_json), with weights, inputs and what they predict.

The JSON is of float32 models, as people have them; outputs are computed by the same model in doubles.
The weights are also in files: data/models/NAME.weights.h5, Keras 3's form, and NAME.h5, Keras 2's: of
a whole model, or, of `functional`, of weights alone.
"""

import os

import h5py
import numpy as np

from reference.common import DATA, f32, keras, write

from keras.src.legacy.saving import legacy_h5_format  # common comes before any of Keras

L = keras.layers


def sequential():
    return keras.Sequential([
        keras.Input((6,), name="features"),
        L.Dense(8, activation="relu", kernel_initializer="he_normal",
                kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02),
                kernel_constraint=keras.constraints.MaxNorm(3)),
        L.BatchNormalization(momentum=0.9),
        L.Dense(8, activation=L.LeakyReLU(0.1), bias_initializer=keras.initializers.Constant(0.1)),
        L.LeakyReLU(),
        L.Dropout(0.2, seed=3),
        L.LayerNormalization(),
        L.PReLU(),
        L.Dense(8, activation="gelu", use_bias=False,
                kernel_initializer=keras.initializers.VarianceScaling(2, "fan_out", "uniform")),
        L.ELU(0.5),
        L.ReLU(max_value=6),
        L.Activation("hard_sigmoid"),
        L.Dense(5, activation=keras.activations.leaky_relu, bias_constraint="non_neg",
                activity_regularizer="l2", trainable=False),
        L.Dense(3, name="classes"),
        L.Softmax()], name="tower")


def shapes():
    return keras.Sequential([
        keras.Input((12,)),
        L.Reshape((3, 4)),
        L.RMSNormalization(),
        L.GroupNormalization(2),
        L.Permute((2, 1)),
        L.SpatialDropout1D(0.3),
        L.UnitNormalization(),
        L.Flatten(),
        L.Rescaling(0.5, offset=0.1),
        L.GaussianNoise(0.1), L.GaussianDropout(0.1), L.AlphaDropout(0.1),
        L.ActivityRegularization(l1=0.01, l2=0.02),
        L.Dense(4, activation="sigmoid",
                kernel_regularizer=keras.regularizers.OrthogonalRegularizer(0.02)),
        L.RepeatVector(2),
        L.Flatten()])


def functional():
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    shared = L.Dense(5, activation="tanh", name="shared")
    widen = L.Dense(4, name="widen")
    left, right = shared(a), shared(widen(b))
    parts = [L.Add()([left, right]), L.Subtract()([left, right]), L.Multiply()([left, right]),
             L.Average()([left, right]), L.Maximum()([left, right]), L.Minimum()([left, right])]
    joined = L.Concatenate()(parts)
    angle = L.Dot(axes=1, normalize=True)([left, right])
    y = L.Dense(3, activation="softmax", name="classes")(joined)
    return keras.Model([a, b], [y, angle], name="branches")


def embedding():
    return keras.Sequential([keras.Input((3,), dtype="int32"), L.Embedding(7, 4), L.Flatten(),
                             L.Dense(2)], name="words")


def sequences():
    return keras.Sequential([keras.Input((4, 3)), L.Dense(5, activation="tanh"), L.Identity(),
                             L.Dense(2, name="narrow"), L.Flatten(),
                             L.Dense(3, activation="softmax")], name="along_the_last_axis")


def normalized():
    """One whose mean is given, which has no weights, between two that have."""
    return keras.Sequential([
        keras.Input((4,)),
        L.Normalization(),
        L.Dense(6, activation="tanh"),
        L.Reshape((2, 3)),
        L.Normalization(axis=(1, 2)),
        L.Normalization(mean=[0.1, -0.2, 0.3], variance=[1.0, 0.5, 2.0]),
        L.Normalization(axis=None, mean=0.5, variance=0.25, invert=True),
        L.Flatten(),
        L.Dense(2)])


def in_doubles(model):
    """The same model, which computes in float64."""
    text = model.to_json().replace('"float32"', '"float64"')
    keras.config.set_floatx("float64")
    return keras.models.model_from_json(text)


def save(model, name):
    folder = os.path.join(DATA, "models")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    model.save_weights(path + ".weights.h5", overwrite=True)
    if name == "functional":
        with h5py.File(path + ".h5", "w") as file:
            legacy_h5_format.save_weights_to_hdf5_group(file, model)
    else:
        legacy_h5_format.save_model_to_hdf5(model, path + ".h5", include_optimizer=False)


def entry_of(make, random, rows=5):
    keras.config.set_floatx("float32")
    keras.utils.clear_session()
    model = make()
    double = in_doubles(model)
    inputs = [f32(random.integers(0, 7, (rows, *i.shape[1:])) if "int" in i.dtype
                  else random.standard_normal((rows, *i.shape[1:]))) for i in model.inputs]
    weights = {}
    for layer, single in zip(double.layers, model.layers, strict=True):
        for w, w32 in zip(layer.weights, single.weights, strict=True):
            value = f32(0 if w.name == "count"
                        else random.uniform(-0.3, 0.5, w.shape) if "variance" not in w.name
                        else random.uniform(0.5, 1.5, w.shape))
            w.assign(value)
            w32.assign(value)
            weights[f"{layer.name}_{w.name}"] = value
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()  # of Normalization, which keeps what it made of them
    save(model, make.__name__)
    outputs = double(inputs if len(inputs) > 1 else inputs[0], training=False)
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return {"spec": make.__name__, "name": make.__name__, "options": {}, "rows": rows,
            "json": model.to_json(), "inputs": inputs, "weights": weights,
            "outputs": [np.asarray(y, np.float64) for y in outputs]}


def main():
    random = np.random.default_rng(11)
    write("models", entries=[entry_of(make, random)
                             for make in (sequential, shapes, functional, embedding,
                                          sequences, normalized)])
    keras.config.set_floatx("float64")

