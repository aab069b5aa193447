"""Bad input and bad usage: one clear error each, the right exit code, old files intact."""

import gzip
import os
import random
import shutil
import subprocess
import unittest

import cli_test
from cli_test import SIDE, CliTest, idx_bytes, read, write, write_dataset


class Usage(CliTest):
    """Exit code 2, and the nearest name."""

    def test_usage(self):
        for arguments, says in (
                (("tran",), "did you mean 'train'"),
                ((), "no command"),
                (("train",), ("missing: TASK", "usage: lathe train [OPTIONS] TASK")),
                (("eval",), ("missing: MODEL", "usage: lathe eval [OPTIONS] MODEL")),
                (("predict", "x"), ("missing: FILE", "usage: lathe predict [OPTIONS] MODEL")),
                (("list",), ("missing: KIND, what to list: activations", "usage: lathe list")),
                (("data", "get"), ("missing: NAME, the data set: mnist", "usage: lathe data")),
                (("run",), ("missing: FILE, IR text", "usage: lathe run [OPTIONS] FILE")),
                (("-v",), "unknown option '-v'"),
                (("info", "--json=false"), "--json takes no value"),
                (("train", "mnist", "--device", "cuda"), "--device cuda is not in this build"),
                (("eval", "x", "--device", "cuda"), "--device cuda is not in this build"),
                (("train", "mnits"), "did you mean 'mnist'"),
                (("train", "mnist", "--epoch", "3"), "did you mean '--epochs'"),
                (("train", "mnist", "--learning-rate", "1"), "did you mean '--lr'"),
                (("train", "xor", "--learning_rate=1"), "did you mean '--lr'"),
                (("train", "mnist", "--batch-size", "3"), "did you mean '--batch'"),
                (("train", "mnist", "--batch_size=3"), "did you mean '--batch'"),
                (("train", "mnist", "--validation-split", "0.1"),
                 "'--validation-split'; every epoch is validated on the test rows"),
                (("eval", "x", "--learning-rate", "1"), "unknown option '--learning-rate'"),
                (("train", "mnist", "--epochs"), "--epochs needs a value"),
                (("train", "mnist", "--epochs", "0"), "from 1"),
                (("train", "mnist", "--lr", "fast"), "--lr"),
                (("train", "mnist", "--lr", "nan"), "--lr"),
                (("train", "mnist", "--batch", "1.5"), "--batch"),
                (("train", "mnist", "--threads", "0"), "from 1 to 256"),
                (("train", "mnist", "--threads", "257"), "from 1 to 256"),
                (("train", "mnist", "--hidden", "30,x"), "--hidden"),
                (("train", "mnist", "--hidden", "30,0"), "--hidden"),
                (("train", "mnist", "--activation", "rely"), "did you mean 'relu'"),
                (("train", "mnist", "--loss", "msee"), "did you mean 'mse'"),
                (("train", "mnist", "--optimizer", "sgdd"), "did you mean 'sgd'"),
                (("train", "mnist", "--metrics", "acuracy"), "did you mean 'accuracy'"),
                (("train", "mnist", "--scale", "log"), "unit"),
                (("train", "mnist", "--nesterov"), "--momentum"),
                (("train", "mnist", "--activation", "elu(alfa=1)"), ("--activation: ", "alpha")),
                (("train", "mnist", "--activation", "elu("), "--activation: "),
                (("train", "mnist", "--loss", "huber(delt=1)"), ("--loss: ", "delta")),
                (("train", "mnist", "--loss", "mse(reduction=none)"),
                 ("--loss: ", "take sum_over_batch_size")),
                (("train", "mnist", "--optimizer", "adam(beta_3=1)"), ("--optimizer: ", "beta_")),
                (("train", "mnist", "--optimizer", "adam", "--momentum", "0.9"),
                 "--momentum: adam has none, it is of sgd, "),
                (("train", "mnist", "--optimizer", "Adam", "--nesterov"),
                 "--nesterov: adam has none, it is of sgd, "),
                (("train", "mnist", "--optimizer", "sgd(learning_rate=0.1)", "--lr", "0.2"),
                 "--lr: "),
                (("train", "mnist", "--metrics", "auc(curv=PR)"), ("--metrics: ", "curve")),
                (("train", "mnist", "--metrics", "auc,auc(curve=PR)"), "--metrics: "),
                (("train", "mnist", "--cpu", "x87"), "--cpu: llvm does not know the cpu 'x87'"),
                (("train", "mnist", "--cpu", "x86-64-v33"), "did you mean 'x86-64-v3'"),
                (("train", "mnist", "--cpu="), "--cpu: "),
                (("train", "mnist", "extra"), "one argument too many"),
                (("train", "mnist", "--model", "m.json", "--hidden", "3"), "--hidden with --model"),
                (("list", "activation"), "did you mean 'activations'"),
                (("data", "get", "mnits"), "did you mean 'mnist'"),
                (("data", "put", "mnist"), "unknown action"),
                (("dump", "x", "--stage", "plannd"), "did you mean 'planned'"),
                (("opt", "--passes", "simplfy"), "did you mean 'simplify'"),
                (("bench", "--mode", "predict@0"), "predict@N"),
                (("bench", "--mode", "ragged@0"), "ragged@N"),
                (("bench", "--mode", "ragged@100"), "fewer rows than the batch of 100"),
                (("bench", "--mode", "step", "--cache", "cold"), "--cache with --mode step"),
                (("bench", "--json", "--cache", "cold"), "--cache with --mode step"),
                (("run", "x", "--compare", "--backend", "interpreter"), "--backend with --compare"),
                (("run", "x", "--ulps", "1"), "--ulps without --compare"),
                (("run", "x", "--tolerance", "1"), "--tolerance without --compare"),
                (("bench", "--work", "784-10:relu:mse:foo:10"), "--work: unknown optimizer 'foo'"),
                (("train", "mnist", "--out", ""), "--out is empty"),
                (("bench", "--work", "784-10:relu"), "WIDTHS:ACTS:LOSS:OPT:BATCH")):
            with self.subTest(arguments=arguments):
                self.fails(2, *arguments, says=says)

    def test_help_has_an_example(self):
        commands = [line.split()[0] for line in self.ok("--help").split("Subcommands:")[1]
                    .splitlines() if line.startswith("  ")]
        self.assertIn("train", commands)
        for command in commands:
            out = self.ok(command, "--help")
            self.assertIn(f"Usage: lathe {command}", out)
            self.assertIn(f"Example: lathe {command}", out)

            self.assertEqual(self.ok("help", command), out)
            if "--device" in out:
                self.assertIn("not in this build: cuda", " ".join(out.split()))

    def test_help_on_what_is_no_command(self):
        for arguments in (("help", "tran"), ("tran", "--help")):
            self.fails(2, *arguments, says=("unknown command 'tran'", "did you mean 'train'?"))

    def test_version(self):
        self.assertRegex(self.ok("--version"), r"^lathe \d+\.\d+\.\d+\n$")


class Data(CliTest):
    """Exit code 1 for damaged data, and no search past them."""

    def refused(self, says=()):
        self.fails(1, "train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1",
                   says=says)
        self.assertFalse(os.path.exists(self.path("run", "model.lathe")))

    def damage(self, name, content):
        write_dataset(self.path("data"), train=30, test=10)
        path = os.path.join("data", "mnist", name)
        if content is None:
            os.unlink(self.path(path))
        else:
            write(self.folder, path, content(read(self.path(path))))

    def test_damaged_idx(self):
        images, labels = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
        for name, content, says in (
                (images, lambda b: b[:-1], images),
                (images, lambda b: b[:10], images),
                (images, lambda b: b"", images),
                (images, lambda b: b + b"x", images),
                (images, lambda b: b"\0\0\x09\3" + b[4:], images),
                (images, lambda b: b"\0\1\x08\3" + b[4:], images),
                (images, lambda b: b"\0\0\x08\1" + b[4:], images),
                (images, lambda b: b[:4] + b"\xff\xff\xff\xff" + b[8:], images),
                (images, lambda b: b[:4] + b"\0\0\0\0" + b[8:], images),
                (labels, lambda b: idx_bytes([29], b[8:-1]), "29"),
                (labels, lambda b: b[:8] + b"\x0a" + b[9:], "label"),
                (labels, lambda b: gzip.compress(b)[:-9], labels),
                (labels, lambda b: gzip.compress(b)[:-8] + b"\0\0\0\0" + gzip.compress(b)[-4:],
                 labels),
                (labels, lambda b: gzip.compress(b) + b"more", labels),
                ("t10k-images-idx3-ubyte", lambda b: idx_bytes([10, 14, 14], b[16:16 + 1960]),
                 "14"),
                (labels, None, "train-labels")):
            with self.subTest(name=name, says=says):
                self.damage(name, content)
                self.refused(says)

    def test_missing_folder(self):
        self.fails(1, "train", "mnist", "--data", "nowhere", says="--data: nowhere is no folder")
        self.fails(2, "train", "mnist", "--data", "", says="--data is empty")
        self.fails(1, "train", "mnist", says="nowhere", env={"LATHE_DATA": "nowhere"})
        os.mkdir(self.path("empty"))
        self.fails(1, "train", "mnist", "--data", "empty", says="empty")
        self.fails(1, "train", "fashion-mnist", says="lathe data get fashion-mnist")

    def test_search_path(self):
        write_dataset(self.path("named"), train=30, test=10)
        write_dataset(self.path("data"), train=40, test=10)
        out = self.json("train", "mnist", "--hidden", "", "--epochs", "1",
                        env={"LATHE_DATA": "named"})
        self.assertEqual(out["data"], "named/mnist")
        out = self.json("train", "mnist", "--hidden", "", "--epochs", "1")
        self.assertEqual(os.path.normpath(out["data"]), "data/mnist")

    def test_model_json(self):
        write_dataset(self.path("data"), train=30, test=10)
        for text, says in (("{", "model.json"),
                           ('{"layers": [{"type": "Dens", "units": 10}]}', "layers[0]"),
                           ('{"layers": [{"type": "Dense", "units": -1}]}', "units"),
                           ('{"layers": [{"type": "Dense", "units": 7}]}',
                            "model.json: the last layer has 7 units, but there are 10 classes")):
            write(self.folder, "model.json", text)
            self.fails(1, "train", "mnist", "--data", "data", "--model", "model.json", says=says)
        self.fails(1, "train", "mnist", "--data", "data", "--model", "none.json", says="none.json")

    def test_scale_of_a_model_that_scales_itself(self):
        write_dataset(self.path("data"), train=30, test=10)
        write(self.folder, "model.json",
              '{"layers": [{"type": "Rescaling", "scale": 0.01},'
              ' {"type": "Dense", "units": 10, "activation": "softmax"}]}')
        self.fails(2, "train", "mnist", "--data", "data", "--model", "model.json", "--scale", "raw",
                   says="--scale with --model")

    def test_task_beside_a_file(self):
        self.train("--hidden", "")
        write(self.folder, "rows.csv", "label\n1\n")
        self.fails(2, "eval", "run/model.lathe", "--data", "rows.csv", "--task", "mnist",
                   says="--task with --data rows.csv")

    def test_the_model_to_resume_comes_before_the_data(self):
        write(self.folder, "empty.lathe", "")
        done = self.lathe("train", "mnist", "--resume", "empty.lathe")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn(b"empty.lathe: not a saved model", done.stderr)

    def test_diverged(self):
        self.train("--hidden", "30,30,30")
        before = read(self.path("run", "model.lathe"))
        self.fails(1, "train", "mnist", "--data", "data", "--hidden", "30,30,30", "--scale", "raw",
                   "--activation", "relu", "--loss", "cce", "--lr", "1e6", "--epochs", "30",
                   "--batch", "5", says="loss became")
        self.assertEqual(read(self.path("run", "model.lathe")), before)


    def test_nothing_is_left_of_a_training_that_saved_nothing(self):
        write_dataset(self.path("data"))
        self.fails(1, "train", "mnist", "--data", "data", "--hidden", "30,30,30", "--scale", "raw",
                   "--activation", "relu", "--loss", "cce", "--lr", "1e6", "--epochs", "30",
                   "--batch", "5", "--out", "a/b/c", says="loss became")
        self.assertFalse(os.path.exists(self.path("a")))
        os.mkdir(self.path("mine"))
        self.fails(1, "train", "mnist", "--data", "data", "--hidden", "30,30,30", "--scale", "raw",
                   "--activation", "relu", "--loss", "cce", "--lr", "1e6", "--epochs", "30",
                   "--batch", "5", "--out", "mine", says="loss became")
        self.assertTrue(os.path.exists(self.path("mine")))

    def test_an_error_stands_behind_what_was_told_before_it(self):
        write_dataset(self.path("data"))
        write(self.folder, "small.json", '{"input": [100], "layers": [{"type": "Dense", "units": 10}]}')
        done = subprocess.run([cli_test.LATHE, "train", "mnist", "--data", "data", "--model",
                               "small.json"], cwd=self.folder, env=self.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        lines = done.stdout.decode().splitlines()
        self.assertGreater(len(lines), 1)
        self.assertTrue(lines[-1].startswith("lathe: the model takes 100 numbers"), lines)

    def test_a_cpu_without_64_bits(self):
        self.train("--hidden", "")
        for cpu in ("i386", "i686", "pentium4", "athlon"):
            self.fails(2, "dump", "run/model.lathe", "--cpu", cpu, "--stage", "asm",
                       says=f"--cpu: the cpu '{cpu}' has no 64-bit code")

    def test_a_history_with_a_column_twice(self):
        write(self.folder, "history.csv", "epoch,seconds,loss,loss\n1,1,2,3\n")
        self.fails(1, "curves", "history.csv", says="history.csv:1: two columns are named 'loss'")

    def test_curves_of_losses_that_are_far_apart(self):
        write(self.folder, "history.csv", "epoch,loss\n1,1e308\n2,-1e308\n3,1\n")
        self.assertIn("loss", self.ok("curves", "history.csv"))

    def test_metrics_are_checked_before_data_are_read(self):
        self.fails(2, "train", "mnist", "--data", "nowhere", "--metrics", "f1(average=macr)",
                   says="did you mean 'macro'?")
        self.fails(2, "train", "mnist", "--data", "nowhere", "--metrics", "rmse(name=epoch)",
                   says="name 'epoch' is taken")


class Saved(CliTest):
    def test_changed_bytes(self):
        self.train("--hidden", "")
        path = self.path("run", "model.lathe")
        good = read(path)
        rng = random.Random(4)
        places = list(range(24)) + [len(good) - 1 - i for i in range(8)]
        places += [rng.randrange(len(good)) for _ in range(200)]
        for place in places:
            changed = bytearray(good)
            changed[place] ^= 1 << rng.randrange(8)
            write(self.folder, "bad.lathe", bytes(changed))
            self.fails(1, "summary", "bad.lathe", says="bad.lathe")
        for length in (0, 1, 19, 20, 100, len(good) // 2, len(good) - 1):
            write(self.folder, "bad.lathe", good[:length])
            self.fails(1, "eval", "bad.lathe", "--data", "data", says="bad.lathe")
        write(self.folder, "bad.lathe", good + b"\0")
        self.fails(1, "dump", "bad.lathe", says="bad.lathe")
        self.fails(1, "summary", "data", says="data")

    def test_full_disk_leaves_the_old_file(self):
        self.train("--hidden", "20")
        old = {name: read(self.path("run", name)) for name in os.listdir(self.path("run"))}
        self.fails(1, "train", "mnist", "--data", "data", "--hidden", "20", "--epochs", "1",
                   file_size=20_000, says="run/model.lathe")
        self.assertEqual({name: read(self.path("run", name))
                          for name in os.listdir(self.path("run"))}, old)

    def test_folder_that_cannot_be_made(self):
        write_dataset(self.path("data"), train=30, test=10)
        write(self.folder, "file", "")
        self.fails(1, "train", "mnist", "--data", "data", "--out", "file/run", says="file/run")

    def test_what_cannot_be_written_shows_before_training(self):
        write_dataset(self.path("data"), train=30, test=10)
        os.makedirs(self.path("one", "model.lathe"))
        os.makedirs(self.path("two", "history.csv"))
        for out, says in (("one", "one/model.lathe"), ("two", "two/history.csv"),
                          ("/proc/self", "/proc/self/model.lathe")):
            done = self.lathe("train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1",
                              "--out", out)
            self.assertEqual(done.returncode, 1, out)
            self.assertIn("can't write " + says, done.stderr.decode())
            self.assertNotIn(b"epoch", done.stdout)
            self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_an_older_model_that_cannot_move_stays(self):
        self.train()
        first = {name: read(self.path("run", name)) for name in ("model.lathe", "history.csv")}
        again = ("train", "mnist", "--data", "data", "--hidden", "", "--epochs", "1")

        def refused(says):
            done = self.lathe(*again)
            self.assertEqual(done.returncode, 1)
            self.assertIn("can't write " + says, done.stderr.decode())
            self.assertNotIn(b"epoch 1", done.stdout)
            self.assertEqual({name: read(self.path("run", name)) for name in first}, first)
            self.assertEqual(sorted(os.listdir(self.path("run"))),
                             ["history.csv", "model.lathe", "previous"])

        write(self.folder, "run/previous", "")
        refused("run/previous: ")
        os.unlink(self.path("run", "previous"))
        os.makedirs(self.path("run", "previous", "model.lathe"))
        refused("run/previous/model.lathe: ")
        os.rmdir(self.path("run", "previous", "model.lathe"))
        self.ok(*again)
        self.assertEqual({name: read(self.path("run/previous", name)) for name in first}, first)

    def test_a_full_disk_keeps_the_one_before_too(self):
        self.train()
        self.train("--hidden", "20")
        held = [(folder, name) for folder in ("run", "run/previous")
                for name in ("model.lathe", "history.csv")]
        old = {place: read(self.path(*place)) for place in held}
        self.fails(1, "train", "mnist", "--data", "data", "--hidden", "20", "--epochs", "1",
                   file_size=20_000, says="run/model.lathe")
        self.assertEqual({place: read(self.path(*place)) for place in held}, old)
        self.assertEqual(sorted(os.listdir(self.path("run/previous"))),
                         ["history.csv", "model.lathe"])

    def test_full_standard_output(self):
        if not os.path.exists("/dev/full"):
            self.skipTest("there is no /dev/full")
        with open("/dev/full", "wb") as full:
            done = subprocess.run([cli_test.LATHE, "list", "ops"], stdout=full,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)

    def test_resume(self):
        self.train()
        self.fails(2, "train", "mnist", "--data", "data", "--resume", "run/model.lathe",
                   "--epochs", "2", says="epochs already")
        self.fails(2, "train", "mnist", "--data", "data", "--resume", "run/model.lathe",
                   "--loss", "mse", says="--loss with --resume")
        self.fails(1, "train", "mnist", "--data", "data", "--resume", "none.lathe", says="none")

    def test_real_data_are_not_replaced_by_drawn_digits(self):
        self.train()
        elsewhere = self.path("elsewhere")
        os.makedirs(elsewhere)
        self.fails(1, "eval", "../run/model.lathe", says="trained on real data", cwd=elsewhere)
        self.fails(1, "train", "mnist", "--resume", "../run/model.lathe", "--epochs", "3",
                   says="trained on real data", cwd=elsewhere)

    def test_drawn_digits_are_not_replaced_by_real_data(self):
        self.json("train", "mnist", "--hidden", "", "--epochs", "1")
        write_dataset(self.path("data"))
        before = read(self.path("run", "model.lathe"))
        self.fails(1, "train", "mnist", "--data", "data", "--resume", "run/model.lathe",
                   "--epochs", "2", says=("run/model.lathe was trained on digits drawn by rule",
                                          "data/mnist has real ones"))
        self.assertEqual(read(self.path("run", "model.lathe")), before)
        told = self.ok("eval", "run/model.lathe", "--data", "data")
        self.assertIn("trained on digits drawn by rule, these are real", told)

    def test_a_file_named_drawn(self):
        self.train("--hidden", "")
        names = ",".join(["label", *(f"p{i}" for i in range(SIDE * SIDE))])
        write(self.folder, "drawn", names + "\n3" + ",0" * SIDE * SIDE + "\n")
        out = self.json("eval", "run/model.lathe", "--data", "drawn")
        self.assertEqual(out["data"], "drawn")


if __name__ == "__main__":
    cli_test.main()
