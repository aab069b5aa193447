#!/usr/bin/env python3
"""Rewrites the expected parts of the file tests that use %golden, where a change is meant.

Runs the tests with BLESS=1, so that each %golden writes what it sees; look at the diff afterwards.
"""

import argparse
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIT = "/usr/lib/llvm-19/build/utils/lit/lit.py"


def golden_files(paths):
    """The test files at or below the paths that have a RUN line with %golden."""
    for path in paths:
        names = [path] if os.path.isfile(path) else [
            os.path.join(folder, f) for folder, _, files in os.walk(path) for f in files]
        if not os.path.exists(path):
            sys.exit(f"update_tests: no file or folder {path}")
        for name in sorted(names):
            if name.endswith(".lathe"):
                with open(name, encoding="utf-8") as file:
                    text = file.read()
                if re.search(r"RUN:.*%golden\b", text):
                    yield name, text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="example: update_tests.py tests/files/passes/cse.lathe")
    parser.add_argument("paths", nargs="*", default=[os.path.join(ROOT, "tests", "files")],
                        help="test files or folders of them (default: tests/files)")
    parser.add_argument("--lathe", default=os.path.join(ROOT, "build", "lathe"),
                        help="the program under test (default: build/lathe)")
    parser.add_argument("--lit", default=LIT, help=f"lit.py (default: {LIT})")
    args = parser.parse_args()
    before = dict(golden_files(args.paths))
    if not before:
        sys.exit("update_tests: no test there uses %golden")
    result = subprocess.run(
        [sys.executable, args.lit, "-q", "--param", f"lathe={os.path.abspath(args.lathe)}", *before],
        env={**os.environ, "BLESS": "1"}).returncode
    changed = []
    for name, text in before.items():
        with open(name, encoding="utf-8") as file:
            if file.read() != text:
                changed.append(os.path.relpath(name))
    for name in changed:
        print(f"rewritten: {name}")
    print(f"{len(before)} tests, {len(changed)} rewritten")
    return 1 if result else 0


if __name__ == "__main__":
    sys.exit(main())
