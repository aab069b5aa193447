"""data get of the real MNIST, from a server on the loopback, and a training on what came."""

import json
import os

import cli_test
from cli_test import CliTest, read, served


class RealData(CliTest):
    def test_fetch(self):
        """With the real files, where this machine has them."""
        here = os.path.dirname(os.path.abspath(__file__))
        done = self.lathe("info", "--json", cwd=os.path.dirname(os.path.dirname(here)),
                          env={"LATHE_DATA": os.environ.get("LATHE_DATA"),
                               "HOME": os.environ.get("HOME", self.folder)})
        place = json.loads(done.stdout)["data"]["mnist"]
        if not place or not os.path.isabs(place):
            place = place and os.path.join(os.path.dirname(os.path.dirname(here)), place)
        names = [f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k")
                 for kind in ("images-idx3", "labels-idx1")]
        if not place or not all(os.path.exists(os.path.join(place, n)) for n in names):
            self.skipTest("no real MNIST on this machine")
        files = {name: read(os.path.join(place, name)) for name in names}
        with served(files) as address:
            out = self.json("data", "get", "mnist", "--dir", "sets", "--mirror", address)
            self.assertEqual(out["data"], "sets/mnist")
            again = self.ok("data", "get", "mnist", "--dir", "sets", "--mirror", address)
        self.assertIn("sets/mnist", again)
        for name in names:
            self.assertEqual(read(self.path("sets", "mnist", name)), files[name])
        out = self.json("train", "mnist", "--data", "sets", "--hidden", "", "--epochs", "1",
                        "--loss", "cce", "--batch", "128")
        self.assertGreater(out["test_accuracy"], 0.85)


if __name__ == "__main__":
    cli_test.main()
