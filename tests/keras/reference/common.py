"""What all kinds of reference files share: Keras in double precision, text form, versions.

Importing this sets Keras up, so it must be imported before keras is.
"""

import datetime
import json
import math
import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

import jax
import keras
import numpy as np

keras.config.set_floatx("float64")
# With the JAX backend Keras rounds doubles to f32 where it promotes types (tanh, mean, square of
# mixed operands): its table, made for TensorFlow alone to keep them, is told to keep them here too.
# No formula changes.
keras.src.backend.common.dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "data")


def versions():
    return {"keras": keras.__version__, "backend": "jax", "jax": jax.__version__,
            "numpy": np.__version__, "floatx": keras.config.floatx(),
            "made": datetime.date.today().isoformat()}


def f32(x):
    """Inputs are f32 numbers, so that both precisions see the same ones."""
    return np.asarray(x, np.float32).astype(np.float64)


def number(x):
    """The shortest text that reads back as the same double; no JSON number for inf and NaN."""
    x = float(x)
    if math.isnan(x):
        return '"nan"'
    if math.isinf(x):
        return '"inf"' if x > 0 else '"-inf"'
    if x == int(x) and abs(x) < 1e6 and not (x == 0 and math.copysign(1, x) < 0):
        return str(int(x))
    return repr(x)


def text(x):
    if isinstance(x, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))}: {text(v)}" for k, v in x.items()) + "}"
    if isinstance(x, (list, tuple)):
        return "[" + ", ".join(text(v) for v in x) + "]"
    if isinstance(x, (str, bool)) or x is None:
        return json.dumps(x)
    if hasattr(x, "__array__"):
        a = np.asarray(x)
        if a.dtype == np.float32:
            raise TypeError("Keras lost digits on the way: an array is float32")
        a = a.astype(np.float64)
        return number(a) if a.ndim == 0 else "[" + ", ".join(map(number, a.ravel())) + "]"
    return number(x)


def write(name, **parts):
    """`data/NAME.json`; lists of entries get a line an entry. Arrays are row-major and flat."""
    lines = [f'"made_with": {text(versions())}']
    for key, value in parts.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            body = ",\n".join(text(v) for v in value)
            lines.append(f'"{key}": [\n{body}\n]')
        else:
            lines.append(f'"{key}": {text(value)}')
    path = os.path.join(DATA, name + ".json")
    with open(path, "w", encoding="ascii") as out:
        out.write("{\n" + ",\n".join(lines) + "\n}\n")
    with open(path, encoding="ascii") as written:
        json.load(written)
    print(f"{name}.json: {os.path.getsize(path)} bytes")


def spec(name, options):
    """`name(key=value, key=value)`: how an entry is called in messages and in text."""
    if not options:
        return name
    words = {True: "true", False: "false"}
    values = (words[v] if isinstance(v, bool) else str(v) for v in options.values())
    return name + "(" + ", ".join(f"{k}={v}" for k, v in zip(options, values)) + ")"
