#!/usr/bin/env python3
"""Computes baselines, scores and statistics of price forecasts without Lathe: data/reference.json.

    python tests/forecast/make_reference.py

Needs numpy, scikit-learn and statsmodels; takes some seconds. forecast_test compares Lathe with the
file. The prices are drawn here; nobody traded at them.

Whose each figure is: errors and linear regression scikit-learn's, the Diebold-Mariano test
statsmodels' OLS with HAC covariance, quantiles and deviations numpy's. The bootstrap's random
numbers are those that lathe/forecast_chance.h describes, written down here once more.
"""

import datetime
import functools
import json
import math
import os

import numpy as np
import sklearn
import sklearn.linear_model
import sklearn.metrics
import statsmodels
import statsmodels.api as sm

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "reference.json")
STREAM = 0xFFFFFFFE
WINDOW = 7
TRAIN = list(range(10, 90))
TEST = list(range(90, 134))
INPUTS = 8
# (name, the price it is made of)
TARGETS = {"open": "open", "close": "close", "adj_close": "adj_close", "rise": "open",
           "return": "close", "direction": "close"}


# Made prices -------------------------------------------------------------------------------------

def made_prices():
    """140 days in steps of 0.05, so that some closes stay as they were; a dividend on day 60."""
    rng = np.random.default_rng(20240229)
    close, opens = [60.0], [59.9]
    for _ in range(139):
        gap, day = rng.normal(0.0004, 0.004), rng.normal(0, 0.006)
        opens.append(round(close[-1] * math.exp(gap) * 20) / 20)
        close.append(round(opens[-1] * math.exp(day) * 20) / 20)
    close = np.array(close)
    adjusted = np.where(np.arange(140) < 60, close * 0.9875, close)
    return {"open": np.array(opens), "close": close, "adj_close": np.round(adjusted, 6)}


def made_inputs(prices):
    """For each day 8 columns; the last is the sum of the first two, and one is always 1."""
    rows = []
    for t in range(140):
        past = [max(t - i, 0) for i in range(3)]
        row = [round(prices["open"][i] / prices["close"][t], 6) for i in past]
        row += [round(prices["close"][i] / prices["close"][t], 6) for i in past]
        row.append(round(math.log(prices["close"][t]), 6))
        rows.append([*row, row[0] + row[1]])
    return np.array(rows)


# Targets and baselines ---------------------------------------------------------------------------

def last_known(prices, target):
    return prices["adj_close" if target == "adj_close" else "close"]


def base(prices, target, over):
    return prices["open"] if target == "rise" and over == "open" else last_known(prices, target)


def value_at(target, price, last, base_price):
    """The target's value should its price become `price`, of arrays."""
    if target == "rise":
        return 100 * (price / base_price - 1)
    if target == "return":
        return np.log(price / last)
    if target == "direction":
        return np.where(price > last, 1.0, np.where(price < last, 0.0, 0.5))
    return price


def rise_of(target, value, last, base_price):
    if target == "rise":
        return 100 * (base_price * (1 + value / 100) / last - 1)
    if target == "return":
        return 100 * (np.exp(value) - 1)
    return 100 * (value / last - 1)


def fit(x, y):
    """tol is what lathe/forecast.h says: the rounding of x, of the longest column less its mean."""
    longest, spread = (np.linalg.norm(a, axis=0).max() for a in (x, x - x.mean(axis=0)))
    tol = max(x.shape) * np.finfo(float).eps * longest / spread if spread > 0 else 1
    return sklearn.linear_model.LinearRegression(tol=tol).fit(x, y)


def baselines(prices, inputs, target, horizon, over):
    train, test = np.array(TRAIN), np.array(TEST)
    last, from_price = last_known(prices, target), base(prices, target, over)
    future = prices[TARGETS[target]]

    def actual(days):
        value = value_at(target, future[days + horizon], last[days], from_price[days])
        return np.where(value == 0.5, 0.0, value) if target == "direction" else value

    def at(price):
        return value_at(target, price, last[test], from_price[test])

    mean_rise = np.mean(100 * (future[train + horizon] / last[train] - 1))
    today = prices["open"][test]
    if target == "adj_close":
        today = today * prices["adj_close"][test] / prices["close"][test]
    windows = np.stack([future[t - WINDOW + 1:t + 1] for t in test])
    forecasts = {
        "today_open": at(today),
        "drift": at(last[test] * (1 + mean_rise / 100)),
        "window_mean": at(np.mean(windows, axis=1)),
        "linear": fit(inputs[train], actual(train)).predict(inputs[test]),
    }
    if target == "direction":
        forecasts["always_up"] = np.ones(len(TEST))
    else:
        forecasts["naive"] = at(last[test])
    return actual(test), 100 * (future[test + horizon] / last[test] - 1), forecasts


# Chance ------------------------------------------------------------------------------------------

def philox4x32(counter, key):
    """Philox4x32-10 (Salmon and others, SC 2011)."""
    c, k = list(counter), list(key)
    for r in range(10):
        if r > 0:
            k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b % 2**32, (a >> 32) ^ c[3] ^ k[1], a % 2**32]
    return c


# Random123's known answers.
assert philox4x32([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox4x32([2**32 - 1] * 4, [2**32 - 1] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6,
                                                        0x6D5451FD]


@functools.lru_cache(maxsize=None)
def four_draws(seed, resample, block):
    return philox4x32([block % 2**32, block >> 32, STREAM, resample], [seed % 2**32, seed >> 32])


def block_rule(rows, horizon):
    return min(rows, max(horizon, next(b for b in range(1, rows + 1) if b**3 >= rows)))


def interval(numerator, denominator, horizon, resamples=2000, block=0, level=0.95, seed=0):
    n = len(numerator)
    if n < 10:
        return None
    block = block or block_rule(n, horizon)
    ratios = []
    for r in range(resamples):
        starts = [(four_draws(seed, r, k // 4)[k % 4] * n) >> 32 for k in range(-(-n // block))]
        rows = [(s + i) % n for s in starts for i in range(block)][:n]
        ratios.append(np.sum(numerator[rows]) / np.sum(denominator[rows]))
    return list(np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2]))


def diebold_mariano(difference, horizon):
    model = sm.OLS(difference, np.ones(len(difference)))
    result = model.fit(cov_type="HAC", cov_kwds={"maxlags": horizon - 1, "use_correction": False})
    return {"mean_difference": result.params[0], "statistic": result.tvalues[0],
            "p_value": result.pvalues[0]}


# Scores ------------------------------------------------------------------------------------------

def mape(actual, forecast):
    kept = actual != 0
    return 100 * sklearn.metrics.mean_absolute_percentage_error(actual[kept], forecast[kept])


def hits(rise, lean, horizon):
    decided = (rise != 0) & (lean != 0)
    hit = (np.sign(rise) == np.sign(lean))[decided].astype(float)
    return {"decided": int(decided.sum()), "hits": int(hit.sum()),
            "undecided": int(((rise != 0) & (lean == 0)).sum()),
            "unchanged": int((rise == 0).sum()), "rate": np.mean(hit),
            "up_share": np.mean(rise[decided] > 0),
            "interval": interval(hit, np.ones(len(hit)), horizon)}


def scores(actual, rise, forecast, naive, lean, horizon):
    metrics = sklearn.metrics
    ours, naives = np.abs(forecast - actual), np.abs(naive - actual)
    mae, mae_naive = (metrics.mean_absolute_error(actual, f) for f in (forecast, naive))
    rmse, rmse_naive = (metrics.root_mean_squared_error(actual, f) for f in (forecast, naive))
    return {
        "mae": mae, "rmse": rmse, "mape": mape(actual, forecast),
        "mape_left_out": int((actual == 0).sum()), "mae_naive": mae_naive,
        "mae_ratio": mae / mae_naive, "rmse_ratio": rmse / rmse_naive,
        "mape_ratio": mape(actual, forecast) / mape(actual, naive),
        "mae_ratio_interval": interval(ours, naives, horizon),
        "absolute": diebold_mariano(ours - naives, horizon),
        "squared": diebold_mariano(ours**2 - naives**2, horizon),
        "rise_r2": 1 - np.sum((rise - lean)**2) / np.sum(rise**2),
    }


def target_entry(prices, inputs, target, horizon, over):
    actual, rise, forecasts = baselines(prices, inputs, target, horizon, over)
    entry = {"target": target, "horizon": horizon, "rise_over": over, "actual": actual,
             "rise": rise, "baselines": forecasts}
    linear, test = forecasts["linear"], np.array(TEST)
    if target == "direction":
        return {**entry, "hits": hits(rise, linear - 0.5, horizon)}
    lean = rise_of(target, linear, last_known(prices, target)[test],
                   base(prices, target, over)[test])
    return {**entry, "lean": lean, "hits": hits(rise, lean, horizon),
            "scores": scores(actual, rise, linear, forecasts["naive"], lean, horizon)}


# The rest ----------------------------------------------------------------------------------------

def linear_entry(name, rank, x, y, units=1):
    """units: of the columns, where they do not depend on each other: then least squares does not
    depend on them, but the digits that are left in LAPACK's do."""
    model = fit(x / units, y)
    assert model.rank_ == rank, name
    return {"name": name, "columns": x.shape[1], "outputs": y.shape[1], "x": x, "y": y,
            "rank": rank, "coefficients": model.coef_.T / np.reshape(units, (-1, 1)),
            "intercepts": model.intercept_, "predicted": model.predict(x / units)}


def linear_entries():
    rng = np.random.default_rng(7)
    x = np.round(rng.normal(size=(20, 4)), 3)
    y = np.round(x @ rng.normal(size=(4, 3)) + rng.normal(size=(20, 3)), 3)
    volume = np.round(rng.lognormal(18, 0.5, size=(20, 1)))
    prices = np.round(100 + x[:, :2] / 10, 3)
    constant = np.full((20, 1), 5.1)
    return [
        linear_entry("three outputs", 4, x, y),
        linear_entry("a column twice", 4, np.hstack([x, x[:, :1]]), y),
        linear_entry("a sum, and a constant", 4,
                     np.hstack([x, x[:, :1] + x[:, 1:2], constant]), y[:, :1]),
        linear_entry("far from 0, and their sum", 2,
                     np.hstack([prices, prices.sum(axis=1, keepdims=True)]), y[:, :1]),
        linear_entry("more columns than rows", 2, x[:3], y[:3, :2]),
        linear_entry("beside volumes", 3, np.hstack([x[:, :2], volume]), y[:, :1],
                     units=np.array([1, 1, 1e8])),
        linear_entry("one row", 0, x[:1], y[:1]),
    ]


def interval_entries():
    rng = np.random.default_rng(11)
    above, below = np.round(rng.exponential(size=(2, 57)), 4)
    below[5:9] = 0
    options = [{}, {"seed": 1}, {"seed": 2**40 + 3}, {"level": 0.8}, {"resamples": 101},
               {"block": 1}, {"block": 57}, {"block": 10, "level": 0.5, "resamples": 16}]
    return {"numerator": above, "denominator": below, "entries": [
        {"horizon": h, "options": o, "interval": interval(above, below, h, **o)}
        for o in options for h in (1, 5)]}


def tbrain_entry(prices):
    """Drift's closes of five days, rounded as competitors' were."""
    close, test = prices["close"], np.array(TEST)
    actual = np.stack([close[test + h] for h in range(1, 6)], axis=1)
    trend = close[test] - close[test - 3]
    forecast = np.round(close[test][:, None] + np.outer(trend, np.arange(1, 6)) / 6, 1)
    weights = np.array([0.1, 0.15, 0.2, 0.25, 0.3])

    def directions(prices_ahead):
        return np.sign(np.diff(np.hstack([close[test][:, None], prices_ahead]), axis=1))

    right = directions(actual) == directions(forecast)
    near = (actual - np.abs(forecast - actual)) / actual
    return {"forecast": forecast, "direction": np.mean(right @ weights) / 2,
            "closeness": np.mean(near @ weights) / 2,
            "total": np.mean((right + near) @ weights) / 2}


def plain(x):
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, np.ndarray):
        return [plain(v) for v in x.ravel()]
    if isinstance(x, (list, tuple)):
        return [plain(v) for v in x]
    return x.item() if isinstance(x, np.generic) else x


def lines(key, value):
    """`"key": value`; a list of objects gets a line for each."""
    value = plain(value)
    if isinstance(value, list) and isinstance(value[0], dict):
        return f'"{key}": [\n' + ",\n".join(json.dumps(v) for v in value) + "\n]"
    return f'"{key}": {json.dumps(value)}'


def main():
    prices = made_prices()
    inputs = made_inputs(prices)
    specs = [(t, h, "close") for t in TARGETS for h in (1, 5)] + [("rise", 1, "open"),
                                                                  ("rise", 3, "open")]
    seeds = np.array([1.25, 0.5, 1.75, 0.9, 1.1])
    parts = {
        "made_with": {"numpy": np.__version__, "scikit-learn": sklearn.__version__,
                      "statsmodels": statsmodels.__version__,
                      "made": datetime.date.today().isoformat()},
        "prices": prices, "window": WINDOW, "train": TRAIN, "test": TEST,
        "columns": INPUTS, "inputs": inputs,
        "targets": [target_entry(prices, inputs, *spec) for spec in specs],
        "linear": linear_entries(),
        "intervals": interval_entries(),
        "tbrain": tbrain_entry(prices),
        "seeds": {"values": seeds, "mean": np.mean(seeds), "deviation": np.std(seeds, ddof=1)},
    }
    with open(DATA, "w", encoding="ascii") as out:
        out.write("{\n" + ",\n".join(lines(k, v) for k, v in parts.items()) + "\n}\n")
    with open(DATA, encoding="ascii") as written:
        json.load(written)
    print(f"{DATA}: {os.path.getsize(DATA)} bytes")


if __name__ == "__main__":
    main()
