"""The task etf: train, predict, and what they say of bad prices."""

import csv
import datetime
import io
import json
import os
import random
import re
import time

import cli_test
from cli_test import CliTest, read, write

QUICK = ("--epochs", "3", "--hidden", "8", "--window", "5")
KEYS = ("task", "epochs", "seed", "threads", "device", "mae", "mae_naive", "direction", "up_share",
        "rise_r2", "seconds", "examples_per_second", "weights_sha256", "model", "data")


def prices(days=160, seed=1, start="2020-01-01", header="Date,Open,High,Low,Close,Adj Close,Volume"):
    rng = random.Random(seed)
    day, close, lines = datetime.date.fromisoformat(start), 50.0, [header]
    while len(lines) <= days:
        if day.weekday() < 5:
            first = close * (1 + rng.gauss(0, 0.005))
            close = first * (1 + rng.gauss(0, 0.01))
            high, low = max(first, close) * 1.002, min(first, close) * 0.998
            cells = {"Date": day.isoformat(), "Open": f"{first:.4f}", "High": f"{high:.4f}",
                     "Low": f"{low:.4f}", "Close": f"{close:.4f}", "Adj Close": f"{close * .9:.4f}",
                     "Volume": str(rng.randrange(10**5, 10**6))}
            lines.append(",".join(cells[name] for name in header.split(",")))
        day += datetime.timedelta(1)
    return "\n".join(lines) + "\n"


class Etf(CliTest):
    def setUp(self):
        super().setUp()
        for seed, name in enumerate(("AAA", "BBB")):
            write(self.folder, f"{name}.csv", prices(seed=seed))

    def test_one_series(self):
        out = self.json("train", "etf", "--csv", "AAA.csv", *QUICK, "--report", "--plot", "--loss",
                        "huber(delta=2)", "--optimizer", "sgd(momentum=0.5)", "--lr", "0.01")
        for key in KEYS:
            self.assertIn(key, out)
        self.assertEqual((out["task"], out["data"], out["model"]),
                         ("etf", "AAA", "run/etf/model.lathe"))
        self.assertEqual(sorted(os.listdir(self.path("run/etf"))),
                         ["curves.png", "curves.svg", "history.csv", "model.lathe", "report.html"])
        self.assertAlmostEqual(out["mae"] / out["mae_naive"], out["results"][0]["mae_ratio"])
        summary = self.json("summary", out["model"])
        self.assertEqual(summary["weights_sha256"], out["weights_sha256"])
        again = self.json("train", "etf", "--csv", "AAA.csv", *QUICK, "--threads", "2", "--out", "b",
                          "--loss", "huber(delta=2)", "--optimizer", "sgd(momentum=0.5)", "--lr",
                          "0.01")
        self.assertEqual(again["weights_sha256"], out["weights_sha256"])
        page = read(self.path("run/etf/report.html")).decode()
        self.assertNotIn("SYNTHETIC", page)
        self.assertIn("train etf --csv AAA.csv --epochs 3", page)
        self.assertIn("<dd>huber(delta=2", page)
        self.assertIn("<dd>sgd(momentum=0.5), learning rate 0.01</dd>", page)

    def test_predict(self):
        self.ok("train", "etf", "--csv", "AAA.csv", *QUICK, "--target", "open,rise,direction",
                "--horizon", "2")
        lines = prices(seed=0).splitlines()
        told = self.json("predict", "run/etf/model.lathe", "--csv", "AAA.csv")["predictions"]
        last = datetime.date.fromisoformat(lines[-1].split(",")[0])
        following = last + datetime.timedelta(3 if last.weekday() == 4 else 1)
        self.assertEqual([(p["target"], p["ahead"]) for p in told],
                         [(t, h) for t in ("open", "rise", "direction") for h in (1, 2)])
        self.assertEqual((told[0]["made"], told[0]["date"], told[0]["actual"]),
                         (last.isoformat(), following.isoformat(), None))
        self.assertEqual(told[0]["naive"], float(lines[-1].split(",")[4]))
        said = self.ok("predict", "run/etf/model.lathe", "AAA.csv").splitlines()
        self.assertRegex(said[0], f"^AAA  open of {following.isoformat()}: [0-9.]+  "
                                  f"\\(if the price stays as on {last.isoformat()}: [0-9.]+\\)$")
        self.assertRegex(said[2], ": [+-][0-9.]+ %  .*: [+]0[.]000 %")
        self.assertRegex(said[4], ": up [0-9.]+ %, down [0-9.]+ %$")
        other = self.json("predict", "run/etf/model.lathe", "--csv", "BBB.csv")["predictions"]
        self.assertEqual({p["series"] for p in other}, {"BBB"})  # trained on AAA, a note says
        self.fails(1, "eval", "run/etf/model.lathe", "--data", "AAA.csv",
                   says="run/etf/model.lathe: is a model of prices")
        table = list(csv.DictReader(io.StringIO(
            self.ok("predict", "run/etf/model.lathe", "--csv", "AAA.csv", "--all"))))
        days = len(lines) - 1 - 5
        self.assertEqual(len(table), days * 6)
        opens = {line.split(",")[0]: float(line.split(",")[1]) for line in lines[1:]}
        # The first of five ratios of the adjusted close takes a day before.
        self.assertEqual(table[0]["made"], lines[6].split(",")[0])
        self.assertEqual(table[0]["date"], lines[7].split(",")[0])
        known = [row for row in table if row["target"] == "open" and row["actual"]]
        self.assertEqual(len(known), 2 * days - 3)
        for row in known:
            self.assertAlmostEqual(float(row["actual"]), opens[row["date"]], places=3)
        # A day that is not there yet changes no forecast made before it.
        write(self.folder, "AAA.csv", "\n".join(lines[:-1]) + "\n")
        shorter = list(csv.DictReader(io.StringIO(
            self.ok("predict", "run/etf/model.lathe", "--csv", "AAA.csv", "--all"))))
        self.assertEqual([row["forecast"] for row in shorter],
                         [row["forecast"] for row in table[:len(shorter)]])

    def test_a_name_with_a_comma(self):
        write(self.folder, "A,B.csv", prices())
        self.ok("train", "etf", "--csv", "A,B.csv", *QUICK)
        table = list(csv.DictReader(io.StringIO(
            self.ok("predict", "run/etf/model.lathe", "A,B.csv", "--all"))))
        self.assertEqual({row["series"] for row in table}, {"A,B"})
        self.assertEqual({row["target"] for row in table}, {"open"})

    def test_several_series(self):
        os.makedirs(self.path("all"))
        for seed, name in enumerate(("AAA", "BBB")):
            write(self.folder, f"all/{name}.csv", prices(seed=seed))
        write(self.folder, "all/SHORT.csv", prices(days=8, seed=3))
        pooled = self.json("train", "etf", "--csv", "all", *QUICK, "--out", "pooled")
        self.assertEqual([r["series"] for r in pooled["results"]], ["AAA", "BBB"])
        told = self.ok("train", "etf", "--csv", "all", *QUICK, "--out", "pooled")
        self.assertIn("SHORT has no test day", told)
        self.ok("predict", "pooled/model.lathe", "--csv", "all/BBB.csv")
        write(self.folder, "CCC.csv", prices(seed=9))
        self.fails(1, "predict", "pooled/model.lathe", "--csv", "CCC.csv",
                   says="the model knows no series CCC: it takes AAA, BBB, SHORT")
        self.fails(1, "predict", "pooled/model.lathe", "AAA.csv", "all/AAA.csv",
                   says="there are two files of AAA")
        os.makedirs(self.path("few"))
        write(self.folder, "few/BBB.csv", prices(days=5))
        self.fails(1, "predict", "pooled/model.lathe", "few", says="BBB has 5 days, too few")
        self.fails(1, "train", "etf", "--csv", "AAA.csv", "--csv", "all", *QUICK,
                   says="there are two files of AAA: AAA.csv and all/AAA.csv")
        apart = self.json("train", "etf", "--csv", "all", *QUICK, "--apart", "--out", "apart")
        self.assertEqual(apart["models"], ["apart/AAA/model.lathe", "apart/BBB/model.lathe"])
        self.assertIn("SHORT is left out", apart["left_out"][0])
        summary = self.json("summary", apart["model"])
        self.assertEqual((summary["weights_sha256"], apart["history"]),
                         (apart["weights_sha256"], "apart/AAA/history.csv"))
        write(self.folder, "BBB.csv", prices(days=150, seed=1))
        joined = self.json("train", "etf", "--inputs", "AAA.csv,BBB.csv", *QUICK, "--out", "joined",
                           "--report")
        self.assertEqual([r["series"] for r in joined["results"]], ["AAA"])
        page = read(self.path("joined/report.html")).decode()
        self.assertIn("<title>open of AAA</title>", page)
        self.assertIn("BBB.csv</td>", page.replace("\n", ""))
        self.assertIn("an input, not forecast", page)
        self.assertIn("10 days that other inputs lack are left out", page)
        self.ok("predict", "joined/model.lathe", "AAA.csv", "BBB.csv")
        self.fails(1, "predict", "joined/model.lathe", "AAA.csv", "CCC.csv",
                   says="the model knows no series CCC: it takes AAA, BBB")
        self.fails(2, "predict", "joined/model.lathe", "AAA", "--data", "", says="--data is empty")
        self.fails(1, "predict", "joined/model.lathe", "AAA.csv",
                   says="the model needs the prices of BBB too")

    def test_seeds_and_walks(self):
        out = self.json("train", "etf", "--csv", "AAA.csv", *QUICK, "--seeds", "3")
        self.assertEqual(out["trainings"], 3)
        self.assertGreater(out["results"][0]["mae_ratio_deviation"], 0)
        one = self.json("train", "etf", "--csv", "AAA.csv", *QUICK)
        self.assertEqual(one["weights_sha256"], out["weights_sha256"])  # the first seed's is saved
        walk = self.json("train", "etf", "--csv", "AAA.csv", *QUICK, "--walk-forward", "10")
        self.assertEqual(walk["results"][0]["rows"], one["results"][0]["rows"])
        self.assertEqual(walk["trainings"], -(-one["results"][0]["rows"] // 10))
        told = self.ok("train", "etf", "--csv", "AAA.csv", *QUICK, "--walk-forward", "10",
                       "--train-days", "50")
        self.assertIn("trained anew every 10 days of the test part, on the 50 days before", told)

    def test_the_score_of_five_closes(self):
        out = self.json("train", "etf", "--csv", "AAA.csv", *QUICK, "--target", "rise,close",
                        "--horizon", "5", "--seeds", "2")
        model, naive = out["tbrain"]
        self.assertEqual([(row["series"], row["forecast"]) for row in out["tbrain"]],
                         [("AAA", "model"), ("AAA", "naive")])
        self.assertAlmostEqual(model["score"], model["direction"] + model["closeness"])
        self.assertGreater(model["score_deviation"], 0)
        self.assertIsNone(naive["score_deviation"])
        # Of naive from the prices themselves: it says unchanged, which no close is.
        closes = [float(line.split(",")[4]) for line in prices(seed=0).splitlines()[1:]]
        rows, near = out["results"][0]["rows"], []
        for day in range(len(closes) - 5 - rows, len(closes) - 5):
            near += [weight * (1 - abs(closes[day] / closes[day + h] - 1)) / 2
                     for h, weight in enumerate((0.1, 0.15, 0.2, 0.25, 0.3), 1)]
        self.assertAlmostEqual(naive["closeness"], sum(near) / rows)
        self.assertEqual(naive["direction"], 0)
        self.assertNotIn("tbrain", self.json("train", "etf", "--csv", "AAA.csv", *QUICK))

    def test_an_interrupted_run_keeps_what_is_done(self):
        running = self.start("train", "etf", "--csv", "AAA.csv", "--window", "5", "--epochs", "400",
                             "--patience", "0", "--seeds", "1000", "--report", "--json")
        self.wait_for_file(running, self.path("run/etf/model.lathe"))
        out = json.loads(self.interrupt(running))
        self.assertTrue(out["interrupted"])
        self.assertEqual(self.json("summary", "run/etf/model.lathe")["weights_sha256"],
                         out["weights_sha256"])
        self.assertLess(out["trainings"], 1000)
        self.assertIn("trained    seed 999: 400 epochs", running.told)
        # The last seed is trained first.
        self.assertEqual(out["seed"], 1000 - out["trainings"])
        judged = re.search("That is seed ([0-9]+),", read(self.path("run/etf/report.html")).decode())
        if out["trainings"] > 1:
            self.assertGreaterEqual(int(judged[1]), out["seed"])

    def test_a_training_that_is_interrupted_is_saved(self):
        for wait in (1, 2, 4, 8, 16, 32):  # until an epoch is done
            running = self.start("train", "etf", "--csv", "AAA.csv", "--epochs", "1000000",
                                 "--patience", "0", "--report", "--json")
            time.sleep(wait)
            out = json.loads(self.interrupt(running))
            if "model" in out:
                break
        self.assertEqual((out["interrupted"], out["results"], out["trainings"]), (True, [], 0))
        self.assertGreater(out["epochs"], 0)
        summary = self.json("summary", "run/etf/model.lathe")
        self.assertEqual((summary["weights_sha256"], summary["epochs"]),
                         (out["weights_sha256"], out["epochs"]))
        self.ok("predict", "run/etf/model.lathe", "AAA.csv")

    def test_a_training_that_diverges_leaves_nothing(self):
        self.fails(1, "train", "etf", "--csv", "AAA.csv", "--optimizer", "sgd", "--lr", "1000000",
                   "--preset", "lecture-open", "--loss", "mse", "--out", "bad",
                   says="loss became")
        self.assertFalse(os.path.exists(self.path("bad")))

    def test_what_shows_an_older_model_does_not_stay(self):
        shows = ["curves.png", "curves.svg", "report.html"]
        for options, older in (((), "run/etf/previous"), (("--out", "mine"), None)):
            self.json("train", "etf", "--csv", "AAA.csv", *QUICK, *options, "--report", "--plot")
            folder = os.path.dirname(
                self.json("train", "etf", "--csv", "BBB.csv", *QUICK, *options)["model"])
            for name in shows:
                self.assertFalse(os.path.exists(self.path(f"{folder}/{name}")), (folder, name))
                if older:
                    self.assertTrue(os.path.exists(self.path(f"{older}/{name}")))

    def test_what_is_trained_on(self):
        told = self.ok("train", "etf", "--csv", "AAA.csv", "--csv", "./AAA.csv", *QUICK,
                       "--features", "ohlc, volume")
        self.assertRegex(told, "trained    training: 3 epochs, the weights of epoch [123] "
                               "\\(validation loss [0-9.]+\\)")
        joined = self.json("train", "etf", "--inputs", "AAA.csv, BBB.csv", *QUICK)
        self.assertEqual(joined["data"], "AAA, BBB")
        self.fails(1, "train", "etf", "--csv", "AAA.csv", *QUICK, "--features", "ohlc,open",
                   says="feature open is named twice")
        # All but the last days, which nothing is told of, are learned from.
        told = self.ok("train", "etf", "--csv", "AAA.csv", *QUICK, "--split", "80/20/0", "--report",
                       "--plot")
        self.assertIn("There is no test part", told)
        self.assertIn("There is no test part", read(self.path("run/etf/report.html")).decode())
        out = self.json("train", "etf", "--csv", "AAA.csv", *QUICK, "--split", "80/20/0", "--plot")
        self.assertEqual((out["results"], out["mae"]), ([], None))
        self.assertEqual(out["plot"], ["run/etf/curves.svg", "run/etf/curves.png"])
        self.ok("predict", "run/etf/model.lathe", "AAA.csv")

    def test_a_split_that_is_not_adjusted_for(self):
        lines = prices(seed=0).splitlines()
        for i in range(80, len(lines)):
            cells = lines[i].split(",")
            lines[i] = ",".join([cells[0], *(str(float(c) / 4) for c in cells[1:6]), cells[6]])
        write(self.folder, "split.csv", "\n".join(lines))
        words = "split moves as at a split that its prices are not adjusted for (line 81)"
        self.assertIn("warning: " + words,
                      self.ok("train", "etf", "--csv", "split.csv", *QUICK))
        done = self.lathe("predict", "run/etf/model.lathe", "split.csv")
        self.assertIn("note: " + words, done.stderr.decode())

    def test_presets(self):
        for preset in ("all-open", "lecture-open", "lecture-rise", "lecture-many"):
            out = self.json("train", "etf", "--csv", "AAA.csv", "--epochs", "2", "--preset", preset)
            self.assertEqual(out["results"][0]["target"],
                             "rise" if preset == "lecture-rise" else "open")

    def test_synthetic(self):
        told = self.ok("train", "etf", "--synthetic", "--days", "200", *QUICK, "--report")
        self.assertIn("SYNTHETIC", told)
        self.assertIn("SYNTHETIC", read(self.path("run/etf/report.html")).decode())
        self.assertEqual(self.json("train", "etf", "--synthetic", "--days", "200", *QUICK)["data"],
                         "synthetic")

    def test_prices_that_are_not_whole(self):
        lines = prices(seed=0, header="Date,Open,High,Low,Close,Volume").splitlines()
        lines[5] = lines[5].split(",")[0] + ",null,null,null,null,null"
        write(self.folder, "gaps.csv", "\n".join(lines))
        told = self.ok("train", "etf", "--csv", "gaps.csv", *QUICK)
        self.assertIn("no adjusted close in gaps: all means", told)
        self.assertIn("1 row dropped", told.replace("rows", "row"))
        self.assertIn("line 6", self.ok("train", "etf", "--csv", "gaps.csv", *QUICK, "--problems"))
        self.fails(1, "train", "etf", "--csv", "gaps.csv", *QUICK, "--strict", says="gaps.csv: line 6")
        filled = self.json("train", "etf", "--csv", "gaps.csv", *QUICK, "--fill-adj", "close")
        self.ok("predict", "run/etf/model.lathe", "gaps.csv")  # reads as it was trained
        self.assertGreater(filled["parameters"],
                           self.json("train", "etf", "--csv", "gaps.csv", *QUICK)["parameters"])
        lines[9] = lines[9].replace(lines[9].split(",")[1], "12abc")
        write(self.folder, "bad.csv", "\n".join(lines))
        self.fails(1, "train", "etf", "--csv", "bad.csv", *QUICK, says="bad.csv: line 10")

    def test_bad_usage(self):
        for options, says in (
                (("--features", "opn"), "did you mean 'open'"),
                (("--target", "opn"), "did you mean 'open'"),
                (("--split", "70/20"), "70/15/15"),
                (("--split", "0/50/50"), "nothing to train on"),
                (("--split", "0.7/0.15/0.15"), "adds up to 1 percent, expected 100"),
                (("--split", "70/0/30", "--patience", "5"), "there is no validation part"),
                (("--split", "80/20/0", "--walk-forward", "5"), "there is no test part"),
                (("--rise-over", "open"), "--rise-over without the target rise"),
                (("--walk-forward", "5", "--patience", "3"), "--patience with --walk-forward"),
                (("--split", "70/20/20"), "adds up to 110 percent"),
                (("--preset", "lecture"), "lecture-open"),
                (("--days", "100"), "--days without --synthetic"),
                (("--walk-forward", "5", "--seeds", "2"), "--walk-forward with --seeds"),
                (("--train-days", "5"), "--train-days without --walk-forward"),
                (("--loss", "mea"), "did you mean"),
                (("--from", "2020"), "--from"),
                (("--inputs", "AAA.csv,BBB.csv"), "--inputs"),
                (("--horizon", "6"), "5")):
            self.fails(2, "train", "etf", "--csv", "AAA.csv", *options, says=says)
        self.fails(2, "train", "etf", "--synthetic", "--from", "2012-01-01", says="--from")
        self.fails(1, "train", "etf", "--csv", "-", says="not from standard input")
        self.fails(2, "train", "etf", "--inputs", "AAA.csv,BBB.csv", "--apart",
                   says=("--apart", "all of them are inputs of one model"))
        self.fails(1, "train", "etf", "--csv", "none.csv", says="none.csv: there is no such file")
        self.fails(1, "train", "etf", "--csv", "AAA.csv", "--window", "500",
                   says="no day is left for the training")
        self.fails(1, "train", "etf", "--csv", "AAA.csv", "--apart", "--window", "500",
                   says="no series has enough days: AAA is left out: no day is left")
        self.fails(1, "train", "etf", "--csv", "AAA.csv", "--prices", "raw", "--target", "adj_close",
                   says="the level of adj_close knows of later dividends")
        write(self.folder, "x.csv", "1,2\n")
        self.ok("train", "xor", "--epochs", "1")
        self.fails(2, "predict", "run/xor/model.lathe", "--csv", "x.csv",
                   says="--csv is for models of prices")


if __name__ == "__main__":
    cli_test.main()
