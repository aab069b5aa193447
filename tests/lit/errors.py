#!/usr/bin/env python3
"""%errors: each case of a test file must be refused, with the error that its bad line announces.

usage: errors.py FILE COMMAND...

    // RUN: %errors %lathe opt
    module @a {
      state %w : f32[0]  // error: dimension must be positive

The comment ends the bad line; `// error@COLUMN: ...` also gives the column. The command must exit
with code 1, print three lines at most, name the line as `LINE:COLUMN:` or `line LINE`, and say the
text. The comment itself is cut off before: a program that quotes the bad line proves nothing by it.
A case without such a comment must be accepted.
"""

import re
import subprocess
import sys

import cases

MARK = re.compile(r"//\s*error(?:@(\d+))?:\s*(.*?)\s*$")


def announced(case):
    """(line, column or None, text) of the error that the case announces, or None."""
    found = [(case.line + i, m.group(1), m.group(2))
             for i, line in enumerate(case.input.split("\n"))
             if (m := MARK.search(line)) and not line.startswith("// RUN:")]
    if len(found) > 1:
        raise ValueError(f"line {found[1][0]}: a second error in one case; divide it by // -----")
    return found[0] if found else None


def problem(case, command):
    source = "\n".join(line if line.startswith("// RUN:") else MARK.sub("", line)
                       for line in case.padded_input().split("\n"))
    done = subprocess.run(command, input=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    said = f"it said:\n{done.stderr.strip()}"
    want = announced(case)
    if want is None:
        return None if done.returncode == 0 else f"refused, but announces no error; {said}"
    line, column, text = want
    if done.returncode == 0:
        return f"accepted, but line {line} announces the error '{text}'"
    if done.returncode != 1:
        return f"exit code {done.returncode}, not 1; {said}"
    if done.stderr.strip().count("\n") > 2:
        return f"more than three lines of error; {said}"
    if text not in done.stderr:
        return f"line {line} announces '{text}'; {said}"
    where = rf"\b{line}:{column or '[0-9]+'}\b" + ("" if column else rf"|\bline {line}\b")
    if not re.search(where, done.stderr):
        return f"does not name line {line}{', column ' + column if column else ''}; {said}"
    return None


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    path, command = arguments[0], arguments[1:]
    with open(path, encoding="utf-8") as file:
        all_cases = cases.parse(file.read())
    if not any(announced(case) for case in all_cases):
        sys.exit(f"{path}: no case announces an error")
    failures = [(case.line, p) for case in all_cases if (p := problem(case, command))]
    for line, text in failures:
        print(f"{path}:{line}: {text}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError) as error:
        sys.exit(f"errors.py: {error}")
