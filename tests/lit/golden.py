#!/usr/bin/env python3
"""%golden: runs a command on each case of a test file and compares its output exactly.

usage: golden.py FILE [--name NAME] COMMAND...

The case's input goes to the command's standard input; its standard output must be the case's
expected section. With BLESS=1 in the environment the section is rewritten instead
(tools/update_tests.py does that). A command that fails is never blessed.
"""

import difflib
import os
import subprocess
import sys
import tempfile

import cases


def write_atomically(path, text):
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".bless-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(temporary, os.stat(path).st_mode & 0o777)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def run(path, name, command, bless):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    all_cases = cases.parse(text)
    failures = 0
    for case in all_cases:
        done = subprocess.run(command, input=case.padded_input(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            print(f"{path}:{case.line}: exit code {done.returncode} from {' '.join(command)}\n"
                  f"{done.stderr}", file=sys.stderr)
            failures += 1
            continue
        actual = cases.strip_blank(done.stdout)
        expected = case.expected.get(name)
        if actual == expected:
            continue
        if bless:
            case.expected[name] = actual
            continue
        failures += 1
        if expected is None:
            print(f"{path}:{case.line}: the case has no section // -----expected"
                  f"{' ' + name if name else ''}-----", file=sys.stderr)
            expected = ""
        diff = difflib.unified_diff(expected.split("\n"), actual.split("\n"), "expected", "actual",
                                    lineterm="")
        print(f"{path}:{case.line}: the output is not the expected one\n" + "\n".join(diff),
              file=sys.stderr)
    if failures:
        print(f"where the change is meant: tools/update_tests.py {path}", file=sys.stderr)
        return 1
    if bless and cases.render(all_cases) != text:
        write_atomically(path, cases.render(all_cases))
    return 0


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    path, rest = arguments[0], arguments[1:]
    name = ""
    if rest[:1] == ["--name"]:
        name, rest = rest[1], rest[2:]
    if not rest:
        sys.exit("golden.py: no command given")
    return run(path, name, rest, os.environ.get("BLESS") == "1")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (OSError, ValueError) as error:
        sys.exit(f"golden.py: {error}")
