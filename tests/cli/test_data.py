"""data get, from a server on the loopback."""

import json
import os
import unittest

import cli_test
from cli_test import LATHE, CliTest, read, served


class DataGet(CliTest):
    def test_wrong_bytes_are_refused(self):
        with served({"train-images-idx3-ubyte.gz": b"not the data"}) as address:
            self.fails(1, "data", "get", "mnist", "--dir", "sets", "--mirror", address,
                       says="train-images-idx3-ubyte.gz")
        left = os.listdir(self.path("sets", "mnist")) if os.path.exists(
            self.path("sets", "mnist")) else []
        self.assertNotIn("train-images-idx3-ubyte.gz", left)

    def test_nobody_there(self):
        with served({}) as address:
            pass  # nothing listens at the address any more
        self.fails(1, "data", "get", "mnist", "--dir", "sets", "--mirror", address,
                   says="train-images-idx3-ubyte.gz")

    def test_usage(self):
        self.fails(2, "data", "get", says="NAME")
        self.fails(2, "data", "get", "minst", says="did you mean 'mnist'")


if __name__ == "__main__":
    cli_test.main()
