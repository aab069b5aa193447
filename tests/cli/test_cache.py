"""Compiled code from the cache: the same work without the compiler, and what looks after the cache."""

import os
import re
import shutil

import cli_test
from cli_test import CliTest

STACK = "16{}:{}softmax:mse:sgd:8"


class CacheTest(CliTest):
    def entries(self):
        folder = self.path(".cache", "lathe", "code")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def libraries(self, *arguments):
        """The names of all files that the program had loaded when it ended."""
        done = self.lathe(*arguments, env={"LD_DEBUG": "files"})
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return set(re.findall(r"([\w.+-]+\.so[\w.]*)", done.stderr.decode()))

    def without_compiler(self):
        """The program alone, in a folder that has no liblathe_llvm.so."""
        os.makedirs(self.path("alone"), exist_ok=True)
        return shutil.copy(cli_test.LATHE, self.path("alone", "lathe"))

    def test_the_compiler_is_loaded_when_it_is_needed_only(self):
        bench = ("bench", "--work", "20-16-4:relu,softmax:cce:sgd:10", "--mode", "compile",
                 "--threads", "1", "--json")
        cold = self.libraries(*bench, "--cache", "cold")
        self.assertIn("liblathe_llvm.so", cold)
        self.assertTrue(any(name.startswith("libLLVM") for name in cold), cold)
        self.lathe(*bench, "--cache", "warm")  # fills the cache, in a process of its own
        warm = self.libraries(*bench, "--cache", "warm")
        self.assertTrue(any(name.startswith("libc.so") for name in warm), warm)
        for names in warm, self.libraries("info"), self.libraries("list", "losses"):
            self.assertFalse([name for name in names if "llvm" in name.lower()])

    def test_the_same_bits_without_the_compiler(self):
        first = self.train("--out", "first")
        self.assertTrue(self.entries())
        evaluated = self.json("eval", "first/model.lathe", "--data", "data")
        kept = self.entries()
        cli_test.LATHE, program = self.without_compiler(), cli_test.LATHE
        self.addCleanup(setattr, cli_test, "LATHE", program)
        second = self.train("--out", "second")
        self.assertEqual(second["weights_sha256"], first["weights_sha256"])
        again = self.json("eval", "second/model.lathe", "--data", "data")
        self.assertEqual(again["test_loss"], evaluated["test_loss"])
        self.assertEqual(self.entries(), kept)
        self.fails(1, "eval", "first/model.lathe", "--data", "data", "--no-cache",
                   says=("liblathe_llvm.so", "alone"))
        with open(self.path("alone", "liblathe_llvm.so"), "wb") as file:
            file.write(b"no library")
        self.fails(1, "eval", "first/model.lathe", "--data", "data", "--no-cache",
                   says=("liblathe_llvm.so", "can't be loaded"))

    def test_no_cache(self):
        cached = self.train("--out", "a")
        self.assertTrue(self.entries())
        shutil.rmtree(self.path(".cache"))
        plain = self.train("--out", "b", "--no-cache")
        self.assertEqual(plain["weights_sha256"], cached["weights_sha256"])
        self.assertEqual(self.entries(), [])

    def test_show_verify_clear(self):
        self.assertIn("0 entries", self.ok("cache"))
        self.train()
        shown = self.json("cache")
        count = len(self.entries())
        self.assertEqual(shown["entries"], count)
        self.assertIsNone(shown["trouble"])
        self.assertTrue(0 < shown["bytes"] < shown["limit_bytes"])
        for word in (f"{count} entries", "train_step", "evaluate"):
            self.assertIn(word, self.ok("cache", "show"))
        self.assertEqual(self.json("cache", "verify")["good"], count)
        damaged = self.path(".cache", "lathe", "code", self.entries()[0])
        with open(damaged, "r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"?")
        self.assertIn("damaged", self.ok("cache"))
        verified = self.json("cache", "verify")
        self.assertEqual((verified["good"], verified["damaged"]), (count - 1, 1))
        self.assertEqual(self.json("cache", "clear")["removed"], count - 1)
        self.assertEqual(self.json("cache")["entries"], 0)
        self.fails(2, "cache", "burn", says="clear")

    def test_a_folder_that_others_may_write_to_is_not_used(self):
        first = self.train("--out", "a")
        os.chmod(self.path(".cache", "lathe", "code"), 0o777)
        self.assertIn("others may write", self.json("cache")["trouble"])
        self.assertIn("not used", self.ok("cache"))
        self.assertEqual(self.train("--out", "b")["weights_sha256"], first["weights_sha256"])

    def test_time_grows_as_the_layers_do(self):
        def seconds(layers, rounds):
            work = STACK.format("-16" * layers, "relu," * (layers - 1))
            return min(self.json("bench", "--work", work, "--mode", "compile", "--cache", "cold",
                                 "--threads", "1")["min_s"] for _ in range(rounds))
        # Measured: 8 times as long, or less. A machine that others use too may need twice that.
        self.assertLess(seconds(50, 1), 20 * seconds(5, 3))


if __name__ == "__main__":
    cli_test.main()
