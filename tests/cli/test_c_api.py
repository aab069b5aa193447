"""liblathe.so from C and from Python by ctypes: the same bits as the command line's."""

import ctypes
import os
import random
import struct
import subprocess

import cli_test
from cli_test import SIDE, CliTest, picture, read, write

LIBRARY = os.path.join(os.path.dirname(cli_test.LATHE), "liblathe.so")
HEADERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "frontend")
PROGRAM = r"""
#include <lathe/c_api.h>
#include <stdio.h>
#include <stdlib.h>

static int32_t show(void *user, int64_t epoch, int64_t count, const char *const *names, const double *values) {
  int64_t i;
  (void)user;
  printf("%d", (int)epoch);
  for (i = 0; i < count; ++i) printf(" %s %.9g", names[i], values[i]);
  printf("\n");
  return 0;
}

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, lathe_error());
  return 1;
}

int main(int count, char **arguments) {
  static unsigned char pixels[120 * 784];
  static int32_t labels[120];
  const int64_t x_shape[2] = {120, 784}, y_shape[1] = {120};
  lathe_array x, y;
  lathe_model *m = NULL;
  char sha[65];
  FILE *file = fopen("x.u8", "rb");
  int i;
  if (count != 2 || !file || fread(pixels, 784, 120, file) != 120) return 2;
  for (i = 0; i < 120; ++i) labels[i] = i % 10;
  x.type = LATHE_U8;
  x.rank = 2;
  x.shape = x_shape;
  x.data = pixels;
  y.type = LATHE_I32;
  y.rank = 1;
  y.shape = y_shape;
  y.data = labels;
  if (lathe_parse("{\"input\": [784], \"layers\": [{\"type\": \"Rescaling\", \"scale\": 0.00392156862745098},"
                  "{\"type\": \"Dense\", \"units\": 8, \"activation\": \"relu\"},"
                  "{\"type\": \"Dense\", \"units\": 10, \"activation\": \"softmax\"}]}", &m)) return fail("parse");
  if (lathe_compile(m, "scce", "sgd(learning_rate=0.5)", "accuracy", 7)) return fail("compile");
  if (lathe_fit(m, &x, &y, 16, 3, show, NULL)) return fail("fit");
  if (lathe_evaluate(m, &x, &y, 64, show, NULL)) return fail("evaluate");
  if (lathe_save(m, arguments[1])) return fail("save");
  if (lathe_weights_sha256(m, sha)) return fail("sha");
  printf("%s\n", sha);
  lathe_free(m);
  return 0;
}
"""


class Array(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("rank", ctypes.c_int32),
                ("shape", ctypes.POINTER(ctypes.c_int64)), ("data", ctypes.c_void_p)]


def array(code, shape, buffer):
    return Array(code, len(shape), (ctypes.c_int64 * len(shape))(*shape), ctypes.cast(buffer, ctypes.c_void_p))


class CApi(CliTest):
    def setUp(self):
        super().setUp()
        if not os.path.exists(LIBRARY):
            self.skipTest("no liblathe.so in this build")
        if b"__asan_" in read(LIBRARY) or b"__tsan_" in read(LIBRARY):
            self.skipTest("a library with a sanitizer can't be loaded by another program")
        rng = random.Random(3)
        write(self.folder, "x.u8", b"".join(picture(i % 10, rng) for i in range(120)))

    def run_c(self):
        write(self.folder, "program.c", PROGRAM)
        done = subprocess.run(["cc", "-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-I", HEADERS, "program.c",
                               LIBRARY, f"-Wl,-rpath,{os.path.dirname(LIBRARY)}", "-o", "program"], cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        done = subprocess.run([self.path("program"), "c.lathe"], cwd=self.folder, env=self.environment(),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode().splitlines()

    def test_from_c(self):
        lines = self.run_c()
        self.assertEqual([line.split()[0] for line in lines[:4]], ["1", "2", "3", "0"])
        losses = [float(line.split()[2]) for line in lines[:4]]
        self.assertLess(losses[3], losses[0])
        self.assertEqual(self.json("summary", "c.lathe")["weights_sha256"], lines[4])

    def test_from_python(self):
        lines = self.run_c()
        lib = ctypes.CDLL(LIBRARY)
        lib.lathe_error.restype = lib.lathe_version.restype = ctypes.c_char_p
        lib.lathe_state_count.restype = ctypes.c_int64

        def done(code):
            self.assertEqual(code, 0, lib.lathe_error().decode())

        m = ctypes.c_void_p()
        done(lib.lathe_load(self.path("c.lathe").encode(), ctypes.byref(m)))
        sha = ctypes.create_string_buffer(65)
        done(lib.lathe_weights_sha256(m, sha))
        self.assertEqual(sha.value.decode(), lines[4])
        pixels = read(self.path("x.u8"))
        floats = (ctypes.c_float * len(pixels))(*pixels)
        x = array(0, (120, SIDE * SIDE), floats)
        y, count = (ctypes.c_float * 1200)(), ctypes.c_int64()
        done(lib.lathe_predict(m, ctypes.byref(x), ctypes.c_int64(50), y, ctypes.c_int64(1200), ctypes.byref(count)))
        self.assertEqual(count.value, 1200)
        write(self.folder, "rows.csv", "\n".join(
            ",".join(map(str, pixels[i * SIDE * SIDE:(i + 1) * SIDE * SIDE])) for i in range(120)) + "\n")
        shown = [p for row in self.json("predict", "c.lathe", "rows.csv")["predictions"] for p in row["probabilities"]]
        self.assertEqual(bytes(y), struct.pack("<1200f", *shown))
        # Training goes on, and is told of.
        told = []
        values = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64,
                                  ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_double))

        def note(_, epoch, many, names, numbers):
            told.append((epoch, {names[i].decode(): numbers[i] for i in range(many)}))
            return 0
        u = array(4, (120, SIDE * SIDE), ctypes.create_string_buffer(pixels, len(pixels)))
        labels = array(3, (120,), (ctypes.c_int32 * 120)(*(i % 10 for i in range(120))))
        done(lib.lathe_fit(m, ctypes.byref(u), ctypes.byref(labels), ctypes.c_int64(16), ctypes.c_int64(2),
                           values(note), None))
        self.assertEqual([epoch for epoch, _ in told], [4, 5])
        self.assertEqual(set(told[0][1]), {"loss", "accuracy"})
        self.assertGreater(lib.lathe_state_count(m), 4)
        self.assertEqual(lib.lathe_save(m, b"/nowhere/m.lathe"), 2)
        self.assertIn(b"/nowhere", lib.lathe_error())
        lib.lathe_free(m)
        self.assertEqual(lib.lathe_state_count(m), -1)
        self.assertIn(lib.lathe_version().decode(), self.ok("info"))

    def test_only_its_own_names_are_seen(self):
        shown = subprocess.run(["nm", "-D", "--defined-only", LIBRARY], stdout=subprocess.PIPE, check=True)
        names = [line.split()[-1] for line in shown.stdout.decode().splitlines()]
        names = [name for name in names if name != "LATHE_0"]
        self.assertEqual(len(names), 15)
        self.assertTrue(all(name.startswith("lathe_") and name.endswith("@@LATHE_0") for name in names), names)


if __name__ == "__main__":
    cli_test.main()
