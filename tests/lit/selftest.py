#!/usr/bin/env python3
"""Tests the file-test machinery with a stand-in for `lathe`: what must pass passes, what must fail
fails, and a rewrite changes the expected parts only."""

import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIT = "/usr/lib/llvm-19/build/utils/lit/lit.py"
sys.path.insert(0, HERE)
import cases  # noqa: E402

# Prints its input without comments, in capitals with --upper; refuses the word "bad".
STAND_IN = f"""#!{sys.executable}
import sys
text = open(sys.argv[-1]).read() if sys.argv[-1].endswith(".lathe") else sys.stdin.read()
lines = [line.split("//")[0].rstrip() for line in text.split("\\n")]
for number, line in enumerate(lines, 1):
    if "bad" in line:
        print(f"<stdin>:{{number}}:{{line.index('bad') + 1}}: found a bad word", file=sys.stderr)
        print(text.split("\\n")[number - 1], file=sys.stderr)
        sys.exit(1)
text = "\\n".join(line for line in lines if line)
print(text.upper() if "--upper" in sys.argv else text)
"""

CONFIG = f"""
import os
lit_config.load_config(config, {os.path.join(ROOT, "tests", "lit.cfg.py")!r})
config.test_source_root = os.path.dirname(os.path.abspath(__file__))
"""


class FileTests(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.lathe = self.write("standin", STAND_IN)
        os.chmod(self.lathe, 0o755)
        self.write("suite/lit.cfg.py", CONFIG)

    def write(self, name, text):
        path = os.path.join(self.folder.name, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def lit(self, text, program=None):
        path = self.write("suite/a.lathe", text)
        done = subprocess.run(
            program or [sys.executable, LIT, "-v", "--param", f"lathe={self.lathe}", path],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={k: v for k, v in os.environ.items() if k != "BLESS"})
        return done.returncode, done.stdout

    def passes(self, text):
        code, output = self.lit(text)
        self.assertEqual(code, 0, output)

    def fails(self, text, because):
        code, output = self.lit(text)
        self.assertNotEqual(code, 0, output)
        self.assertIn(because, output)

    def update(self, text):
        path = os.path.join(self.folder.name, "suite", "a.lathe")
        code, output = self.lit(text, [
            sys.executable, os.path.join(ROOT, "tools", "update_tests.py"), "--lathe", self.lathe,
            path])
        with open(path, encoding="utf-8") as file:
            return code, file.read(), output

    def test_file_check(self):
        text = "// RUN: %lathe --upper %s | %FileCheck\n// CHECK: ONE\n// CHECK-NEXT: TWO\none\n"
        self.passes(text + "two\n")
        self.fails(text + "three\n", "CHECK-NEXT: expected string not found")

    def test_a_crashing_program_fails_though_the_pipe_is_happy(self):
        self.fails("// RUN: %lathe %s | cat\nbad\n", "bad word")

    def test_golden(self):
        text = "// RUN: %golden %lathe --upper\none\n\n// -----expected-----\n"
        self.passes(text + "ONE\n")
        self.passes(text + "\nONE\n\n// -----\ntwo\n// -----expected-----\nTWO\n")
        self.fails(text + "ONE \n", "+ONE")
        self.fails(text + "ONE\n// -----\ntwo\n// -----expected-----\nTWICE\n", "-TWICE")
        self.fails("// RUN: %golden %lathe\none\n", "has no section")
        self.fails("// RUN: %golden %lathe\nbad\n// -----expected-----\n", "exit code 1")

    def test_golden_with_two_commands(self):
        text = ("// RUN: %golden %lathe\n// RUN: %golden --name up %lathe --upper\none\n"
                "// -----expected-----\none\n// -----expected up-----\nONE\n")
        self.passes(text)
        self.fails(text.replace("ONE", "None"), "-None")

    def test_update(self):
        text = ("// RUN: %golden %lathe --upper\none\n\n// -----expected-----\nold\n"
                "// -----\n// second\ntwo\n")
        code, after, output = self.update(text)
        self.assertEqual(code, 0, output)
        self.assertEqual(after, "// RUN: %golden %lathe --upper\none\n\n// -----expected-----\nONE\n"
                         "// -----\n// second\ntwo\n// -----expected-----\nTWO\n")
        self.assertIn("1 tests, 1 rewritten", output)
        self.passes(after)
        code, again, output = self.update(after)
        self.assertEqual((code, again), (0, after), output)
        self.assertIn("1 tests, 0 rewritten", output)

    def test_update_never_blesses_a_failure(self):
        text = "// RUN: %golden %lathe\nbad\n// -----expected-----\nold\n"
        code, after, output = self.update(text)
        self.assertNotEqual(code, 0, output)
        self.assertEqual(after, text)

    def test_errors(self):
        head = "// RUN: %errors %lathe\n"
        self.passes(head + "good\n// -----\n a bad  // error: a bad word\n")
        self.passes(head + " a bad  // error@4: bad word\n")
        self.fails(head + " a bad  // error@5: bad word\n", "does not name line 2, column 5")
        self.fails(head + "bad\n// error: bad word\n", "does not name line 3")
        self.fails(head + "bad  // error: worse\n", "announces 'worse'")
        self.fails(head + "good  // error: bad word\n", "accepted")
        self.fails(head + "bad  // error: bad word\n// -----\nbad\n", "announces no error")
        self.fails(head + "good\n", "no case announces")

    def test_render_keeps_the_bytes(self):
        text = "a\n\n// -----expected-----\nb\n// -----\nc\n// -----expected x-----\n\n"
        self.assertEqual(cases.render(cases.parse("a\n\n// -----\nb")), "a\n\n// -----\nb")
        self.assertEqual(cases.render(cases.parse(text)), text[:-1])
        self.assertEqual([c.line for c in cases.parse(text)], [1, 6])
        with self.assertRaises(ValueError):
            cases.parse("// -----expected-----\n// -----expected-----\n")


if __name__ == "__main__":
    unittest.main()
