#!/usr/bin/env python3
"""Lines per folder: code, comments and blank lines of our own sources. Growth needs a reason."""

import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "style"))
from sources import project_files, read  # noqa: E402

COMMENT = {".cpp": "//", ".h": "//", ".def": "//", ".proto": "//", ".lathe": "//", ".py": "#",
           ".sh": "#", ".cmake": "#", ".txt": "#"}


def folder_of(name):
    parts = name.split("/")
    if len(parts) == 1:
        return "."
    return "/".join(parts[:2]) if parts[0] in ("codegen", "tests") and len(parts) > 2 else parts[0]


def main():
    table = {}
    for name in project_files(ROOT):
        mark = COMMENT.get(os.path.splitext(name)[1])
        if mark is None:
            continue
        lines = [line.strip() for line in read(ROOT, name).splitlines()]
        blank = lines.count("")
        comment = sum(line.startswith(mark) for line in lines)
        row = table.setdefault(folder_of(name), [0, 0, 0, 0])
        for i, n in enumerate((1, len(lines) - blank - comment, comment, blank)):
            row[i] += n
    table["all"] = [sum(row[i] for row in table.values()) for i in range(4)]
    print(f"{'folder':<20}{'files':>7}{'code':>8}{'comment':>9}{'blank':>8}")
    for folder, row in table.items():
        print(f"{folder:<20}{row[0]:>7}{row[1]:>8}{row[2]:>9}{row[3]:>8}")


if __name__ == "__main__":
    main()
