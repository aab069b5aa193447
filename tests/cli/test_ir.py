"""opt, run, dump, list, info: the commands that look inside."""

import json
import math
import os
import re
import shutil
import struct
import subprocess
import unittest

import cli_test
from cli_test import CliTest, read, write

MODULE = """module @m {
  state %w : f32[4,3] {init = glorot_uniform, role = weight, trainable = true}

  func @f(%x: f32[B,4]) -> (y: f32[B,3]) {
    %0 = matmul(%x, %w) : f32[B,3]
    %1 = relu(%0) : f32[B,3]
    return %1
  }
}
"""
CROSSENTROPY = """module @t {
  func @f(%z: f32[B,3], %y: i32[B]) -> (loss: f32[]) {
    %p = softmax(%z) : f32[B,3]
    %s = reduce(%p) {kind = sum, axes = [1], keepdims = true} : f32[B,1]
    %q = div(%p, %s) : f32[B,3]
    %c = map(%q) {fn = (min (max a0 1e-7) 0.9999999)} : f32[B,3]
    %l = log(%c) : f32[B,3]
    %o = one_hot(%y) {depth = 3} : f32[B,3]
    %m = mul(%o, %l) : f32[B,3]
    %r = reduce(%m) {kind = sum, axes = [1]} : f32[B]
    %n = neg(%r) : f32[B]
    %t = reduce(%n) {kind = mean, axes = [0]} : f32[]
    return %t
  }
}
"""
STAGES = ["built", "differentiated", "updated", "simplified", "fused", "laid-out", "scheduled",
          "planned"]


def has_llvm(test):
    return test.json("info")["llvm"] is not None


class Opt(CliTest):
    def test_identity(self):
        self.assertEqual(self.ok("opt", stdin=MODULE.encode()), MODULE)
        write(self.folder, "m.txt", "// a comment\n" + MODULE)
        self.assertEqual(self.ok("opt", "m.txt"), MODULE)

    def test_passes(self):
        fused = self.ok("opt", "--passes=simplify,fuse", stdin=MODULE.encode())
        self.assertIn("kernel", fused)
        self.assertEqual(self.ok("opt", "--until=fuse", stdin=MODULE.encode()), fused)
        planned = self.ok("opt", "--pipeline", "--verify-each", stdin=MODULE.encode())
        self.assertIn("arena", planned)
        self.assertEqual(self.ok("opt", stdin=planned.encode()), planned)
        wide = self.ok("opt", "--pipeline", "--max-batch", "1000", stdin=MODULE.encode())
        self.assertIn("max_batch = 1000", wide)

    def test_json(self):
        text = self.ok("opt", "--pipeline", stdin=MODULE.encode())
        self.assertEqual(self.json("opt", "--pipeline", stdin=MODULE.encode()), {"text": text})
        self.assertEqual(self.json("opt", "--list-passes"),
                         {"text": self.ok("opt", "--list-passes")})

    def test_what_is_told(self):
        done = self.lathe("opt", "--pipeline", "--print-after", "--time", "--remarks",
                          stdin=MODULE.encode())
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"// after fuse", done.stderr)
        names = [line.split()[0] for line in self.ok("opt", "--list-passes").splitlines()]
        self.assertIn("autodiff", names)
        listed = [line.split()[0] for line in self.ok("list", "passes").splitlines()]
        self.assertEqual(listed, names)

    def test_an_optimizer_without_anything_to_learn(self):
        text = MODULE.replace("    return", "    %l = reduce(%1) {kind = sum, axes = [0, 1]} : f32[]\n"
                                            "    minimize(%l) {optimizer = sgd}\n    return")
        self.assertNotEqual(text, MODULE)
        for passes in ("--pipeline", "--passes=autodiff"):
            done = self.lathe("opt", passes, stdin=text.encode())
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            done = self.lathe("opt", passes, stdin=text.replace(", trainable = true", "").encode())
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stderr.decode(), r"^lathe: warning: @f has an optimizer, .*"
                                                   r"nothing is learned\n$")

    def test_errors_have_a_place(self):
        self.fails(1, "opt", stdin=MODULE.replace("relu", "relo").encode(), says="<stdin>:6:")
        write(self.folder, "m.txt", MODULE.replace(": f32[B,3]\n    %1", ": f32[B,4]\n    %1"))
        self.fails(1, "opt", "m.txt", says="m.txt:5:")
        self.fails(1, "opt", stdin=b"", says="<stdin>:1:1")
        self.fails(1, "opt", stdin=os.urandom(1000), says="<stdin>:")
        self.fails(1, "opt", "none.txt", says="none.txt")
        self.fails(2, "opt", "--passes=fuse", "--pipeline", stdin=MODULE.encode())


class Run(CliTest):
    INPUTS = ("--input", "x=1,2,3,4,-1,-2,-3,-4", "--state",
              "w=1,0,0,0,1,0,0,0,1,1,1,1")

    def test_interpreter(self):
        out = self.ok("run", "-", *self.INPUTS, "--states", stdin=MODULE.encode())
        self.assertEqual(out, "y : f32[2,3]\n5 6 7\n0 0 0\n"
                              "state w : f32[4,3]\n1 0 0\n0 1 0\n0 0 1\n1 1 1\n")

    def test_compiled(self):
        if not has_llvm(self):
            self.skipTest("built without LLVM")
        out = self.ok("run", "-", *self.INPUTS, "--backend", "llvm", stdin=MODULE.encode())
        self.assertEqual(out, "y : f32[2,3]\n5 6 7\n0 0 0\n")
        out = self.ok("run", "-", "--input", "x=random:3", "--batch", "37", "--state",
                      "w=random:1", "--compare", "--threads", "2", stdin=MODULE.encode())
        self.assertEqual(out, "output y: agree\nstate w: agree\n")

    def test_compare_takes_the_form_from_logits_on_both_sides(self):
        if not has_llvm(self):
            self.skipTest("built without LLVM")
        # The first row's class has probability exp(-100): clipped, 16.1; from logits, 100.
        out = self.ok("run", "-", "--input", "z=100,0,0,1,2,3", "--input", "y=1,2", "--compare",
                      stdin=CROSSENTROPY.encode())
        self.assertEqual(out, "output loss: agree\n")

    def test_a_model_that_draws(self):
        self.train("--dropout", "0.5")
        first = self.ok("run", "run/model.lathe", "--function", "predict", "--input", "x=0",
                        "--batch", "1")
        self.assertTrue(first.startswith("y : f32[1,10]"), first)
        text = self.ok("opt", "run/model.lathe").encode()
        self.assertIn(b"init = seed", text)
        step = ("run", "-", "--function", "train_step", "--input", "x=random:1", "--input",
                "y=random:2", "--input", "index=0", "--rows", "4", "--states")
        one, same, other = (self.ok(*step, "--seed", seed, stdin=text) for seed in "112")
        self.assertEqual(one, same)
        self.assertNotEqual(one, other)

    def test_states_begin_as_they_say(self):
        text = """module @m {
  state %c : f32[3] {init = constant, value = 2.5}
  state %n : i64[] {init = constant, value = 7}
  state %w : f32[40,60] {init = glorot_uniform, trainable = true}
  state %z : f32[2]

  func @f() -> (c: f32[3], n: i64[], w: f32[40,60], z: f32[2]) {
    return %c, %n, %w, %z
  }
}
"""
        def values(*options):
            out = self.json("run", "-", *options, stdin=text.encode())["outputs"]
            return {name: value["values"] for name, value in out.items()}
        first = values()
        self.assertEqual((first["c"], first["n"], first["z"]), ([2.5] * 3, 7, [0, 0]))
        drawn = [v for row in first["w"] for v in row]
        limit = math.sqrt(6 / (40 + 60))
        self.assertLess(max(map(abs, drawn)), limit)
        self.assertGreater(max(drawn), 0.95 * limit)
        self.assertLess(min(drawn), -0.95 * limit)
        self.assertEqual(values("--seed", "0"), first)
        self.assertNotEqual(values("--seed", "1")["w"], first["w"])
        self.assertEqual(values("--state", "c=1")["c"], [1] * 3)
        self.fails(1, "run", "-", stdin=text.replace("glorot_uniform", "glorot_unifrom").encode(),
                   says=("state %w", "did you mean 'glorot_uniform'"))

    def test_states_of_the_optimizer_begin_as_they_say(self):
        text = """module @m {
  state %w : f32[1] {init = ones, trainable = true}

  func @f(%x: f32[B,1]) -> (l: f32[]) {
    %0 = mul(%x, %w) : f32[B,1]
    %1 = reduce(%0) {axes = [0, 1], kind = sum} : f32[]
    minimize(%1) {learning_rate = 0.25, optimizer = sgd}
    return %1
  }
}
"""
        for backend in ("interpreter", "llvm") if has_llvm(self) else ("interpreter",):
            out = self.json("run", "-", "--input", "x=2", "--backend", backend, "--states",
                            stdin=text.encode())
            self.assertEqual(out["outputs"]["l"]["values"], 2)
            self.assertEqual(out["states"]["w"]["values"], [0.5])

    def test_json(self):
        out = self.json("run", "-", "--states", *self.INPUTS, stdin=MODULE.encode())
        self.assertEqual(out, {
            "function": "f",
            "outputs": {"y": {"type": "f32[2,3]", "shape": [2, 3],
                              "values": [[5, 6, 7], [0, 0, 0]]}},
            "states": {"w": {"type": "f32[4,3]", "shape": [4, 3],
                             "values": [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]}}})
        out = self.json("run", "-", "--input", "x=1,2,3,nan", "--state", "w=1",
                        stdin=MODULE.replace("relu", "neg").encode())
        self.assertEqual(out["outputs"]["y"]["values"], [[None, None, None]])
        loss = self.json("run", "-", "--input", "z=0", "--batch", "2", "--input", "y=1,2",
                         stdin=CROSSENTROPY.encode())["outputs"]["loss"]
        self.assertEqual(loss["shape"], [])
        self.assertAlmostEqual(loss["values"], math.log(3), places=5)
        if has_llvm(self):
            out = self.json("run", "-", *self.INPUTS, "--compare", stdin=MODULE.encode())
            self.assertEqual(out, {"function": "f", "outputs": {"y": "agree"},
                                   "states": {"w": "agree"}, "agree": True})

    def test_npy(self):
        text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 4), }"
        header = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text + b"\n"
        write(self.folder, "x.npy", header + struct.pack("<4f", 1, 2, 3, 4))
        out = self.ok("run", "-", "--input", "x=x.npy", "--state", "w=0.5", stdin=MODULE.encode())
        self.assertEqual(out, "y : f32[1,3]\n5 5 5\n")
        write(self.folder, "bad.npy", header + struct.pack("<3f", 1, 2, 3))
        self.fails(1, "run", "-", "--input", "x=bad.npy", stdin=MODULE.encode(), says="bad.npy")

    def test_windows_of_a_series(self):
        for kind in ("rows", "loops"):
            module = ("module @m {\n  func @f(%x: f32[N,2], %i: i32[B]) -> (y: f32[B,2,2]) {\n"
                      f"    kernel @k {kind} {{\n"
                      "      %0 = gather(%x, %i) {window = 2} : f32[B,2,2]\n    }\n"
                      "    return %0\n  }\n}\n").encode()
            data = ("--input", "x=1,2,3,4,5,6", "--rows", "3")
            self.assertEqual(self.ok("run", "-", *data, "--input", "i=2,1", stdin=module),
                             "y : f32[2,2,2]\n3 4\n5 6\n1 2\n3 4\n")
            if has_llvm(self):
                self.assertEqual(self.ok("run", "-", *data, "--input", "i=2,1", "--compare",
                                         stdin=module), "output y: agree\n")
            self.fails(1, "run", "-", *data, "--input", "i=2,0", stdin=module,
                       says="--input i: no window of 2 rows ends with row 0")
            self.fails(1, "run", "-", *data, "--input", "i=3,1", stdin=module,
                       says="--input i: row 3 of 3 does not exist")

    def test_bad_input(self):
        for arguments, says in ((("--input", "z=1"), "unknown input 'z'"),
                                (("--input", "x"), "NAME=VALUES"),
                                ((), "--input x="),
                                (("--input", "x=1,2,a,4"), "'a' is not a number"),
                                (("--input", "x=random:1"), "--batch"),
                                (("--input", "x=1,2,3,4", "--state", "w=1,2"), "2 values")):
            self.fails(2, "run", "-", *arguments, stdin=MODULE.encode(), says=says)
        self.fails(1, "run", "-", "--function", "g", stdin=MODULE.encode(), says="g")

    def test_values_that_do_not_fit(self):
        def module(dtype):
            return (f"module @m {{\n  func @f(%y: {dtype}[3]) -> (z: {dtype}[3]) {{\n"
                    "    return %y\n  }\n}\n").encode()

        for dtype, values, says in (
                ("i32", "3000000000,2,3", "value 0 (counted from 0) is 3000000000, which i32"),
                ("i32", "1,2.7,3", "value 1 (counted from 0) is 2.7, which i32"),
                ("i32", "1,2,nan", "value 2 (counted from 0) is nan, which i32"),
                ("i32", "-2147483649,0,0", "value 0"),
                ("i64", "1e300,0,0", "value 0"),
                ("i64", "9223372036854775808,0,0", "value 0"),
                ("u8", "1,300,0", "value 1 (counted from 0) is 300, which u8"),
                ("u8", "1,-1,0", "value 1"),
                ("bool", "0,1,0.5", "value 2"),
                ("bool", "0,1,2", "value 2"),
                ("f32", "0,1,1e300", "value 2")):
            with self.subTest(dtype=dtype, values=values):
                self.fails(2, "run", "-", "--input", f"y={values}", stdin=module(dtype),
                           says=("--input y: ", says))

        def same(dtype, given, shown):
            out = self.json("run", "-", "--input", f"y={given}", stdin=module(dtype))
            self.assertEqual(out["outputs"]["z"]["values"], shown)

        same("i32", "-2147483648,2147483647,2e3", [-2147483648, 2147483647, 2000])
        same("u8", "0,255,7.0", [0, 255, 7])
        same("f32", "inf,-inf,0.5", [None, None, 0.5])
        wide = [2**53 - 1, -2**53 + 1, 5]
        same("i64", ",".join(map(str, wide)), wide)
        header = b"\x93NUMPY\x01\x00" + b"\x46\x00" + (
            b"{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }".ljust(69) + b"\n")
        write(self.folder, "wide.npy", header + struct.pack("<3q", *wide))
        same("i64", "wide.npy", wide)
        self.fails(2, "run", "-", "--input", "y=wide.npy", stdin=module("i32"),
                   says=("wide.npy: value 0 (counted from 0) is 9007199254740991, which i32"))
        # The interpreter computes in doubles; compiled code has all 64 bits.
        if has_llvm(self):
            wide = [2**63 - 1, -2**63, 2**53 + 1]
            write(self.folder, "wide.npy", header + struct.pack("<3q", *wide))
            for given in ("wide.npy", ",".join(map(str, wide))):
                out = self.json("run", "-", "--input", f"y={given}", "--backend", "llvm",
                                stdin=module("i64"))
                self.assertEqual(out["outputs"]["z"]["values"], wide)


class Dump(CliTest):
    def test_stages(self):
        self.train("--hidden", "7,5")
        listed = [line.split()[0] for line in self.ok("list", "stages").splitlines()]
        self.assertEqual(listed[:len(STAGES)], STAGES)
        texts = {}
        for stage in STAGES:
            texts[stage] = self.ok("dump", "run/model.lathe", f"--stage={stage}")
            self.assertEqual(self.ok("opt", stdin=texts[stage].encode()), texts[stage], stage)
        self.assertIn("minimize", texts["built"])
        self.assertIn("update", texts["differentiated"])
        self.assertIn("kernel", texts["fused"])
        self.assertIn("phase", texts["scheduled"])
        self.assertIn("// arena", texts["planned"])
        only = self.ok("dump", "run/model.lathe", "--stage=planned", "--only", "train_step")
        self.assertEqual(re.findall(r"func @(\w+)", only), ["train_step"])
        self.fails(1, "dump", "run/model.lathe", "--only", "step", says="train_step")

    def test_code(self):
        if not has_llvm(self):
            self.skipTest("built without LLVM")
        self.train("--hidden", "7")
        for stage, says in (("llvm", "define"), ("llvm-opt", "define"), ("asm", ".text")):
            self.assertIn(says, self.ok("dump", "run/model.lathe", f"--stage={stage}"))
        done = self.lathe("dump", "run/model.lathe", "--stage=object")
        self.assertEqual(done.stdout[:4], b"\x7fELF")
        self.fails(2, "dump", "run/model.lathe", "--stage=asm", "--format", "json")
        said = self.fails(2, "dump", "run/model.lathe", "--stage=asm", "--cpu", "nonsense",
                          says="--cpu: llvm does not know the cpu 'nonsense'")
        self.assertEqual(said.count("\n"), 2, said)  # and where its help is
        self.fails(2, "dump", "run/model.lathe", "--stage=asm", "--target", "nonsense",
                   says="--target: ")
        native = self.ok("dump", "run/model.lathe", "--stage=asm", "--cpu", "native")
        self.assertEqual(native, self.ok("dump", "run/model.lathe", "--stage=asm"))
        self.fails(2, "dump", "run/model.lathe", "--stage=object", "--json", says="--output")

    def test_formats(self):
        self.train("--hidden", "7")
        module = json.loads(self.ok("dump", "run/model.lathe", "--stage=fused", "--format=json"))
        functions = {f["name"]: f for f in module["functions"]}
        self.assertIn("train_step", functions)
        for f in functions.values():
            defined = {p["name"] for p in f["params"]}
            defined |= {op["result"].lstrip("%") for op in f["ops"] if "result" in op}
            defined |= {s["name"] for s in module["states"]}
            for op in f["ops"]:
                self.assertLessEqual({o.lstrip("%") for o in op["operands"]}, defined)
        self.assertEqual(self.json("dump", "run/model.lathe", "--stage=fused"),
                         {"stage": "fused",
                          "text": self.ok("dump", "run/model.lathe", "--stage=fused")})
        self.assertEqual(self.json("dump", "run/model.lathe", "--output", "m.txt"),
                         {"stage": "built", "output": "m.txt"})
        self.assertEqual(self.ok("dump", "run/model.lathe", "--output", "-"),
                         read(self.path("m.txt")).decode())
        dot = self.ok("dump", "run/model.lathe", "--stage=fused", "--format=dot")
        self.assertTrue(dot.startswith("digraph"))
        self.assertEqual(dot.count("{"), dot.count("}"))
        self.assertIn(r"\n%dense_kernel", dot)
        self.assertNotIn(r"\\n", dot)
        if shutil.which("dot"):
            subprocess.run(["dot", "-Tsvg"], input=dot.encode(), check=True,
                           stdout=subprocess.DEVNULL)
        self.ok("dump", "run/model.lathe", "--stage=fused", "--format=proto", "--output", "m.pb")
        self.assertEqual(self.ok("opt", "m.pb"),
                         self.ok("dump", "run/model.lathe", "--stage=fused"))

    def test_a_saved_model_runs(self):
        self.train("--hidden", "7")
        out = self.ok("run", "run/model.lathe", "--function", "predict", "--input", "x=random:1",
                      "--batch", "3")
        self.assertTrue(out.startswith("y : f32[3,10]\n"))
        rows = [[float(v) for v in line.split()] for line in out.splitlines()[1:]]
        for row in rows:
            self.assertAlmostEqual(sum(row), 1, places=5)


class Readme(CliTest):
    def test_shows_what_dump_prints(self):
        here = os.path.dirname(os.path.abspath(__file__))
        readme = os.path.join(os.path.dirname(os.path.dirname(here)), "README.md")
        with open(readme, encoding="utf-8") as file:
            shown = re.search(r"```\n(    kernel .*?\n    }\n)```", file.read(), re.DOTALL)[1]
        cli_test.write_dataset(self.path("data"))
        self.ok("train", "mnist", "--data", "data", "--epochs", "1", "--scale", "raw")
        self.assertIn(shown, self.ok("dump", "run/model.lathe", "--stage=planned", "--only",
                                     "train_step"))


class Lists(CliTest):
    def test_lists(self):
        for kind, names in (("activations", {"relu", "sigmoid", "tanh", "softmax", "linear"}),
                            ("losses", {"mse", "mae", "cce", "bce"}), ("optimizers", {"sgd"}),
                            ("metrics", {"acc", "mse"}), ("layers", {"Dense"}),
                            ("initializers", {"zero", "glorot_uniform"}),
                            ("ops", {"matmul", "relu", "gather"}), ("stages", {"built"}),
                            ("targets", {"open", "rise"}), ("baselines", {"naive", "linear"}),
                            ("presets", {"all-open", "lecture-rise"})):
            lines = self.ok("list", kind).splitlines()
            self.assertLessEqual(names, {line.split()[0] for line in lines}, kind)
            self.assertEqual(len(lines), len({line.split()[0] for line in lines}), kind)
            out = self.json("list", kind)
            self.assertEqual(list(out), ["kind", "entries"])
            self.assertEqual(out["kind"], kind)
            self.assertEqual([entry["name"] for entry in out["entries"]],
                             [line.split()[0] for line in lines])
            for entry, line in zip(out["entries"], lines):
                self.assertEqual(set(entry), {"name", "text"})
                self.assertTrue(line.endswith(entry["text"]), line)

    def test_an_entry_has_its_shortest_name_first(self):
        for entry in self.json("list", "losses")["entries"]:
            others = entry["text"].partition("(also ")[2].rstrip(")").split(", ")
            self.assertEqual(entry["name"], entry["name"].lower())
            self.assertTrue(all(len(entry["name"]) <= len(other) for other in others
                                if other and other == other.lower()), entry)
            self.assertNotRegex(entry["text"], r"\b[EO]\(")  # words for the compiler alone
        sets = {e["name"]: e["text"] for e in self.json("list", "datasets")["entries"]}
        self.assertEqual(sets, {"mnist": "handwritten digits, 28x28 pixels, 10 classes",
                                "fashion-mnist": "clothes, 28x28 pixels, 10 classes"})

    def test_info(self):
        out = self.json("info")
        self.assertGreaterEqual(out["threads"], 1)
        self.assertIn("mnist", out["data"])
        self.assertIn("threads", self.ok("info"))

    def test_help_offers_only_what_there_is(self):
        layers = {line.split()[0] for line in self.ok("list", "layers").splitlines()}
        self.assertEqual("--dropout" in self.ok("train", "--help"), "Dropout" in layers)
        self.fails(2, "bench", "--cache", "hot", says="cold, warm")

    def test_bench(self):
        work = "20-16-4:relu,softmax:cce:sgd:10"
        for mode in ("step", "ragged@3", "compile", "predict@7"):
            out = self.json("bench", "--work", work, "--mode", mode, "--threads", "1")
            self.assertTrue(0 < out["min_s"] <= out["median_s"] < 60, out)
            self.assertEqual(out["workers"], None if mode == "compile" else 1)
            if mode != "compile":
                self.assertAlmostEqual(out["share_of_peak"], out["gflops"] / out["peak_gflops"])
                self.assertGreater(out["peak_gflops"], 0.1)
        out = self.json("bench", "--work", work, "--mode", "step", "--threads", "2", "--pin")
        self.assertIn(out["workers"], (1, 2))
        self.assertIn("ran on", self.ok("bench", "--work", work, "--mode", "step"))


if __name__ == "__main__":
    cli_test.main()
