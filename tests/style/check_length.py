#!/usr/bin/env python3
"""No source file has more than 800 lines. Names those over the soft limit, 400 (.cpp) or 150 (.h)."""

import sys

from sources import read, with_suffix

HARD_LIMIT = 800
SOFT_LIMITS = {".cpp": 400, ".h": 150}


def main():
    root = sys.argv[1]
    too_long = 0
    names = with_suffix(root, ".cpp", ".h", ".def", ".py", ".sh", ".cmake", "CMakeLists.txt")
    for name in names:
        lines = read(root, name).count("\n")
        soft = next((n for suffix, n in SOFT_LIMITS.items() if name.endswith(suffix)), HARD_LIMIT)
        if lines > HARD_LIMIT:
            print(f"{name}: {lines} lines, more than {HARD_LIMIT}: split it")
            too_long += 1
        elif lines > soft:
            print(f"{name}: {lines} lines, above the soft limit of {soft}")
    print(f"{len(names)} files, {too_long} over the hard limit of {HARD_LIMIT} lines")
    return 1 if too_long or not names else 0


if __name__ == "__main__":
    sys.exit(main())
