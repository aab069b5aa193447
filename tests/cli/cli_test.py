"""What the tests of the command line share: running it, and data sets made up here.

Each test_*.py is a program: python3 test_NAME.py LATHE LATHE_TEST_MODELS. The Python standard library is enough.
"""

import contextlib
import gzip
import json
import os
import random
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

SIDE = 28
LATHE = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else "build/lathe"
MODELS = os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else "build/lathe_test_models"


def idx_bytes(dims, data, magic=None):
    magic = bytes([0, 0, 8, len(dims)]) if magic is None else magic
    return magic + b"".join(struct.pack(">I", d) for d in dims) + bytes(data)


def picture(label, rng):
    """A bright bar whose place says the class, on dark noise."""
    pixels = bytearray(rng.randrange(30) for _ in range(SIDE * SIDE))
    for y in range(4, 24):
        for x in range(3):
            pixels[y * SIDE + 2 * label + 4 + x - rng.randrange(2)] = 200 + rng.randrange(56)
    return bytes(pixels)


def write_dataset(folder, train=120, test=40, seed=1, zipped=False):
    """The four files of MNIST under `folder`/mnist; labels go round the ten classes."""
    rng = random.Random(seed)
    os.makedirs(os.path.join(folder, "mnist"), exist_ok=True)
    for part, count in (("train", train), ("t10k", test)):
        labels = [i % 10 for i in range(count)]
        images = b"".join(picture(label, rng) for label in labels)
        for kind, content in (("images-idx3", idx_bytes([count, SIDE, SIDE], images)),
                              ("labels-idx1", idx_bytes([count], labels))):
            name = f"{part}-{kind}-ubyte"
            write(folder, f"mnist/{name}" + (".gz" if zipped else ""),
                  gzip.compress(content) if zipped else content)


def write(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def cpu_has(*flags):
    """Whether /proc/cpuinfo names them all."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        words = set(file.read().split())
    return words.issuperset(flags)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def png(width, height, gray):
    """A gray PNG of 8 bits a pixel."""
    rows = b"".join(b"\0" + gray[y * width:(y + 1) * width] for y in range(height))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class CliTest(unittest.TestCase):
    """A folder of its own for each test, in which lathe runs."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="lathe-cli-")
        self.addCleanup(shutil.rmtree, self.folder)

    def environment(self, **more):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("LATHE_", "XDG_", "LC_"))}
        env.update(HOME=self.folder, NO_COLOR="1", LC_ALL="C.UTF-8")
        env.update({k: v for k, v in more.items() if v is not None})
        return env

    def lathe(self, *arguments, stdin=b"", env=None, file_size=None, cwd=None):
        """Runs the command in the test's folder; `file_size` is the most bytes a file may have."""
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
        return subprocess.run([LATHE, *arguments], cwd=cwd or self.folder, input=stdin,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                              env=self.environment(**(env or {})),
                              preexec_fn=limit if file_size is not None else None)

    def start(self, *arguments, **how):
        """The command as it runs, to be waited for and interrupted."""
        return subprocess.Popen([LATHE, *arguments], cwd=self.folder, env=self.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)

    def wait_for_line(self, running, words):
        """Reads standard error up to a line that has these words."""
        while words not in running.stderr.readline():
            self.assertIsNone(running.poll())

    def wait_for_file(self, running, path):
        end = time.monotonic() + 240
        while not os.path.exists(path):
            self.assertIsNone(running.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)

    def interrupt(self, running):
        """Ctrl-C, which the command must heed; all of its standard output. Standard error is then in
        running.told."""
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=240)
        running.told = errors.decode()
        self.assertEqual(running.returncode, 130, (running.args, errors.decode()))
        return out.decode()

    def ok(self, *arguments, **how):
        done = self.lathe(*arguments, **how)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout.decode()

    def json(self, *arguments, **how):
        """The one object that a command with --json gives as its only line."""
        out = self.ok(*arguments, "--json", **how)
        self.assertEqual(out.count("\n"), 1, out)
        return json.loads(out)

    def fails(self, code, *arguments, says=(), **how):
        """The command refuses with this exit code, one to three lines, and all of these words."""
        done = self.lathe(*arguments, **how)
        text = done.stderr.decode()
        self.assertEqual(done.returncode, code, f"{arguments}: {text}")
        lines = [line for line in text.split("\n") if line]
        self.assertTrue(1 <= len(lines) <= 3, text)
        for word in (says,) if isinstance(says, str) else says:
            self.assertIn(word, text)
        self.assertNotIn("internal error", text)
        return text

    def train(self, *arguments, **how):
        """Trains something small on data/mnist in the test's folder."""
        if not os.path.exists(os.path.join(self.folder, "data")):
            write_dataset(os.path.join(self.folder, "data"))
        return self.json("train", "mnist", "--data", "data", "--hidden", "8", "--batch", "16",
                         "--epochs", "2", "--lr", "0.5", "--loss", "cce", "--threads", "1",
                         *arguments, **how)

    def path(self, *names):
        return os.path.join(self.folder, *names)


@contextlib.contextmanager
def served(files):
    """An HTTP server on the loopback that has these files; yields its address."""
    import http.server
    import threading

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = files.get(self.path.strip("/"))
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


def main():
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)  # says why a test is skipped
