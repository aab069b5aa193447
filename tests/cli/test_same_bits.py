"""The same bits: whatever the threads, stopped or not, run again, alone or in a batch."""

import random
import unittest

import cli_test
from cli_test import CliTest, picture, write, write_dataset


class SameBits(CliTest):
    def weights(self, *arguments, hidden="37,13"):
        """After odd widths and a ragged last batch."""
        return self.json("train", "mnist", "--data", "data", "--hidden", hidden, "--batch", "17",
                         "--lr", "0.3", "--seed", "5", *arguments)["weights_sha256"]

    def test_threads_and_repetition(self):
        write_dataset(self.path("data"), train=230)
        first = self.weights("--epochs", "2", "--threads", "1")
        for threads in (1, 2, 3, 7):
            self.assertEqual(self.weights("--epochs", "2", "--threads", str(threads)), first,
                             f"{threads} threads")
        self.assertNotEqual(self.weights("--epochs", "2", "--seed", "6"), first)

    def test_threads_while_the_faster_number_is_found(self):
        """The first epochs run on all threads, some on one, the rest on what was faster."""
        write_dataset(self.path("data"), train=230)
        options = ("--epochs", "9", "--dropout", "0.25", "--optimizer", "adam")
        first = self.weights(*options, "--threads", "1")
        for threads in (("2",), ("2", "--pin"), ("3", "--pin"), ("7",)):
            self.assertEqual(self.weights(*options, "--threads", *threads), first, threads)

    @unittest.skipUnless(
        cli_test.cpu_has("fma", "avx2", "bmi1", "bmi2", "movbe", "f16c", "abm", "avx512dq"),
        "x86-64-v3 does not run here, or is all that this machine has")
    def test_other_vectors(self):
        write_dataset(self.path("data"), train=230)
        options = ("--epochs", "2", "--dropout", "0.25", "--optimizer", "adam", "--loss", "cce")
        for activation in ("sigmoid", "relu", "tanh"):
            self.assertEqual(
                self.weights(*options, "--activation", activation, "--cpu", "x86-64-v3"),
                self.weights(*options, "--activation", activation), activation)
        self.assertEqual(self.weights(*options, "--cpu", "x86-64-v3", hidden="64,3"),
                         self.weights(*options, hidden="64,3"), "a layer of few columns")

    def test_resumed_halves(self):
        write_dataset(self.path("data"), train=230)
        for more in ((), ("--momentum", "0.9", "--nesterov", "--loss", "cce")):
            whole = self.weights("--epochs", "4", "--out", "whole", *more)
            self.weights("--epochs", "2", "--out", "half", *more)
            resumed = self.json("train", "mnist", "--data", "data", "--resume", "half/model.lathe",
                                "--epochs", "4", "--threads", "3", "--out", "half")
            self.assertEqual(resumed["weights_sha256"], whole)
            with open(self.path("half", "history.csv"), encoding="utf-8") as file:
                self.assertEqual(len(file.readlines()), 5)

    def test_a_row_alone_and_in_a_batch(self):
        self.train("--hidden", "37,13")
        rng = random.Random(2)
        rows = [",".join(map(str, picture(i % 10, rng))) for i in range(101)]

        def probabilities(part):
            out = self.json("predict", "run/model.lathe", "-", stdin="\n".join(part).encode())
            return [p["probabilities"] for p in out["predictions"]]
        whole = probabilities(rows)
        self.assertEqual(len(whole), 101)
        self.assertEqual(probabilities(rows[:32]), whole[:32])
        for i in (0, 31, 57, 100):
            self.assertEqual(probabilities(rows[i:i + 1]), whole[i:i + 1], f"row {i}")

    def test_interpreter_agrees(self):
        write_dataset(self.path("data"))
        accuracy, loss = [], []
        for backend in ("auto", "interpreter"):
            out = self.train("--backend", backend, "--epochs", "3")
            accuracy.append(out["test_accuracy"])
            loss.append(out["test_loss"])
        self.assertAlmostEqual(loss[0], loss[1], places=5)
        self.assertAlmostEqual(accuracy[0], accuracy[1], delta=0.03)


if __name__ == "__main__":
    cli_test.main()
