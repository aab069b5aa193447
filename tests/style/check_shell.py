#!/usr/bin/env python3
"""Every shell script is clean under shellcheck, and stops at the first error (set -euo pipefail)."""

import os
import shutil
import subprocess
import sys

from sources import project_files, read


def main():
    root = sys.argv[1]
    tool = shutil.which("shellcheck")
    if tool is None:
        sys.exit("shellcheck is missing: run tools/install_deps.sh")
    names = [n for n in project_files(root) if n.endswith(".sh") or n == ".ci/run"]
    if not names:
        sys.exit(f"no shell script under {root}")
    lax = [n for n in names if "\nset -euo pipefail\n" not in read(root, n)]
    for name in lax:
        print(f"{name}: does not say set -euo pipefail")
    result = subprocess.run([tool, *(os.path.join(root, n) for n in names)]).returncode
    return 1 if lax or result else 0


if __name__ == "__main__":
    sys.exit(main())
