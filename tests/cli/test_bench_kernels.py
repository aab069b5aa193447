"""lathe bench kernels: what it refuses, and what a short run says, with or without other libraries."""

import csv
import io

import cli_test

KERNELS = {"forward", "input-gradient", "weight-gradient", "softmax-loss", "elementwise"}
LIBRARIES = ["Lathe", "OpenBLAS", "oneDNN", "libxsmm", "plain loops"]
QUICK = ("--threads", "1", "--rounds", "1", "--seconds", "0")


class BenchKernelsTest(cli_test.CliTest):
    def test_refuses_what_makes_no_sense(self):
        for args, says in ((("--shape", "100x784"), "expected MxKxN, such as 100x784x500"),
                           (("--shape", "0x1x1"), "each from 1 to 65536"),
                           (("--shape", "65536x65536x2"), "matrices of at most"),
                           (("--kernel", "forwards"), "did you mean 'forward'?"),
                           (("--kernel", ""), "--kernel is empty"),
                           (("--activation", "sigmoide"), "sigmoid"),
                           (("--random", "-1"), "--random"),
                           (("--threads", "0"), "--threads"),
                           (("--rounds", "0"), "--rounds"),
                           (("--plot", "kernels.gif"), "NAME.svg or NAME.png"),
                           (("--json", "--csv"), "--json: both are for standard output"),
                           (("--shape", "8x8x8", "--seed", "3"), "no shape is random"),
                           (("--work", "mnist"), "--work")):
            self.fails(2, "bench", "kernels", *args, says=says)
        self.fails(2, "bench", "--json", "kernels", says="expected options behind it")

    def test_help_has_examples(self):
        self.assertIn("lathe bench kernels", self.ok("bench", "--help"))
        text = self.ok("bench", "kernels", "--help")
        self.assertIn("lathe bench kernels --threads 1 --plot kernels.svg", text)
        for kernel in KERNELS:
            self.assertIn(kernel, text)

    def test_json(self):
        out = self.json("bench", "kernels", "--shape", "8x12x20", *QUICK, "--plot", "k.svg",
                        "--activation", "relu")
        self.assertEqual((out["threads"], out["activation"], out["errors"]), (1, "relu", 0))
        self.assertGreater(out["peak_gflops"], 0.1)
        self.assertGreater(out["memory_gbs"], 0.01)
        self.assertEqual([p["library"] for p in out["peers"]], LIBRARIES[1:])
        for peer in out["peers"]:
            self.assertNotEqual(peer["version"] is None, peer["trouble"] is None, peer)
        self.assertEqual({row["kernel"] for row in out["rows"]}, KERNELS)
        for row in out["rows"]:
            self.assertEqual((row["shape"], row["m"], row["k"], row["n"], row["error"]),
                             ("8x12x20", 8, 12, 20, None))
            self.assertEqual([e["library"] for e in row["entries"]], LIBRARIES)
            for entry in row["entries"]:
                self.assertNotEqual(entry["seconds"] is None, entry["trouble"] is None, entry)
            ours = row["entries"][0]
            self.assertTrue(0 < ours["seconds"] < 1)
            self.assertAlmostEqual(ours["gbs"] * ours["seconds"] * 1e9 / row["bytes"], 1)
            if row["flops"]:
                self.assertAlmostEqual(ours["gflops"] * ours["seconds"] * 1e9 / row["flops"], 1)
                self.assertGreaterEqual(row["padded_flops"], row["flops"])
            others = [e["seconds"] for e in row["entries"][1:] if e["seconds"]]
            self.assertEqual(row["beside_best"],
                             min(others) / ours["seconds"] if others else None)
        self.assertIn(b"<svg", cli_test.read(self.path("k.svg")))

    def test_csv(self):
        text = self.ok("bench", "kernels", "--random", "2", "--seed", "5", "--shape", "4x5x6", *QUICK,
                       "--kernel", "elementwise", "--csv")
        rows = list(csv.DictReader(io.StringIO(text)))
        self.assertEqual([r["library"] for r in rows], 3 * LIBRARIES)
        self.assertEqual([rows[0][k] for k in ("kernel", "m", "k", "n", "threads")],
                         ["elementwise", "4", "5", "6", "1"])
        for row in rows:
            self.assertNotEqual(row["seconds"] == "", row["trouble"] == "", row)

    def test_table(self):
        text = self.ok("bench", "kernels", "--shape", "5x6x7", "--kernel", "forward,elementwise",
                       *QUICK)
        self.assertIn("1 thread, sigmoid, seed 1: peak", text)
        self.assertEqual(text.count("\n5x6x7 "), 2)


if __name__ == "__main__":
    cli_test.main()
