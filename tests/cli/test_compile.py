"""compile: object, header and weights of a saved model, used from C by the system's compiler."""

import os
import random
import shutil
import struct
import subprocess

import cli_test
from cli_test import SIDE, CliTest, cpu_has, picture, read, write

ROWS = 37
PROGRAM = r"""
#include "digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD 4096

static void *read_all(const char *path, long *bytes) {
  FILE *file = fopen(path, "rb");
  void *all;
  if (!file) exit(10);
  fseek(file, 0, SEEK_END);
  *bytes = ftell(file);
  rewind(file);
  all = malloc((size_t)*bytes);
  if (!all || fread(all, 1, (size_t)*bytes, file) != (size_t)*bytes) exit(11);
  fclose(file);
  return all;
}

static void write_all(const char *path, const void *from, size_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(from, 1, bytes, file) != bytes || fclose(file)) exit(12);
}

int main(void) {
  long weights_bytes, x_bytes, u_bytes, y_bytes;
  void *weights = read_all("out/digits.weights", &weights_bytes);
  float *x = read_all("x.f32", &x_bytes);
  uint8_t *u = read_all("x.u8", &u_bytes);
  int32_t *y = read_all("y.i32", &y_bytes);
  int64_t rows = y_bytes / 4, bytes = digits_bytes(16), i, step;
  unsigned char *block = aligned_alloc(64, (size_t)((bytes + 2 * GUARD + 63) / 64 * 64));
  float *results = malloc((size_t)rows * 10 * sizeof(float)), losses[3];
  digits_model *m;
  memset(block, 0xA5, (size_t)bytes + 2 * GUARD);
  if (bytes <= 0 || digits_bytes(0) != 0 || digits_bytes(DIGITS_MAX_ROWS + 1) != 0) return 20;
  if (digits_create(block + GUARD + 4, bytes) || digits_create(block + GUARD, bytes - 1)) return 21;
#ifdef ON
  m = digits_create_on(block + GUARD, bytes, 1, ON);
#else
  m = digits_create(block + GUARD, bytes);
#endif
  if (!m) return 22;
  if (digits_predict(m, x, rows, results) != DIGITS_NO_WEIGHTS) return 23;
  if (digits_load(m, weights, weights_bytes - 1) != DIGITS_SHORT_BUFFER) return 24;
  if (digits_load(m, block + GUARD, 4096) != DIGITS_NOT_WEIGHTS) return 25;
  ((unsigned char *)weights)[weights_bytes / 2] ^= 1;
  if (digits_load(m, weights, weights_bytes) != DIGITS_BAD_CHECKSUM) return 26;
  ((unsigned char *)weights)[weights_bytes / 2] ^= 1;
  ((unsigned char *)weights)[72] ^= 1;
  if (digits_load(m, weights, weights_bytes) != DIGITS_OTHER_MODEL) return 27;
  ((unsigned char *)weights)[72] ^= 1;
  if (digits_load(m, weights, weights_bytes) != DIGITS_OK) return 28;
  if (digits_predict(m, x, 0, results) != DIGITS_BAD_ROWS) return 29;
  if (digits_predict(m, 0, rows, results) != DIGITS_NULL_POINTER) return 30;
  if (digits_predict(0, x, rows, results) != DIGITS_NO_MODEL) return 31;
  losses[0] = digits_train_step(m, u, y, DIGITS_MAX_ROWS + 1);
  if (losses[0] == losses[0] || digits_error(m) != DIGITS_BAD_ROWS) return 32;
  if (digits_output(m, 0)) return 38;
  if (digits_predict_part(m, x, rows, results, 1, 2, 0, 0) != DIGITS_BAD_WORKER) return 33;
  if (digits_predict(m, x, rows, results) != DIGITS_OK) return 34;
  write_all("results.f32", results, (size_t)rows * 10 * sizeof(float));
  for (step = 0; step < 3; ++step)
    losses[step] = digits_train_step(m, u + 16 * step * (u_bytes / rows), y + 16 * step,
                                     step < 2 ? 16 : rows - 32);
  for (step = 0; step < 3; ++step) printf("%.9g\n", (double)losses[step]);
  if (*(const float *)digits_output(m, DIGITS_TRAIN_STEP_LOSS) != losses[2]) return 35;
  if (digits_output(m, 1000) || digits_output(m, -1)) return 37;
  if (digits_save(m, weights, digits_weights_bytes()) != DIGITS_OK) return 36;
  write_all("trained.weights", weights, (size_t)weights_bytes);
  for (i = 0; i < GUARD; ++i)
    if (block[i] != 0xA5 || block[GUARD + bytes + i] != 0xA5) return 40;
  free(weights);
  free(x);
  free(u);
  free(y);
  free(block);
  free(results);
  return 0;
}
"""


class Compile(CliTest):
    def setUp(self):
        super().setUp()
        if "without" in self.ok("info"):
            self.skipTest("built without LLVM")
        self.train("--optimizer", "adam")

    def cc(self, compiler, *arguments):
        done = subprocess.run([compiler, *arguments], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def compile(self, *arguments):
        return self.json("compile", "run/model.lathe", "--out", "out", "--name", "digits", *arguments)

    def undefined(self, path):
        shown = subprocess.run(["nm", "-u", path], cwd=self.folder, stdout=subprocess.PIPE, check=True)
        return set(shown.stdout.decode().split()) - {"U"}

    def inputs(self):
        """Rows for PROGRAM, and the same as CSV."""
        rng = random.Random(3)
        labels = [i % 10 for i in range(ROWS)]
        pixels = b"".join(picture(label, rng) for label in labels)
        write(self.folder, "x.u8", pixels)
        write(self.folder, "x.f32", struct.pack(f"<{len(pixels)}f", *pixels))
        write(self.folder, "y.i32", struct.pack(f"<{ROWS}i", *labels))
        write(self.folder, "rows.csv", "\n".join(
            ",".join(map(str, pixels[i * SIDE * SIDE:(i + 1) * SIDE * SIDE])) for i in range(ROWS)) + "\n")

    def run_program(self, *options, compiler="cc", runner=(), name="program"):
        """Compiles PROGRAM with the object, runs it; its predictions, the weights that it has trained, its losses."""
        write(self.folder, "program.c", PROGRAM)
        self.cc(compiler, "-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I", "out", *options,
                "program.c", "out/digits.o", "-o", name)
        done = subprocess.run([*runner, self.path(name)], cwd=self.folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertEqual(done.stderr, b"")
        return (read(self.path("results.f32")), read(self.path("trained.weights")),
                [float(line) for line in done.stdout.split()])

    def test_a_c_program(self):
        written = self.compile("--max-batch", "16")
        self.assertEqual([f["path"] for f in written["files"]],
                         [f"out/{name}" for name in ("digits.o", "digits.h", "digits.weights", "digits_threads.h",
                                                     "digits_threads.c", "digits.README")])
        self.assertLessEqual(self.undefined("out/digits.o"), {"memcpy", "memset"})
        self.inputs()
        results, _, losses = self.run_program()
        shown = self.json("predict", "run/model.lathe", "rows.csv")["predictions"]
        expected = [p for row in shown for p in row["probabilities"]]
        self.assertEqual(results, struct.pack(f"<{ROWS * 10}f", *expected))
        self.assertTrue(all(0 < loss < 10 for loss in losses), losses)
        # What C has trained, Lathe reads, and writes as it was.
        trained = self.json("convert", "run/model.lathe", "trained.lathe", "--weights", "trained.weights")
        before = self.json("convert", "run/model.lathe", "same.lathe", "--weights", "out/digits.weights")
        self.assertNotEqual(trained["weights_sha256"], before["weights_sha256"])
        self.ok("convert", "trained.lathe", "again.weights")
        self.assertEqual(read(self.path("again.weights")), read(self.path("trained.weights")))

    def test_weights_in_the_object_and_no_c_library(self):
        self.compile("--embed-weights", "--freestanding")
        self.assertEqual(self.undefined("out/digits.o"), set())
        self.inputs()
        write(self.folder, "own.c", """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "digits.h"
int main(void) {
  digits_model *m = digits_create(aligned_alloc(64, digits_bytes(1)), digits_bytes(1));
  float x[784], y[10];
  char *saved = malloc(digits_weights_bytes());
  FILE *file = fopen("x.f32", "rb");
  if (!m || !file || !saved || fread(x, 4, 784, file) != 784) return 1;
  if (digits_load(m, digits_weights(), digits_weights_bytes()) || digits_predict(m, x, 1, y)) return 2;
  if (digits_save(m, saved, digits_weights_bytes())) return 3;
  if (memcmp(saved, digits_weights(), digits_weights_bytes())) return 4;
  for (int i = 0; i < 10; ++i) printf("%.9g\\n", (double)y[i]);
  return 0;
}
""")
        self.cc("cc", "-I", "out", "own.c", "out/digits.o", "-o", "own")
        done = subprocess.run([self.path("own")], cwd=self.folder, stdout=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0)
        shown = self.json("predict", "run/model.lathe", "rows.csv")["predictions"][0]["probabilities"]
        self.assertEqual(struct.pack("<10f", *map(float, done.stdout.split())), struct.pack("<10f", *shown))

    def test_kinds(self):
        self.inputs()
        shown = [p for row in self.json("predict", "run/model.lathe", "rows.csv")["predictions"]
                 for p in row["probabilities"]]
        self.assertEqual(self.compile("--kind", "exe")["files"][-1]["path"], "out/digits")
        pixels = read(self.path("x.u8"))
        idx = cli_test.idx_bytes([ROWS, SIDE, SIDE], pixels)
        names = b",".join(b"p%d" % i for i in range(SIDE * SIDE)) + b"\n"
        csv = read(self.path("rows.csv"))
        for options, given in (((), csv), ((), csv.replace(b",", b" ; ").replace(b"\n", b"\r\n")), ((), names + csv),
                               ((), csv[:-1]), ((), b"\xef\xbb\xbf" + csv), ((), idx), (("--raw",), read(self.path("x.f32")))):
            done = subprocess.run([self.path("out", "digits"), *options], input=given, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            rows = done.stdout.decode().splitlines()
            self.assertEqual(len(rows), ROWS)
            found = [float(p) for row in rows for p in row.split(",")]
            self.assertEqual(struct.pack(f"<{ROWS * 10}f", *found), struct.pack(f"<{ROWS * 10}f", *shown))
        for options, given, says in (((), b"", "expected rows of 784 numbers"), ((), b"1,2\n", "line 1: 2 numbers, expected 784"),
                                     ((), csv + b"x\n", f"line {ROWS + 1}: expected 784 finite numbers"),
                                     ((), csv.replace(b"0", b"nan", 1), "line 1: expected 784 finite"),
                                     ((), csv.replace(b"\n", b",7\n", 1), "line 1: 785 numbers, expected 784"),
                                     ((), idx[:-1], "other rows than it says"), ((), idx[:9], "cut off"),
                                     (("--raw",), struct.pack("<784f", *[float("nan")] * 784), "not finite"), (("--raw",), b"123", "784 floats"),
                                     (("--other",), b"", "usage:")):
            done = subprocess.run([self.path("out", "digits"), *options], input=given, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2 if "usage" in says else 1, done.stderr)
            self.assertIn(says, done.stderr.decode())
        for kind, library in (("static", "out/libdigits.a"), ("shared", "out/libdigits.so")):
            self.compile("--kind", kind)
            write(self.folder, "use.c", '#include "digits.h"\nint main(void) { return digits_bytes(1) < 1; }\n')
            self.cc("cc", "-I", "out", "use.c", library, f"-Wl,-rpath,{self.path('out')}", "-o", "use")
            self.assertEqual(subprocess.run([self.path("use")], check=False).returncode, 0)
        self.assertIn("can't run /nowhere/cc", self.lathe("compile", "run/model.lathe", "--out", "none", "--kind", "exe",
                                                          env={"CC": "/nowhere/cc"}).stderr.decode())

    def test_levels_of_x86_64(self):
        if os.uname().machine != "x86_64":
            self.skipTest("not an x86-64 machine")
        self.compile("--max-batch", "16", "--cpu", "x86-64,x86-64-v3,x86-64-v4")
        self.inputs()
        chosen = self.run_program()
        base = self.run_program("-DON=DIGITS_ON_X86_64")
        for a, b in zip(struct.unpack(f"<{ROWS * 10}f", chosen[0]), struct.unpack(f"<{ROWS * 10}f", base[0])):
            self.assertAlmostEqual(a, b, places=5)
        if not cpu_has("avx2", "fma"):
            self.skipTest("this machine has no AVX2")
        avx2 = self.run_program("-DON=DIGITS_ON_X86_64_V3")
        self.assertEqual(chosen, avx2)
        if not cpu_has("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"):
            self.skipTest("this machine has no AVX-512")
        self.assertEqual(chosen, self.run_program("-DON=DIGITS_ON_X86_64_V4"))

    def test_memory_is_used_as_it_should_be(self):
        self.inputs()
        if not shutil.which("valgrind"):
            self.skipTest("no valgrind")
        self.compile("--max-batch", "16", "--cpu", "x86-64-v3" if cpu_has("avx2", "fma") else "x86-64")
        self.run_program(runner=("valgrind", "-q", "--error-exitcode=9"))
        self.run_program("-fsanitize=address,undefined", "-fno-sanitize-recover=all", name="sanitized")

    def test_aarch64(self):
        self.compile("--max-batch", "16", "--target", "aarch64-linux-gnu")
        self.assertEqual(struct.unpack("<H", read(self.path("out", "digits.o"))[18:20])[0], 183)  # EM_AARCH64
        if not shutil.which("qemu-aarch64") or not shutil.which("aarch64-linux-gnu-gcc"):
            self.skipTest("no qemu-aarch64 or aarch64-linux-gnu-gcc")
        self.inputs()
        there = self.run_program("-static", compiler="aarch64-linux-gnu-gcc", runner=("qemu-aarch64",))
        if not cpu_has("fma"):
            self.skipTest("this machine has no FMA")
        self.compile("--max-batch", "16")
        self.assertEqual(there, self.run_program())

    def test_the_header_is_clean_c_and_cpp(self):
        self.compile()
        for name, compiler, standards in (("c.c", "cc", ("c99", "c11")), ("c.cpp", "c++", ("c++11", "c++20"))):
            write(self.folder, name, '#include "digits.h"\n#include "digits.h"\nint nothing;\n')
            for standard in standards:
                self.cc(compiler, f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I", "out",
                        "-c", name)

    def test_the_same_model_gives_the_same_files(self):
        self.compile()
        first = [read(self.path("out", f"digits.{end}")) for end in ("o", "h", "weights")]
        self.compile()
        self.assertEqual(first, [read(self.path("out", f"digits.{end}")) for end in ("o", "h", "weights")])

    def test_two_models_in_one_program(self):
        self.compile()
        self.ok("compile", "run/model.lathe", "--out", "out", "--name", "more", "--functions", "predict")
        write(self.folder, "two.c", '#include "digits.h"\n#include "more.h"\n#include <stdio.h>\n'
              "int main(void) { return digits_bytes(1) > 0 && more_bytes(1) > 0 ? 0 : 1; }\n")
        self.cc("cc", "-I", "out", "two.c", "out/digits.o", "out/more.o", "-o", "two")
        self.assertEqual(subprocess.run([self.path("two")], check=False).returncode, 0)

    def test_targets(self):
        for target in ("x86_64-linux-gnu", "x86_64-none-elf", "aarch64-none-elf"):
            self.compile("--target", target)
            self.assertEqual(read(self.path("out", "digits.o"))[:4], b"\x7fELF")
        self.fails(1, "compile", "run/model.lathe", "--out", "none", "--target", "arm64-apple-darwin",
                   says="compiled models are ELF files, which arm64-apple-darwin has not")
        self.fails(2, "compile", "run/model.lathe", "--out", "none", "--kind", "exe", "--target", "aarch64-linux-gnu",
                   says="expected CC to name a C compiler for aarch64-linux-gnu")

    def test_bad_usage(self):
        for arguments, says in ((("--name", "7up"), "'7up' can't begin C's names"),
                                (("--name", "a-b"), "'a-b' can't begin C's names"),
                                (("--name", "stdint"), "a header of C"),
                                (("--functions", "predict,trian_step"), "did you mean 'train_step'"),
                                (("--functions", "init"), "unknown function 'init'"),
                                (("--functions", "predict,predict"), "predict"),
                                (("--cpu", "nonsense"), "--cpu: "),
                                (("--cpu", "x86-64-v3,x86-64"), "rising order"),
                                (("--cpu", "x86-64,skylake"), "expected x86-64, x86-64-v2"), (("--target", "nonsense"), "--target: "),
                                (("--max-batch", "0"), "--max-batch"), (("--out", ""), "--out is empty")):
            with self.subTest(arguments=arguments):
                done = self.lathe("compile", "run/model.lathe", "--out", "bad", *arguments)
                self.assertIn(done.returncode, (1, 2))
                self.assertIn(says, done.stderr.decode())
                self.assertFalse(os.path.exists(self.path("bad")))


if __name__ == "__main__":
    cli_test.main()
