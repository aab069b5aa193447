#!/usr/bin/env python3
"""Every C++ file is as clang-format-19 leaves it. `--fix` rewrites those that are not."""

import argparse
import os
import shutil
import subprocess
import sys

from sources import with_suffix


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root")
    parser.add_argument("--fix", action="store_true", help="rewrite the files")
    args = parser.parse_args()
    tool = shutil.which("clang-format-19")
    if tool is None:
        sys.exit("clang-format-19 is missing: run tools/install_deps.sh")
    files = [os.path.join(args.root, n) for n in with_suffix(args.root, ".h", ".cpp")]
    if not files:
        sys.exit(f"no C++ file under {args.root}")
    mode = ["-i"] if args.fix else ["--dry-run", "--Werror"]
    result = subprocess.run([tool, *mode, *files]).returncode
    if result:
        sys.exit("run tests/style/check_format.py --fix . from the root")
    print(f"{len(files)} files are well formatted")


if __name__ == "__main__":
    main()
