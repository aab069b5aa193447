#!/usr/bin/env python3
"""Trains `lathe train etf` on real ETFs and on prices made by rule, and prints tables in Markdown.

Exit code 0: every bar held. 1: one was missed, or a run failed. 2: bad usage.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ETFS = ("SPY", "QQQ", "GLD", "AGG", "XLE", "0050.TW")
PRESETS = ("all-open", "lecture-open", "lecture-rise")
FROM = ["--from", "2009-03-10"]  # 0050.TW's dates before that are doubtful
AT_MOST = 1.01  # MAE beside naive's, of models that are relative to the last price
WALKS = 20      # random walks, and markets with a signal
SIGNAL = 0.5    # of the last rise in the next one: R^2 is its square
# What a model needs to find that in 1,750 days: few days, and an error that counts squares.
FINDS = "--window 5 --features open,close --loss mse --epochs 200 --patience 20".split()


def train(program, folder, *options):
    command = [program, "train", "etf", "--json", "--out", os.path.join(folder, "run"), *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"etf: {' '.join(command)}: {done.stderr.strip() or 'no message'}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def shown(value, digits=3):
    return "–" if value is None else f"{value:.{digits}f}"


def spread(result):
    deviation = result["mae_ratio_deviation"]
    return shown(result["mae_ratio"]) + ("" if deviation is None else f" ± {deviation:.3f}")


class Bars:
    def __init__(self):
        self.missed = []

    def check(self, held, text):
        print(f"{text}: {'held' if held else 'MISSED'}", flush=True)
        if not held:
            self.missed.append(text)


def row(name, preset, result):
    print(f"| {name} | {preset} | {result['rows']} | {shown(result['mae'], 4)} | "
          f"{shown(result['mae_naive'], 4)} | {spread(result)} | {shown(result['rise_r2'], 4)} | "
          f"{shown(result['direction'])} | {shown(result['up_share'])} | {result['finding']} |",
          flush=True)


HEAD = ("| ETF | preset | test days | MAE | naive's | MAE / naive | R² of the rise | direction | up days | finding |\n"
        "|---|---|---|---|---|---|---|---|---|---|")


def real(program, folder, seeds, bars):
    print(HEAD)
    relative = []
    for preset in PRESETS:
        for etf in ETFS:
            options = ["--csv", etf, "--preset", preset, "--seeds", str(seeds)]
            if etf == "0050.TW":
                options += FROM
            result = train(program, folder, *options)["results"][0]
            row(etf, preset, result)
            if preset != "lecture-open":
                relative.append((result["mae_ratio"], f"{etf} {preset}"))
    csv = [word for etf in ETFS for word in ("--csv", etf)]
    for result in train(program, folder, *csv, *FROM, "--preset", "lecture-many", "--seeds",
                        str(seeds))["results"]:
        row(result["series"], "lecture-many", result)
        relative.append((result["mae_ratio"], f"{result['series']} lecture-many"))
    print()
    worst, name = max(relative)
    bars.check(worst <= AT_MOST,
               f"MAE / naive at most {AT_MOST} of each relative model; worst {worst:.4f}, {name}")


def walks(program, folder, bars):
    ratios, holds = [], 0
    for seed in range(WALKS):
        result = train(program, folder, "--synthetic", "--seed", str(seed))["results"][0]
        ratios.append(result["mae_ratio"])
        interval = result["direction_interval"]
        # A model that never decides has no rate, and claims nothing.
        holds += interval is None or interval[0] <= 0.5 <= interval[1]
    bars.check(holds >= 17, f"random walks: the hit rate's interval holds .5 in {holds} of {WALKS}, at least 17")
    bars.check(min(ratios) >= 0.99, f"random walks: least MAE / naive {min(ratios):.4f}, at least .99")


def found_of_signal(program, folder, *options):
    found = [train(program, folder, "--synthetic", "--seed", str(seed), "--signal", str(SIGNAL), *options)
             ["results"][0]["rise_r2"] for seed in range(WALKS)]
    return sum(found) / len(found)


def signals(program, folder, bars):
    mean, true = found_of_signal(program, folder, *FINDS), SIGNAL ** 2
    bars.check(abs(mean - true) <= 0.2 * true,
               f"planted signal: R² {mean:.4f}, mean of {WALKS}, within 20 % of {true}")
    print(f"planted signal, the default model: R² {found_of_signal(program, folder):.4f}", flush=True)


def timed(program, folder, name, *options):
    begin = time.monotonic()
    out = train(program, folder, *options)
    seconds = time.monotonic() - begin
    ratios = [r["mae_ratio"] for r in out["results"] if r["mae_ratio"] is not None]
    print(f"{name}: {seconds:.1f} s, {out['trainings']} trainings in {out['seconds']:.1f} s, "
          f"{out['examples_per_second']:.0f} rows a second, {len(out['results'])} series tested, "
          f"MAE / naive {min(ratios):.3f} to {max(ratios):.3f}", flush=True)
    for note in out.get("left_out", []):
        print(f"  {note}")
    return seconds


def many(program, folder, bars):
    """All files of the data folder, pooled and apart, and a long walk."""
    root = os.environ.get("LATHE_DATA") or os.path.join(ROOT, "..", "shared", "data")
    files = ["--csv", os.path.join(root, "etf"), "--csv", os.path.join(root, "etf-tw", "tbrain")]
    timed(program, folder, "49 ETFs pooled", *files)
    timed(program, folder, "49 ETFs apart", *files, "--apart")
    walk = timed(program, folder, "walk of SPY", "--csv", "SPY", "--split", "50/16.5/33.5",
                 "--walk-forward", "20", "--epochs", "20", "--threads", "2")
    bars.check(walk < 120, f"ten years of SPY, trained anew every 20 days: {walk:.1f} s, under 120")


PARTS = {"real": lambda a, f, b: real(a.program, f, a.seeds, b),
         "walks": lambda a, f, b: walks(a.program, f, b),
         "signals": lambda a, f, b: signals(a.program, f, b),
         "many": lambda a, f, b: many(a.program, f, b)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "lathe"))
    parser.add_argument("--seeds", type=int, default=5, help="of real ETFs (default: 5)")
    parser.add_argument("--only", choices=list(PARTS), help="one part (default: all)")
    args = parser.parse_args()
    bars = Bars()
    with tempfile.TemporaryDirectory() as folder:
        for name, part in PARTS.items():
            if args.only in (None, name):
                part(args, folder, bars)
    sys.exit(1 if bars.missed else 0)


if __name__ == "__main__":
    main()
