#!/usr/bin/env python3
"""Text that must not stand in any file: paths of one machine, trailing blanks, tabs, merge marks."""

import re
import sys

from sources import project_files, read

# The folders are put together here so that this file does not find itself.
MACHINE_FOLDERS = ["/" + name + "/" for name in ("work", "root", "tmp", "home/[a-z]+", "Users")]
MACHINE_PATH = re.compile(r"(?<![\w.~$})-])(" + "|".join(MACHINE_FOLDERS) + r")")
TEXT = (".cpp", ".h", ".def", ".py", ".sh", ".cmake", ".txt", ".md", ".proto", ".in", ".json",
        ".lathe", ".yml", "run")
# Where a line may end in blanks or hold a tab because the text is not ours.
FOREIGN = ("LICENSE",)


def problems(line):
    found = MACHINE_PATH.search(line)
    if found:
        yield f"a path of one machine, {found.group(1)}"
    if line != line.rstrip():
        yield "blanks at the end of the line"
    if "\t" in line:
        yield "a tab"
    if re.match(r"(<{7}|>{7}|={7})( |$)", line):
        yield "a merge mark"


def check(root):
    count = 0
    for name in project_files(root):
        if not name.endswith(TEXT) or name in FOREIGN:
            continue
        text = read(root, name)
        for number, line in enumerate(text.split("\n"), 1):
            for problem in problems(line):
                print(f"{name}:{number}: {problem}")
                count += 1
        if text and not text.endswith("\n"):
            print(f"{name}: no newline at the end of the file")
            count += 1
    return count


def self_test():
    bad = ["x = '/" + "tmp/a'", "#include \"/" + "work/ir/type.h\"", "a ", "\tb", "<" * 7 + " HEAD"]
    good = ["build/tmp/a", "${HOME}/" + "work/a", "a = b / work / c;", "https://a.org/" + "work/", ""]
    for line in bad:
        assert list(problems(line)), f"not found: {line!r}"
    for line in good:
        assert not list(problems(line)), f"found by mistake: {line!r}"
    print("the text check finds what it should")


if __name__ == "__main__":
    if sys.argv[1] == "--self-test":
        self_test()
    else:
        sys.exit(1 if check(sys.argv[1]) else 0)
