"""A test file is a list of cases, divided by `// -----`; a case is an input and expected outputs.

    // RUN: %golden %lathe opt --passes=cse
    module @a { ... }
    // -----expected-----
    module @a { ... }
    // -----
    module @b { ... }
    // -----expected-----
    module @b { ... }

Where one input runs through several commands, each names its output: `%golden --name fused ...`
compares with `// -----expected fused-----`. Blank lines around a section do not count.
"""

import dataclasses
import re

DIVIDER = re.compile(r"^// -----\s*$")
EXPECTED = re.compile(r"^// -----expected(?: (\w+))?-----\s*$")


@dataclasses.dataclass
class Case:
    line: int  # of the file, where the input begins, from 1
    input: str
    expected: dict  # name ("" for the unnamed) -> text without blank lines around it

    def padded_input(self):
        """The input after as many blank lines as stand before it: errors name the file's lines."""
        return "\n" * (self.line - 1) + self.input


def strip_blank(text):
    lines = text.split("\n")
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(lines)


def parse(text):
    cases = []
    section = []  # the lines of the section being read
    case = None
    name = None  # of the expected section being read; None: the input

    def end_section():
        if name is None:
            case.input = "".join(section)
        elif name in case.expected:
            raise ValueError(f"line {number}: a second section 'expected {name}' in one case")
        else:
            case.expected[name] = strip_blank("".join(section))
        section.clear()

    case = Case(1, "", {})
    number = 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        marker = EXPECTED.match(line)
        if marker:
            end_section()
            name = marker.group(1) or ""
        elif DIVIDER.match(line):
            end_section()
            cases.append(case)
            case, name = Case(number + 1, "", {}), None
        else:
            section.append(line)
    end_section()
    cases.append(case)
    return cases


def render(cases):
    """The file's text again. Inputs keep every byte; an expected section has no blank line around."""
    parts = []
    for case in cases:
        text = case.input
        for name, expected in case.expected.items():
            if text and not text.endswith("\n"):
                text += "\n"
            text += f"// -----expected {name}-----\n" if name else "// -----expected-----\n"
            text += expected + "\n" if expected else ""
        parts.append(text)
    return "// -----\n".join(parts)
