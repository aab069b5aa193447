"""train, eval, predict, summary, curves: what they do with good input."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

import cli_test
from cli_test import MODELS, SIDE, CliTest, idx_bytes, picture, png, read, write, write_dataset

KEYS = ["task", "epochs", "seed", "threads", "device", "train_loss", "train_accuracy", "test_loss",
        "test_accuracy", "seconds", "examples_per_second", "weights_sha256", "model", "data"]


class Train(CliTest):
    def test_json_keys_and_files(self):
        out = self.train("--seed", "3", "--out", "run")
        self.assertEqual(list(out)[:len(KEYS)], KEYS)
        self.assertEqual((out["task"], out["epochs"], out["seed"], out["threads"], out["device"]),
                         ("mnist", 2, 3, 1, "cpu"))
        self.assertEqual(out["model"], "run/model.lathe")
        self.assertEqual(out["data"], "data/mnist")
        self.assertRegex(out["weights_sha256"], "^[0-9a-f]{64}$")
        self.assertTrue(0 <= out["test_accuracy"] <= 1)
        self.assertGreater(out["examples_per_second"], 0)
        self.assertEqual(sorted(os.listdir(self.path("run"))), ["history.csv", "model.lathe"])
        lines = read(self.path("run", "history.csv")).decode().splitlines()
        self.assertEqual(lines[0],
                         "epoch,seconds,loss,accuracy,val_loss,val_accuracy,images_per_second")
        self.assertEqual([line.split(",")[0] for line in lines[1:]], ["1", "2"])
        for line in lines[1:]:
            self.assertEqual(len([float(v) for v in line.split(",")]), 7)

    def test_a_loss_from_logits_gets_logits(self):
        self.train("--loss", "cce(from_logits=true)", "--optimizer", "Adam", "--lr", "0.01")
        self.assertIn("dense_1 (Dense)", self.ok("summary", "run/model.lathe"))
        self.train("--loss", "cce")
        self.assertIn("dense_1 (Dense, softmax)", self.ok("summary", "run/model.lathe"))

    def test_a_model_that_begins_with_an_embedding_sees_pixels(self):
        write_dataset(self.path("data"))
        write(self.folder, "model.json", json.dumps({"layers": [
            {"type": "Embedding", "input_dim": 256, "output_dim": 2}, {"type": "Flatten"},
            {"type": "Dense", "units": 10, "activation": "softmax"}]}))
        out = self.json("train", "mnist", "--data", "data", "--model", "model.json", "--epochs", "1")
        self.assertEqual(out["scale"], "model")
        self.assertNotIn("Rescaling", self.ok("summary", "run/model.lathe"))

    def test_learns(self):
        out = self.train("--epochs", "30", "--activation", "relu", "--lr", "0.1")
        self.assertGreaterEqual(out["test_accuracy"], 0.9)
        self.assertGreaterEqual(out["train_accuracy"], 0.9)
        self.assertLess(out["train_loss"], 1)

    def test_text_for_people(self):
        write_dataset(self.path("data"), zipped=True)
        out = self.ok("train", "mnist", "--hidden", "5", "--batch", "50", "--epochs", "3")
        self.assertTrue(out.startswith("data       ./data/mnist: 120 training and 40 test") or
                        out.startswith("data       data/mnist: 120 training and 40 test"), out)
        for words in ("unit (pixels as 0 to 1)", "epoch 1/3", "epoch 3/3", "images/s",
                      "test accuracy", "what test images were taken for", "run/model.lathe"):
            self.assertIn(words, out)
        self.assertNotIn("\033", out)
        self.assertNotIn("\r", out)

    def test_averages_are_saved_as_they_are_reported(self):
        write_dataset(self.path("data"))
        out = self.train("--hidden", "5", "--batch", "50", "--epochs", "2", "--optimizer",
                         "adam(use_ema=true, ema_momentum=0.9)")
        again = json.loads(self.ok("eval", out["model"], "--json").splitlines()[-1])
        for key in ("weights_sha256", "test_loss", "train_loss"):
            self.assertEqual(again[key], out[key], key)

    def test_weights_that_get_no_gradient_are_told(self):
        write_dataset(self.path("data"))
        arguments = ("train", "mnist", "--hidden", "5", "--batch", "50", "--epochs", "1")
        told = "warning: dense_kernel is trainable, but gets no gradient and stays as it is"
        self.assertIn(told, self.ok(*arguments, "--activation", "step"))
        self.assertNotIn("warning", self.ok(*arguments, "--activation", "step_ste"))

    def test_default_is_the_lecture(self):
        write_dataset(self.path("data"))
        self.ok("train", "mnist", "--epochs", "1")
        text = self.ok("summary", "run/model.lathe")
        for words in ("648,010", "sigmoid", "softmax", "loss       mse", "sgd, learning rate 0.1"):
            self.assertIn(words, text)

    def test_model_file(self):
        model = {"layers": [{"type": "Dense", "units": 6, "activation": "tanh"},
                            {"type": "Dense", "units": 10, "activation": "softmax"}]}
        write(self.folder, "model.json", json.dumps(model))
        write_dataset(self.path("data"))
        out = self.json("train", "mnist", "--model", "model.json", "--epochs", "1")
        self.assertEqual(out["parameters"], 784 * 6 + 6 + 60 + 10)
        self.assertEqual(out["scale"], "unit")

    def test_model_file_that_begins_with_its_input(self):
        """As model_to_json writes Input({784}, "pixels")."""
        model = {"layers": [{"type": "InputLayer", "name": "pixels", "shape": [784]},
                            {"type": "Dense", "units": 10, "activation": "softmax"}]}
        write(self.folder, "model.json", json.dumps(model))
        write_dataset(self.path("data"))
        command = ("train", "mnist", "--data", "data", "--model", "model.json", "--epochs", "1")
        self.assertEqual(self.json(*command)["scale"], "unit")
        types = [layer["type"] for layer in self.json("summary", "run/model.lathe")["layers"]]
        self.assertEqual(types, ["InputLayer", "Rescaling", "Dense"])
        self.assertEqual(self.json(*command, "--scale", "raw")["scale"], "raw")

    def test_a_metric_by_its_other_name(self):
        out = self.train("--metrics", "acc,mse,mean_squared_error,accuracy,precision(thresholds=0.7, class_id=1)")
        self.assertIn("test_mse", out)
        self.assertIn("test_precision", out)
        self.assertNotIn("test_acc", out)

    def test_metrics_of_several_numbers(self):
        metrics = "f1_score,precision(thresholds=[0.2, 0.5]),confusion_matrix,f1(name=macro)"
        out = self.train("--metrics", metrics)
        self.assertEqual(len(out["test_f1"]), 10)
        self.assertAlmostEqual(sum(out["test_f1"]) / 10, out["test_macro"])
        self.assertEqual(len(out["test_precision"]), 2)
        table = out["test_confusion_matrix"]
        self.assertEqual([sum(row) for row in table], [4] * 10)  # 40 test rows, ten classes in turn
        self.assertAlmostEqual(sum(table[i][i] for i in range(10)) / 40, out["test_accuracy"])
        columns = read(self.path("run", "history.csv")).decode().splitlines()[0].split(",")
        for column in ("f1_0", "val_f1_9", "precision_0.2", "val_precision_0.5"):
            self.assertIn(column, columns)
        self.assertFalse([c for c in columns if "confusion_matrix" in c])

    def test_a_line_has_the_least_and_the_largest_of_several_numbers(self):
        write_dataset(self.path("data"))
        command = ("train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1", "--metrics",
                   "f1_score,confusion_matrix,recall(thresholds=[0.1, 0.9])")
        line = next(text for text in self.ok(*command).splitlines() if text.startswith("epoch "))
        self.assertRegex(line, r"  f1 \d\.\d{4}\.\.\d\.\d{4}  recall \d\.\d{4}\.\.\d\.\d{4}  val_loss ")
        self.assertNotIn("confusion_matrix", line)
        told = self.ok("eval", "run/model.lathe", "--data", "data").splitlines()
        self.assertRegex(told[told.index("recall") + 1], r"^  0\.1 \d\.\d{4}  0\.9 \d\.\d{4}$")
        at = told.index("confusion_matrix")
        self.assertEqual(told[at + 1].split(), ["truth", *"0123456789", "right"])
        found = self.json("eval", "run/model.lathe", "--data", "data")["test_confusion_matrix"]
        shown = [line.split()[1:11] for line in told[at + 2:at + 12]]
        self.assertEqual([[0 if c == "." else int(c) for c in row] for row in shown], found)

    def test_no_hidden_layer(self):
        self.assertEqual(self.train("--hidden", "")["parameters"], 7850)
        self.assertEqual(self.train("--hidden=")["parameters"], 7850)

    def test_drawn_digits_are_named(self):
        done = self.lathe("train", "mnist", "--hidden", "", "--epochs", "1", "--json")
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertIn("drawn", done.stderr.decode().splitlines()[0])
        self.assertEqual(json.loads(done.stdout)["data"], "drawn")

    def test_where_the_learning_rate_comes_from(self):
        write_dataset(self.path("data"))
        small = ("train", "mnist", "--data", "data", "--hidden", "", "--epochs")
        for arguments, says in (((), "learning rate 0.1 (the lecture's)"),
                                (("--optimizer", "sgd"), "learning rate 0.01 (sgd's default)"),
                                (("--optimizer", "adam"), "learning rate 0.001 (adam's default)"),
                                (("--lr", "0.2"), "learning rate 0.2 (as given)")):
            self.assertIn(f", {says}", self.ok(*small, "1", *arguments))
        resume = ("--resume", "run/model.lathe")
        self.assertIn(", learning rate 0.2 (the saved model's)", self.ok(*small[:4], *resume,
                                                                         "--epochs", "2"))
        self.assertIn(", learning rate 0.3 (as given)", self.ok(*small[:4], *resume, "--epochs", "3",
                                                                "--lr", "0.3"))

    def files(self, folder):
        return {name: read(self.path(folder, name)) for name in os.listdir(self.path(folder))
                if os.path.isfile(self.path(folder, name))}

    def test_resume_goes_back_to_where_the_model_lies(self):
        self.train("--out", "mine")
        self.train("--out", "run", "--seed", "1")
        other = self.files("run")
        resume = ["train", "mnist", "--data", "data", "--threads", "1", "--resume"]
        out = self.json(*resume, "mine/model.lathe", "--epochs", "3")
        self.assertEqual((out["model"], out["history"]), ("mine/model.lathe", "mine/history.csv"))
        self.assertEqual(self.json("summary", "mine/model.lathe")["epochs"], 3)
        self.assertEqual(sorted(self.files("mine")), ["history.csv", "model.lathe"])
        self.assertEqual(self.files("run"), other)
        shutil.copy(self.path("mine", "model.lathe"), self.path("run", "best.lathe"))
        out = self.json(*resume, "run/best.lathe", "--epochs", "4")
        self.assertEqual((out["model"], out["history"]),
                         ("run/best.lathe", "run/best.history.csv"))
        self.assertEqual({k: v for k, v in self.files("run").items() if "best" not in k}, other)
        best = self.files("run")["best.lathe"]
        out = self.json(*resume, "run/best.lathe", "--epochs", "5", "--out", "new")
        self.assertEqual(out["model"], "new/model.lathe")
        self.assertEqual(self.files("run")["best.lathe"], best)

    def test_an_older_model_in_the_default_folder_is_kept(self):
        self.train()
        first = self.files("run")
        text = self.ok("train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1")
        self.assertIn("saves to   run/model.lathe: the one there moves to run/previous after the "
                      "first epoch", text)
        self.assertEqual(sorted(os.listdir(self.path("run"))),
                         ["history.csv", "model.lathe", "previous"])
        self.assertEqual(self.files("run/previous"), first)
        second = self.files("run")
        self.assertNotEqual(second, first)
        self.train("--out", "run")  # named: replaced
        self.assertEqual(self.files("run/previous"), first)
        self.assertNotEqual(self.files("run"), second)

    def test_interrupt_saves_and_resumes(self):
        write_dataset(self.path("da ta"), train=2000)
        os.rename(self.path("da ta"), self.path("data's"))
        command = ["train", "mnist", "--data", "data's", "--hidden", "30", "--batch", "10",
                   "--threads", "1"]
        running = self.start(*command, "--epochs", "100000", "--out", "my run")
        history = self.path("my run", "history.csv")
        self.wait_for_file(running, history)
        told = self.interrupt(running).splitlines()[-1]
        self.assertIn("--resume 'my run/model.lathe'", told)
        epochs = len(read(history).splitlines()) - 1
        self.assertGreaterEqual(epochs, 1)
        # What it told to go on with is pasted into a shell, only with an end that comes sooner.
        pasted = subprocess.run(told.replace("--epochs 100000", f"--epochs {epochs + 1} --json"),
                                shell=True, cwd=self.folder, env=self.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240)
        self.assertEqual(pasted.returncode, 0, pasted.stderr.decode())
        resumed = json.loads(pasted.stdout)
        straight = self.json(*command, "--epochs", str(epochs + 1), "--out", "straight")
        self.assertEqual(resumed["weights_sha256"], straight["weights_sha256"])
        self.assertEqual((resumed["epochs"], resumed["threads"]), (epochs + 1, 1))
        self.assertEqual(resumed["model"], "my run/model.lathe")

    def test_interrupt_in_the_first_epoch(self):
        write_dataset(self.path("data"), train=2000)
        running = self.start("train", "mnist", "--data", "data", "--hidden", "300", "--batch", "1",
                             "--backend", "interpreter", "--json", "--out", "mine")
        self.wait_for_line(running, b"saves to")
        time.sleep(0.3)
        out = json.loads(self.interrupt(running))
        self.assertEqual(list(out)[:len(KEYS)], KEYS)
        self.assertEqual((out["epochs"], out["interrupted"]), (0, True))
        for key in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "model",
                    "history"):
            self.assertIsNone(out[key], key)
        self.assertFalse(os.path.exists(self.path("mine")))

    def test_eval_gives_the_same_figures(self):
        trained = self.train()
        evaluated = self.json("eval", "run/model.lathe", "--data", "data", "--threads", "1")
        self.assertEqual(list(evaluated)[:len(KEYS)], KEYS)
        for key in KEYS:
            if key not in ("seconds", "examples_per_second"):
                self.assertEqual(trained[key], evaluated[key], key)

    def test_interrupt_of_eval(self):
        write_dataset(self.path("data"), train=3000)
        self.train("--hidden", "2000", "--epochs", "1")
        self.assertEqual(self.interrupted_eval(), "interrupted: there are no figures\n")
        out = json.loads(self.interrupted_eval("--json"))
        self.assertEqual((out["model"], out["interrupted"]), ("run/model.lathe", True))
        self.assertIsNone(out["test_loss"])

    def interrupted_eval(self, *arguments):
        # The interpreter takes many seconds for this; --verbose says when it has begun.
        running = self.start("eval", "run/model.lathe", "--data", "data", "--verbose", "--backend",
                             "interpreter", *arguments)
        self.wait_for_line(running, b"loading mnist")
        time.sleep(0.5)
        return self.interrupt(running)

    def test_an_ignored_interrupt_is_ignored(self):
        """As under `nohup`, or behind a shell's `&`: who starts the program decides."""
        write_dataset(self.path("data"))
        running = self.start("train", "mnist", "--data", "data", "--epochs", "3", "--hidden", "100",
                             "--verbose",
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        self.wait_for_line(running, b"loading mnist")
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=240)
        self.assertEqual(running.returncode, 0, errors.decode())

    def test_summary(self):
        trained = self.train()
        out = self.json("summary", "run/model.lathe")
        self.assertEqual(out["parameters"], trained["parameters"])
        self.assertEqual(out["weights_sha256"], trained["weights_sha256"])
        self.assertEqual(sum(layer["parameters"] for layer in out["layers"]), out["parameters"])
        self.assertEqual(out["trainable_parameters"], out["parameters"])

    def test_what_a_model_was_trained_with(self):
        options = ("--loss", "cce(label_smoothing=0.1)", "--metrics", "mse", "--optimizer",
                   "sgd(learning_rate=cosine_decay(0.2, decay_steps=100))", "--momentum", "0.9",
                   "--nesterov")
        loss = "categorical_crossentropy(label_smoothing=0.1)"
        write_dataset(self.path("data"))
        text = self.ok("train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1", *options)
        out = self.json("summary", "run/model.lathe")
        self.assertEqual((out["loss"], out["metrics"]), (loss, ["accuracy", "mse"]))
        self.assertTrue(out["optimizer"].startswith("sgd(learning_rate="), out["optimizer"])
        for words in ("cosine_decay(decay_steps=100, initial_learning_rate=0.2)", "momentum=0.9",
                      "nesterov=true"):
            self.assertIn(words, out["optimizer"])
        for told in (text, self.ok("summary", "run/model.lathe")):
            self.assertIn("loss       " + loss, told)
            self.assertIn("optimizer  " + out["optimizer"] + ", learning rate 0.", told)
            self.assertIn("metrics    accuracy, mse", told)
        # What is told can be given.
        again = ("--loss", out["loss"], "--optimizer", out["optimizer"], "--metrics", "mse")
        self.json("train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1", *again)
        self.assertEqual(self.json("summary", "run/model.lathe"), out)
        self.train()
        self.assertEqual(self.json("summary", "run/model.lathe")["optimizer"], "sgd")

    def test_a_loss_that_is_an_expression(self):
        pinball = 'expression(fn="(max (mul 0.9 (sub a0 a1)) (mul -0.1 (sub a0 a1)))", name=pinball)'
        whole = self.train("--loss", pinball, "--metrics", pinball, "--out", "whole")
        self.train("--loss", pinball, "--metrics", pinball, "--epochs", "1", "--out", "half")
        self.assertEqual(self.json("summary", "half/model.lathe")["loss"], pinball)
        resumed = self.json("train", "mnist", "--data", "data", "--threads", "1", "--batch", "16",
                            "--epochs", "2", "--resume", "half/model.lathe")
        self.assertEqual(resumed["weights_sha256"], whole["weights_sha256"])
        for name in ("whole", "half"):
            lines = read(self.path(name, "history.csv")).decode().splitlines()
            self.assertTrue(lines[0].endswith(",pinball,val_pinball"), lines[0])
            for line in lines[1:]:
                values = line.split(",")
                self.assertEqual(values[2], values[-2])
        # The row of its formula has the same bits.
        squares = 'expression(fn="(mul (sub a0 a1) (sub a0 a1))")'
        self.assertEqual(self.train("--loss", squares)["weights_sha256"],
                         self.train("--loss", "mse")["weights_sha256"])

    def test_curves(self):
        self.train("--out", "one")
        self.train("--out", "two", "--epochs", "4")
        for locale in ("C", "C.UTF-8"):
            out = self.ok("curves", "one", "two/history.csv", env={"LC_ALL": locale})
            self.assertRegex(out.splitlines()[-1], r"^one ends at [0-9.]+ % test accuracy after 2 "
                                                   r"epochs and two ends at [0-9.]+ % .*\.$")
            if locale == "C":
                self.assertTrue(out.isascii())
        runs = self.json("curves", "one", "two/history.csv")["runs"]
        self.assertEqual([r["name"] for r in runs], ["one", "two"])
        self.assertEqual(runs[1]["history"]["epoch"], [1, 2, 3, 4])
        self.assertEqual(len(runs[1]["history"]["val_accuracy"]), 4)

    def test_curves_without_accuracy(self):
        write(self.folder, "tested.csv", "epoch,seconds,loss,val_loss\n1,1,2,3\n2,1,0.5,0.25\n")
        write(self.folder, "alone.csv", "epoch,seconds,loss,accuracy,val_loss\n1,1,0.125,0.5,\n")
        write(self.folder, "nan.csv", "epoch,seconds,loss\n1,1,nan\n")
        for name, says in (("tested", "a validation loss of 0.25 after 2 epochs."),
                           ("alone", "a training loss of 0.125 after 1 epoch."),
                           ("nan", "unknown test accuracy after 1 epoch.")):
            last = self.ok("curves", name + ".csv").splitlines()[-1]
            self.assertEqual(last, f"{name}.csv ends at {says}")

    def test_curves_of_folders_of_one_name(self):
        self.train("--out", "a/run")
        for folder in ("b/run", "c/x/run", "d/x/run", "other"):
            shutil.copytree(self.path("a/run"), self.path(folder))
        folders = ["a/run", "b/run/history.csv", "./c/x/run/", "d/x/run", "other", "other"]
        runs = self.json("curves", *folders)["runs"]
        self.assertEqual([r["name"] for r in runs],
                         ["a/run", "b/run", "c/x/run", "d/x/run", "other", "other (2)"])

    def test_json_of_a_run_that_diverges(self):
        write_dataset(self.path("data"))
        done = self.lathe("train", "mnist", "--data", "data", "--hidden", "8,8,8,8,8,8",
                          "--activation", "linear", "--scale", "raw", "--loss", "cce", "--lr",
                          "1e6", "--batch", "120", "--epochs", "1", "--threads", "1", "--json")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn("a smaller learning rate may help", done.stderr.decode().splitlines()[-1])


class Numbers(CliTest):
    """Models whose output is no class."""

    def setUp(self):
        super().setUp()
        subprocess.run([MODELS, self.folder], check=True)

    def test_one_number(self):
        write(self.folder, "rows.csv", "a,label,b\n1,4,2\n0.5,-1.5,2\n3,7,0\n")  # 1, 0, 7
        lines = self.ok("predict", "number.lathe", "rows.csv").splitlines()
        self.assertEqual([line.split()[1:] for line in lines],
                         [["1", "is", "4"], ["0", "is", "-1.5"], ["7", "is", "7"]])
        out = self.json("predict", "number.lathe", "rows.csv")["predictions"]
        self.assertEqual([(p["value"], p["truth"]) for p in out], [(1, 4), (0, -1.5), (7, 7)])
        out = self.json("eval", "number.lathe", "--data", "rows.csv")
        self.assertIsNone(out["task"])
        self.assertIn("number.lathe, data rows.csv\n",
                      self.ok("eval", "number.lathe", "--data", "rows.csv"))
        self.assertAlmostEqual(out["test_loss"], (9 + 2.25) / 3, places=5)
        self.assertAlmostEqual(out["test_mae"], 4.5 / 3, places=5)

    def test_an_output_without_an_axis(self):
        write(self.folder, "rows.csv", "x,label\n1,3\n2,4\n")  # 3, 5
        out = self.json("eval", "scalar.lathe", "--data", "rows.csv")
        self.assertAlmostEqual(out["test_loss"], 0.5, places=6)
        self.assertEqual(len(self.ok("predict", "scalar.lathe", "rows.csv").splitlines()), 2)


    def test_logits_by_their_loss(self):
        write(self.folder, "rows.csv", "5,4,-5\n0,0,0\n")
        def shown(loss):
            return [p["probabilities"] for p in
                    self.json("predict", f"logits_{loss}.lathe", "rows.csv")["predictions"]]
        for wanted, found in zip([0.993307, 0.982014, 0.006693, 0.5, 0.5, 0.5], sum(shown("bce"), [])):
            self.assertAlmostEqual(wanted, found, places=5)
        for wanted, found in zip([0.731036, 0.268931, 0.000033, 1 / 3, 1 / 3, 1 / 3],
                                 sum(shown("cce"), [])):
            self.assertAlmostEqual(wanted, found, places=5)

    def test_several_outputs(self):
        shown = self.json("summary", "outputs.lathe")
        self.assertEqual(shown["loss"],
                         {"price": "mse", "rises": "binary_crossentropy", "idle": None})
        self.assertEqual(shown["loss_weights"], {"price": 1, "rises": 0.5, "idle": 1})
        self.assertEqual(shown["metrics"], {"price": ["mae"], "rises": ["accuracy", "auc"], "idle": []})
        text = self.ok("summary", "outputs.lathe")
        self.assertIn("loss       price mse, 0.5 rises binary_crossentropy\n", text)
        self.assertIn("metrics    price mae, rises accuracy, rises auc\n", text)
        self.assertIn("price_loss: f32[], rises_loss: f32[], price_mae: f32[]",
                      self.ok("dump", "outputs.lathe", "--stage=planned", "--only", "train_step"))
        write(self.folder, "rows.csv", "a,label,b\n1,4,2\n")
        self.fails(1, "eval", "outputs.lathe", "--data", "rows.csv",
                   says="the model has 3 outputs (price, rises, idle), expected one")
        self.fails(1, "predict", "outputs.lathe", "rows.csv", says="several outputs")

    def test_a_label_is_never_a_feature(self):
        write(self.folder, "rows.csv", "a,label\n1,2\n")
        for command in (("predict", "number.lathe", "rows.csv"),
                        ("eval", "number.lathe", "--data", "rows.csv")):
            self.fails(1, *command, says="1 numbers a row beside column label, the model takes 2")


class Predict(CliTest):
    def setUp(self):
        super().setUp()
        self.train("--epochs", "30", "--activation", "relu", "--lr", "0.1")
        rng = random.Random(7)
        self.pictures = [picture(label, rng) for label in (3, 8, 0)]

    def classes(self, *files, **how):
        return [p["class"] for p in self.json("predict", "run/model.lathe", *files,
                                              **how)["predictions"]]

    def test_forms(self):
        csv = "\n".join(",".join(map(str, p)) for p in self.pictures)
        write(self.folder, "rows.csv", csv)
        write(self.folder, "some.idx", idx_bytes([3, SIDE, SIDE], b"".join(self.pictures)))
        write(self.folder, "one.idx", idx_bytes([SIDE, SIDE], self.pictures[1]))
        write(self.folder, "digit.pgm", b"P5\n28 28\n255\n" + self.pictures[0])
        write(self.folder, "digit.png", png(SIDE, SIDE, self.pictures[1]))
        self.assertEqual(self.classes("rows.csv"), [3, 8, 0])
        self.assertEqual(self.classes("some.idx"), [3, 8, 0])
        self.assertEqual(self.classes("one.idx"), [8])
        self.assertEqual(self.classes("digit.pgm", "digit.png"), [3, 8])
        self.assertEqual(self.classes("-", stdin=csv.encode()), [3, 8, 0])
        self.assertEqual(self.classes("-", stdin=read(self.path("digit.png"))), [8])
        self.assertEqual(self.classes("-", stdin=read(self.path("some.idx"))), [3, 8, 0])
        header = b"\x93NUMPY\x01\x00" + b"\x46\x00" + (
            b"{'descr': '|u1', 'fortran_order': False, 'shape': (3, 784), }".ljust(69) + b"\n")
        write(self.folder, "rows.npy", header + b"".join(self.pictures))
        self.assertEqual(self.classes("rows.npy"), [3, 8, 0])

    def labelled(self, labels, header=True, at=0):
        rows = [list(map(str, p)) for p in self.pictures]
        names = [f"pixel{i}" for i in range(SIDE * SIDE)]
        for row, label in zip([names, *rows], ["label", *labels]):
            row.insert(at, str(label))
        return "\r\n".join(",".join(row) for row in ([names] if header else []) + rows) + "\r\n"

    def test_labelled_csv(self):
        for at in (0, SIDE * SIDE):
            write(self.folder, "test.csv", self.labelled([3, 1, 0], at=at))
            out = self.json("predict", "run/model.lathe", "test.csv")
            self.assertEqual([p["class"] for p in out["predictions"]], [3, 8, 0])
            self.assertEqual([p["truth"] for p in out["predictions"]], [3, 1, 0])
            self.assertAlmostEqual(out["accuracy"], 2 / 3)
            lines = self.ok("predict", "run/model.lathe", "test.csv").splitlines()
            self.assertEqual(lines[-1], "accuracy 66.67 %: 2 of 3 rows")
            self.assertTrue(lines[0].endswith("  is 3") and lines[1].endswith("  but is 1"), lines)
            out = self.json("eval", "run/model.lathe", "--data", "test.csv")
            self.assertAlmostEqual(out["test_accuracy"], 2 / 3, places=6)
            self.assertEqual((out["train_loss"], out["train_accuracy"], out["data"]),
                             (None, None, "test.csv"))
            self.assertNotIn("train", self.ok("eval", "run/model.lathe", "--data", "test.csv"))

    def test_logits_are_shown_as_probabilities(self):
        write(self.folder, "logits.json", json.dumps({"input": [SIDE * SIDE], "layers": [
            {"type": "Dense", "units": 10}]}))
        self.ok("train", "mnist", "--data", "data", "--model", "logits.json", "--loss",
                "cce(from_logits=true)", "--lr", "0.1", "--epochs", "1", "--out", "logits")
        write(self.folder, "digit.png", png(SIDE, SIDE, self.pictures[0]))
        shown = self.json("predict", "logits/model.lathe", "digit.png")["predictions"][0]
        self.assertAlmostEqual(sum(shown["probabilities"]), 1, places=5)
        self.assertTrue(all(0 <= p <= 1 for p in shown["probabilities"]), shown)

    def test_bad_labels(self):
        write(self.folder, "test.csv", self.labelled([3, 8, 0], header=False))
        for command in (("predict", "run/model.lathe", "test.csv"),
                        ("eval", "run/model.lathe", "--data", "test.csv")):
            self.fails(1, *command, says=("785 numbers a row, the model takes 784", "label"))
        write(self.folder, "test.csv", self.labelled([3, 1.5, 0]))
        self.fails(1, "predict", "run/model.lathe", "test.csv", says="line 3: the label is 1.5")
        write(self.folder, "test.csv", self.labelled([3, 8, 10]))
        self.fails(1, "predict", "run/model.lathe", "test.csv", says="line 4: the label is 10")
        self.assertEqual(self.lathe("predict", "run/model.lathe", "test.csv").stdout, b"")
        self.fails(1, "eval", "run/model.lathe", "--data", "test.csv",
                   says="test.csv: line 4: the label is 10, expected a whole number from 0 to 9")
        write(self.folder, "test.csv", "\n".join(",".join(map(str, p)) for p in self.pictures))
        self.fails(1, "eval", "run/model.lathe", "--data", "test.csv", says="label")

    def test_text_line(self):
        write(self.folder, "digit.png", png(SIDE, SIDE, self.pictures[0]))
        out = self.ok("predict", "run/model.lathe", "digit.png")
        self.assertRegex(out, r"^digit.png  3  [01]\.\d{4}  ( \d:[01]\.\d{4}){10}\n$")
        row = self.json("predict", "run/model.lathe", "digit.png")["predictions"][0]
        self.assertAlmostEqual(sum(row["probabilities"]), 1, places=5)
        self.assertEqual(row["probability"], max(row["probabilities"]))

    def test_bad_input(self):
        good = ",".join(map(str, self.pictures[0]))
        self.fails(1, "predict", "run/model.lathe", "-", stdin=b"1,2,3\n", says="784")
        self.fails(1, "predict", "run/model.lathe", "-", stdin=b"", says="empty")
        self.fails(1, "predict", "run/model.lathe", "-", says=("line 2", "not finite"),
                   stdin=f"{good}\nnan,{good.split(',', 1)[1]}\n".encode())
        self.fails(1, "predict", "run/model.lathe", "-", says=("line 2, column 1", "1e+300", "f32"),
                   stdin=f"{good}\n1e300,{good.split(',', 1)[1]}\n".encode())
        self.fails(1, "predict", "run/model.lathe", "-", stdin=b"\x89PNG\r\n\x1a\nrest")
        self.fails(1, "predict", "run/model.lathe", "none.png", says="none.png")
        self.fails(1, "predict", "none.lathe", "none.png", says="none.lathe")
        self.fails(2, "predict", "run/model.lathe")


class TrainRows(CliTest):
    def test_some_of_the_rows(self):
        few = self.train("--train-rows", "30", "--batch", "30", "--out", "few")
        write_dataset(self.path("small"), train=30)
        same = self.train("--data", "small", "--batch", "30", "--out", "same")
        self.assertEqual(few["weights_sha256"], same["weights_sha256"])
        self.assertEqual(few["train_loss"], same["train_loss"])
        evaluated = self.json("eval", "few/model.lathe", "--data", "data", "--threads", "1")
        self.assertEqual(evaluated["train_loss"], few["train_loss"])
        self.assertIn("30 training and 40 test", self.ok(
            "train", "mnist", "--data", "data", "--resume", "few/model.lathe", "--epochs", "3"))

    def test_other_data_that_have_fewer(self):
        self.train("--train-rows", "30", "--out", "few")
        write_dataset(self.path("small"), train=20)
        says = "the model was trained on the first 30 training rows, the data have 20"
        self.fails(1, "eval", "few/model.lathe", "--data", "small", says=says)
        self.fails(1, "train", "mnist", "--data", "small", "--resume", "few/model.lathe", "--epochs",
                   "3", says=says)

    def test_bad_numbers_of_rows(self):
        self.train("--out", "run")
        small = ("train", "mnist", "--data", "data", "--epochs", "3")
        self.fails(2, *small, "--train-rows", "121", says=("121", "120 training rows"))
        self.fails(2, *small, "--train-rows", "0", says="from 1")
        self.fails(2, *small, "--resume", "run/model.lathe", "--train-rows", "5",
                   says="--train-rows with --resume")


if __name__ == "__main__":
    cli_test.main()
