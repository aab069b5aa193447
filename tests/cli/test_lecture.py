"""The lecture's tasks: train function, xor, perceptron, descent."""

import json
import math
import os
import time

import cli_test
from cli_test import CliTest, read, write
from test_plot import png_size, svg_words

TASKS = ("function", "xor", "perceptron", "descent")
#: What makes each quick.
QUICK = {"function": ("--epochs", "20", "--points", "40", "--hidden", "4"),
         "xor": ("--epochs", "20"), "perceptron": ("--epochs", "5"), "descent": ("--steps", "5")}
#: What --json of all tasks has.
COMMON = ["task", "epochs", "seed", "threads", "device", "train_loss", "train_accuracy", "test_loss",
          "test_accuracy", "seconds", "examples_per_second", "weights_sha256", "model", "data",
          "parameters", "history"]


class Tasks(CliTest):
    """What they have in common."""

    def test_are_listed_and_have_help(self):
        entries = {e["name"]: e["text"] for e in self.json("list", "tasks")["entries"]}
        help_of_train = self.ok("train", "--help")
        for task in TASKS:
            self.assertTrue(entries[task])
            self.assertIn(entries[task], " ".join(help_of_train.split()))
            out = self.ok("train", task, "--help")
            self.assertIn(f"Usage: lathe train {task} [OPTIONS]", out)
            self.assertIn(f"Example: lathe train {task}", out)
            self.assertIn("not in this build: cuda", " ".join(out.split()))
            self.assertEqual(self.ok("help", "train", task), out)

    def test_say_the_same_each_time(self):
        def run(task, *more):
            out = self.json("train", task, *QUICK[task], *more)
            for timed in ("seconds", "examples_per_second"):
                out.pop(timed)
            return out
        for task in TASKS:
            self.assertEqual(run(task), run(task), task)
            self.assertEqual(run(task, "--threads", "2", "--backend", "llvm") | {"threads": 1},
                             run(task) | {"threads": 1}, task)
        for task in ("function", "xor", "perceptron"):
            self.assertNotEqual(run(task)["weights_sha256"],
                                run(task, "--seed", "1")["weights_sha256"], task)

    def test_json_of_a_training(self):
        for task in ("function", "xor", "perceptron"):
            out = self.json("train", task, *QUICK[task])
            self.assertEqual(list(out)[:len(COMMON)], COMMON, task)
            nulls = {"function": ["train_accuracy", "test_accuracy"]}.get(
                task, ["test_loss", "test_accuracy"])
            self.assertEqual([k for k in COMMON if out[k] is None], nulls, task)
            self.assertEqual(out["data"], {"function": "sine", "xor": "xor"}.get(task, "and"))
            self.assertEqual((out["task"], out["threads"], out["device"]), (task, 1, "cpu"))
            self.assertEqual((out["model"], out["history"]),
                             (f"run/{task}/model.lathe", f"run/{task}/history.csv"))
            summary = self.json("summary", out["model"])
            self.assertEqual((summary["weights_sha256"], summary["notes"]["task"]),
                             (out["weights_sha256"], task))
            self.assertEqual(sorted(os.listdir(self.path("run", task))),
                             ["history.csv", "model.lathe"])
            self.fails(1, "eval", out["model"], says=(task, "--data"))
        write(self.folder, "xor.csv", "a,b,label\n0,0,0\n1,0,1e300\n")
        self.fails(1, "eval", "run/xor/model.lathe", "--data", "xor.csv",
                   says="xor.csv: line 3: the label 1e+300 is out of an f32's range")

    def test_json_where_nothing_is_saved(self):
        for task, known in (("function", ["task", "epochs", "seed", "threads", "device", "seconds",
                                          "data"]),
                            ("descent", ["task", "threads", "device", "seconds", "data"])):
            compare = ("--compare", "depth") if task == "function" else ()
            out = self.json("train", task, *QUICK[task], *compare, "--threads", "2")
            self.assertEqual(list(out)[:len(COMMON)], COMMON, task)
            self.assertEqual([k for k in COMMON if out[k] is not None], known)
            self.assertEqual((out["task"], out["threads"]), (task, 2))

    def test_figures_are_those_of_the_saved_weights(self):
        out = self.json("train", "function", *QUICK["function"])
        self.assertAlmostEqual(out["train_loss"], out["train_mse"], places=6)
        self.assertEqual(out["test_loss"], out["test_mse"])
        gate = self.json("train", "perceptron", "--gate", "or")
        self.assertEqual((gate["train_loss"], gate["train_accuracy"]), (0, 1))
        wrong = self.json("train", "perceptron", "--gate", "xor")
        right = sum(row["guess"] == row["truth"] for row in wrong["table"])
        self.assertEqual((wrong["train_loss"], wrong["train_accuracy"]), (1 - right / 4, right / 4))

    def test_pictures(self):
        for task, names in (("function", ("curves", "function")), ("xor", ("curves",)),
                            ("perceptron", ("curves", "perceptron")), ("descent", ("descent",))):
            out = self.json("train", task, *QUICK[task], "--plot", "--out", "p")
            self.assertEqual(out["plot"], [f"p/{n}.{end}" for n in names for end in ("svg", "png")])
            for picture in out["plot"]:
                (svg_words if picture.endswith("svg") else png_size)(self.path(picture))
            if task == "function":  # which has no classes, and no validation
                words = svg_words(self.path("p", "curves.svg"))
                self.assertIn("loss", words)
                for absent in ("accuracy", "validation", "nothing to draw"):
                    self.assertNotIn(absent, words)

    def test_an_older_model_moves(self):
        for seed in ("1", "2"):
            self.json("train", "xor", *QUICK["xor"], "--seed", seed)
        self.assertEqual(self.json("summary", "run/xor/previous/model.lathe")["seed"], 1)

    def test_the_epochs_before_a_divergence_are_kept(self):
        late = ("train", "function", "--hidden", "4", "--points", "32", "--batch", "16", "--epochs",
                "9", "--optimizer", "sgd(learning_rate=piecewise_constant(boundaries=[9], "
                                    "values=[0.1, 1e30]))", "--out", "late")
        done = self.lathe(*late, "--plot")
        self.assertEqual(done.returncode, 1, done.stderr.decode())
        self.assertIn("saved in late/model.lathe", done.stdout.decode())
        self.assertEqual(len(read(self.path("late", "history.csv")).splitlines()), 1 + 5)
        self.assertEqual(self.json("summary", "late/model.lathe")["epochs"], 5)
        self.assertIn("loss", svg_words(self.path("late", "curves.svg")))
        self.assertEqual(sorted(os.listdir(self.path("late"))),
                         ["curves.png", "curves.svg", "history.csv", "model.lathe"])
        value = self.json("predict", "late/model.lathe", "-", stdin=b"1\n")["predictions"][0]["value"]
        self.assertLess(abs(value), 2, "the weights are those of the fifth epoch")
        # Of networks side by side, those before the one that failed.
        compared = self.lathe(*late[:-1], "compared", "--compare", "depth", "--plot")
        self.assertEqual(compared.returncode, 1, compared.stderr.decode())
        self.assertFalse(os.path.exists(self.path("compared")), "the first one failed already")

    def test_weights_that_can_not_learn(self):
        text = self.ok("train", "xor", "--activation", "step", "--epochs", "5")
        self.assertEqual(text.count("warning: "), 2, text)
        self.assertIn("weights without a gradient", text)
        self.assertNotIn("more epochs", text)
        self.assertIn("the learning rate is 0", self.ok("train", "xor", "--epochs", "1", "--lr", "0"))
        self.assertIn("more epochs", self.ok("train", "xor", "--epochs", "1"))
        compared = self.ok("train", "function", "--compare", "depth", "--hidden", "3", "--activation",
                           "step", "--epochs", "1")
        self.assertIn("warning: ", compared.splitlines()[0])

    def test_bad_usage(self):
        for task in TASKS:
            for arguments, says in (((task, "--optimizer", "sgdd"), "did you mean 'sgd'"),
                                    ((task, "--lr", "fast"), "--lr"),
                                    ((task, "--out", ""), "--out is empty"),
                                    ((task, "--device", "cuda"), "not in this build"),
                                    ((task, "mnist"), "one argument too many"),
                                    ((task, "--plott"), "did you mean '--plot'"),
                                    (("--epochs", "3", task), "--epochs stands before " + task),
                                    ((task, "--data", "x"), "unknown option '--data'")):
                text = self.fails(2, "train", *arguments, says=says)
                hint = f"see: lathe train {task} --help"
                self.assertEqual(text.splitlines()[-1], hint, arguments)
        self.fails(2, "train", "xro", says="did you mean 'xor'")
        self.fails(2, "train", "mnist", "xor", says="one argument too many: 'xor'")
        self.fails(1, "train", "xor", "--optimizer", "sgd", "--lr", "1e6", "--hidden", "4,4,4",
                   "--activation", "linear", "--epochs", "100", "--out", "none", says="loss")

    def test_a_word_that_is_a_value(self):
        self.ok("train", "xor", *QUICK["xor"], "--out", "descent")
        self.assertTrue(os.path.exists(self.path("descent", "model.lathe")))

    def test_interrupt(self):
        for task, slow in (("xor", ("--epochs", "1000000")),
                           ("perceptron", ("--epochs", "1000000", "--gate", "xor")),
                           ("function", ("--epochs", "1000000")),
                           ("function", ("--epochs", "1000000", "--compare", "width")),
                           ("descent", ("--steps", "1000000"))):
            running = self.start("train", task, *slow, "--json", "--out", "stopped", "--backend",
                                 "interpreter")
            running.stderr.readline()  # from then on it heeds the signal
            time.sleep(1)
            out = json.loads(self.interrupt(running))
            self.assertTrue(out["interrupted"], task)
            if out.get("model"):
                self.assertEqual(self.json("summary", out["model"])["epochs"], out["epochs"])


class Function(CliTest):
    def test_fits_a_sine(self):
        out = self.json("train", "function")
        self.assertLess(out["test_mse"], 0.001)
        self.assertEqual((out["data"], out["points"], out["range"]), ("sine", 200, [-3, 3]))
        # The saved model takes x as it is.
        shown = self.json("predict", "run/function/model.lathe", "-", stdin=b"0.5\n-1\n")
        for row, x in zip(shown["predictions"], (0.5, -1)):
            self.assertAlmostEqual(row["value"], math.sin(3 * x), delta=0.1)

    def test_formulas(self):
        for formula, at, value in (("2x+1", 3, 7), ("-x^2", 2, -4), ("x^-1", 4, 0.25),
                                   ("2 sin(x) cos(x)", 1, math.sin(2)), ("(x+1)(x-1)", 3, 8),
                                   ("max(x, 0) + min(x, 0)", 2, 2), ("x > 0", 3, 1),
                                   ("if(x < 1, 5, x)", 0.5, 5), ("e^x", 1, math.e),
                                   ("pi", 0, math.pi), ("1e-1*x", 5, 0.5),
                                   ("2e-x", 1, 2 * math.e - 1), ("2e+x", 1, 2 * math.e + 1),
                                   ("2e", 0, 2 * math.e), ("1e+1x", 2, 20), ("3exp(x)", 0, 3),
                                   ("x^0.5", 4, 2), ("2^3^2", 0, 512), ("abs(-x)/2/2", 4, 1),
                                   ("step", -1, 0)):
            low, high = at - 1e-3, at + 1e-3
            out = self.json("train", "descent", "--f", formula, "--range", f"{low},{high}",
                            "--start", str(at), "--steps", "1", "--lr", "0", "--momentum", "0")
            self.assertAlmostEqual(out["runs"][0]["f"], value, places=5, msg=formula)

    def test_bad_formulas(self):
        for formula, says in (("", "found the end"), ("x +", "column 4"), ("sinn(x)", "mean 'sin'"),
                              ("sin x", "expected ("), ("(x", "expected )"), ("x)", "column 2"),
                              ("max(x)", "max takes 2 operands"), ("1..2", "expected a number"),
                              ("1e3.5", "expected a number"),
                              ("y", "unknown name 'y'"), ("x^5000", "-1000 to 1000"),
                              ("(" * 300, "nested too deeply"), ("-" * 300, "nested too deeply"),
                              ("x $ 2", "'$ 2'"), ("sin(x)+" * 2000 + "x", "500 or fewer")):
            self.fails(2, "train", "function", "--f=" + formula, says=("--f: ", says))
        self.fails(1, "train", "function", "--f", "1/x", "--range", "0,1", says="inf at x = 0")
        self.fails(1, "train", "function", "--f", "log(x)", says="is nan at x = ")
        for bad in ("3", "1,0", "a,b", "0,0", "0,1,2"):
            self.fails(2, "train", "function", "--range", bad, says="--range")

    def test_points_of_a_file(self):
        rows = [f"{i / 10};{3 - i / 10}" for i in range(40)]
        write(self.folder, "line.csv", "x;y\n" + "\n".join(rows))
        out = self.json("train", "function", "--csv", "line.csv", "--hidden", "8", "--epochs", "500")
        self.assertEqual((out["data"], out["points"], out["range"]), ("line.csv", 32, [0, 3.8]))
        self.assertLess(out["test_mse"], 0.01)
        swapped = [",".join(reversed(row.split(";"))) for row in rows]
        write(self.folder, "swapped.csv", "y,x\n" + "\n".join(swapped))
        again = self.json("train", "function", "--csv", "swapped.csv", "--hidden", "8", "--epochs",
                          "500")
        self.assertEqual(again["weights_sha256"], out["weights_sha256"])

    def test_bad_files(self):
        for content, says in (("x,y\n1,2\n", "expected 5 or more"), ("1,2,3\n" * 6, "two columns"),
                              ("a,b,c\n" + "1,2,3\n" * 6, "two columns"), ("", "row"),
                              ("x,y\n" + "1,2\n" * 6, "all x are 1"), ("x,y\n1,a\n", "line 2"),
                              ("x,y\n" + "1,1e30\n" * 6, "line 2: ")):
            write(self.folder, "bad.csv", content)
            self.fails(1, "train", "function", "--csv", "bad.csv", says=("bad.csv", says))
        self.fails(1, "train", "function", "--csv", "none.csv", says="none.csv")
        self.fails(2, "train", "function", "--csv", "bad.csv", "--noise", "1", says="--noise")

    def test_deep_against_wide(self):
        out = self.json("train", "function", "--compare", "depth", "--hidden", "8,8", "--epochs",
                        "50", "--plot", "--out", "c")
        networks = out["networks"]
        self.assertEqual([len(n["hidden"]) for n in networks], [1, 2, 3, 4, 5])
        self.assertEqual(networks[1]["hidden"], [8, 8])
        for n in networks:
            self.assertTrue(abs(n["parameters"] - 97) <= 20, n)
        self.assertEqual(sorted(os.listdir(self.path("c"))), ["compare.png", "compare.svg"])
        words = svg_words(self.path("c", "compare.svg"))
        for word in ("1-8-8-1", "points", "sine", "hidden layers"):
            self.assertIn(word, words)

    def test_a_comparison_leaves_the_model_and_its_picture(self):
        self.json("train", "function", *QUICK["function"], "--plot")
        files = ("model.lathe", "function.svg", "curves.svg", "history.csv")
        before = [read(self.path("run", "function", name)) for name in files]
        self.json("train", "function", "--compare", "depth", "--hidden", "3", "--epochs", "2", "--plot")
        self.assertEqual([read(self.path("run", "function", name)) for name in files], before)
        self.assertTrue(os.path.exists(self.path("run", "function", "compare.svg")))
        self.json("train", "function", *QUICK["function"])  # which moves what shows the older model
        self.assertEqual(sorted(os.listdir(self.path("run", "function"))),
                         ["compare.png", "compare.svg", "history.csv", "model.lathe", "previous"])

    def test_networks_are_counted_as_they_are_built(self):
        glu = ("train", "function", "--activation", "glu", "--epochs", "2", "--compare")
        networks = self.json(*glu, "depth", "--hidden", "16,16")["networks"]
        self.assertEqual(networks[1]["hidden"], [16, 16])
        for n in networks:
            inputs = [1, *(units // 2 for units in n["hidden"])]
            self.assertEqual(n["parameters"], sum((i + 1) * o for i, o in
                                                  zip(inputs, [*n["hidden"], 1])))
            self.assertTrue(abs(n["parameters"] - networks[1]["parameters"]) <= 40, n)
        table = self.ok(*glu, "depth", "--hidden", "16,16")
        self.assertIn(f"1-16-16-1 {networks[1]['parameters']:>25}", table)
        # What can't be built is told before anything is trained.
        for what in (("width",), ("depth", "--hidden", "3")):
            done = self.lathe(*glu, *what)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn("glu takes rows of an even number", done.stderr.decode())
        self.assertFalse(os.path.exists(self.path("run")))

    def test_ever_wider(self):
        out = self.json("train", "function", "--compare", "width")
        errors = [n["test_mse"] for n in out["networks"]]
        self.assertEqual([n["hidden"] for n in out["networks"]], [[2 ** i] for i in range(7)])
        self.assertEqual([n["parameters"] for n in out["networks"]], [3 * 2 ** i + 1
                                                                      for i in range(7)])
        self.assertLess(min(errors[3:]), errors[0] / 20)
        self.assertFalse(os.path.exists(self.path("run")))
        self.fails(2, "train", "function", "--compare", "width", "--hidden", "3", says="--hidden")
        self.fails(2, "train", "function", "--compare", "height", says="depth")


class Gates(CliTest):
    def test_xor_is_learned(self):
        for seed in range(3):
            out = self.json("train", "xor", "--seed", str(seed))
            self.assertTrue(out["learned"])
            self.assertEqual([row["guess"] for row in out["table"]], [0, 1, 1, 0])
            for row in out["table"]:
                self.assertAlmostEqual(row["output"], row["truth"], delta=0.1)
        self.assertIn("xor is learned, in 500 epochs", self.ok("train", "xor"))

    def test_xor_needs_a_hidden_layer(self):
        self.assertFalse(self.json("train", "xor", "--hidden", "")["learned"])
        self.assertIn("no line has 01 and 10 on one side", self.ok("train", "xor", "--hidden", ""))
        self.assertFalse(self.json("train", "xor", "--epochs", "1", "--lr", "0")["learned"])
        self.fails(2, "train", "xor", "--hidden", "0", says="--hidden")
        self.fails(2, "train", "xor", "--activation", "rely", says="did you mean 'relu'")

    def test_the_perceptron_learns_what_a_line_divides(self):
        truths = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "nand": [1, 1, 1, 0]}
        for gate, truth in truths.items():
            for seed in range(3):
                out = self.json("train", "perceptron", "--gate", gate, "--seed", str(seed))
                self.assertEqual((out["learned"], out["linearly_separable"]), (True, True), gate)
                self.assertEqual([row["guess"] for row in out["table"]], truth)
                (w1, w2), b = out["weights"], out["bias"]
                self.assertEqual([int(w1 * x1 + w2 * x2 + b >= 0) for x1 in (0, 1) for x2 in (0, 1)],
                                 truth, "the line is the one that divides them")
                self.assertLess(out["epochs"], 100, "it ends when all rows are right")

    def test_the_perceptron_ends_when_it_has_learned(self):
        """Also where the velocity moves the weights on after an epoch without a mistake."""
        for options in (("--momentum", "0.9", "--epochs", "1000"),
                        *(("--optimizer", "adam", "--lr", "0.5", "--epochs", "1000", "--seed", seed)
                          for seed in ("0", "4", "5"))):
            out = self.json("train", "perceptron", "--gate", "and", *options)
            self.assertTrue(out["learned"], options)
            self.assertLess(out["epochs"], 1000, options)

    def test_the_perceptron_can_not_learn_xor(self):
        out = self.json("train", "perceptron", "--gate", "xor")
        self.assertEqual((out["learned"], out["linearly_separable"], out["epochs"]),
                         (False, False, 100))
        text = self.ok("train", "perceptron", "--gate", "xor")
        for words in ("not linearly separable", "weights ", "line  ", "wrong"):
            self.assertIn(words, text)
        self.assertIn("is not learned, but can be: the learning rate is 0",
                      self.ok("train", "perceptron", "--epochs", "1", "--lr", "0"))
        self.assertIn("more epochs", self.ok("train", "perceptron", "--epochs", "1", "--lr", "1e-6"))
        self.fails(2, "train", "perceptron", "--gate", "xnor", says=("xnor", "xor"))

    def test_its_rule_is_the_perceptrons(self):
        """Every step moves the weights by a whole input or not at all."""
        first = self.json("train", "perceptron", "--gate", "xor", "--epochs", "1", "--lr", "0")
        last = self.json("train", "perceptron", "--gate", "xor", "--epochs", "7")
        for a, b in zip([*first["weights"], first["bias"]], [*last["weights"], last["bias"]]):
            self.assertAlmostEqual(b - a, round(b - a), places=5)


class Descent(CliTest):
    def test_momentum_leaves_the_local_minimum(self):
        out = self.json("train", "descent", "--optimizer", "adam")
        self.assertEqual([r["minimum"] for r in out["runs"]], ["local", "global", "local"])
        self.assertEqual([r["optimizer"] for r in out["runs"]],
                         ["sgd", "sgd, momentum 0.9", "adam"])
        self.assertEqual([m["global"] for m in out["minima"]], [True, False])
        text = self.ok("train", "descent")
        self.assertIn("the global minimum at -1.484", text)
        self.assertIn("a local minimum at 1.332", text)

    def test_steps_are_those_of_the_formula(self):
        out = self.json("train", "descent", "--f", "x^2", "--start", "1", "--lr", "0.25", "--steps",
                        "6", "--momentum", "0.5")
        plain, momentum = [r["path"] for r in out["runs"]]
        self.assertEqual(plain, [0.5 ** i for i in range(7)])
        x, v, expected = 1.0, 0.0, [1.0]
        for _ in range(6):
            v = 0.5 * v - 0.25 * 2 * x
            x += v
            expected.append(x)
        for a, b in zip(momentum, expected):
            self.assertAlmostEqual(a, b, places=6)

    def test_ways_that_do_not_end_in_a_minimum(self):
        far = ("train", "descent", "--lr", "10", "--steps", "1000")
        done = self.lathe(*far, "--momentum", "0", "--json")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.decode().splitlines()[-1],
                         "lathe: sgd has diverged: a smaller --lr may help")
        out = json.loads(done.stdout)
        self.assertEqual((len(out["runs"]), out["runs"][0]["minimum"]), (1, None))
        self.assertTrue(out["runs"][0]["diverged"])
        self.assertIsNone(out["runs"][0]["path"][-1])
        self.assertLess(out["runs"][0]["steps"], 1000)
        self.fails(1, *far, "--plot", says="has diverged")
        self.assertIn("step", svg_words(self.path("run", "descent", "descent.svg")))
        self.assertNotIn("-nan", self.lathe(*far).stdout.decode())
        self.assertIn("has not come to a minimum", self.ok("train", "descent", "--steps", "1"))
        self.assertEqual(self.json("train", "descent", "--f", "x")["minima"], [])

    def test_of_minima_close_together_it_is_the_nearest(self):
        out = self.ok("train", "descent", "--f", "sin(100*x)", "--range=-5,5", "--start", "0",
                      "--lr", "0.00001", "--momentum", "0")
        self.assertRegex(out, r"ends at x = -0\.0157, .* minimum at -0\.016\n")

    def test_who_only_passes_a_minimum_is_still_moving(self):
        plain = ("train", "descent", "--f", "x^2", "--range", "-3,3", "--momentum", "0")
        # One step from 1 to 0, where it would stay.
        fast = self.json(*plain, "--start", "1", "--lr", "0.5", "--steps", "1")["runs"][0]
        self.assertEqual((fast["x"], fast["at_rest"], fast["minimum"]), (0, False, None))
        self.assertIn("is still moving, near the global minimum at 0",
                      self.ok(*plain, "--start", "1", "--lr", "0.5", "--steps", "1"))
        rest = self.json(*plain, "--start", "1", "--lr", "0.5", "--steps", "2")["runs"][0]
        self.assertEqual((rest["x"], rest["at_rest"], rest["minimum"]), (0, True, "global"))

    def test_bad_usage(self):
        self.fails(2, "train", "descent", "--momentum", "0", "--nesterov", says="--momentum")
        self.fails(2, "train", "descent", "--start", "here", says="--start")
        self.fails(2, "train", "descent", "--optimizer", "adam(beta_3=1)", says="--optimizer: ")
        self.fails(2, "train", "descent", "--f", "z", says="--f: ")


if __name__ == "__main__":
    cli_test.main()
