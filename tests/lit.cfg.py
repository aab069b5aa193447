# The file tests: every *.lathe file under tests/files that has a RUN line. docs/testing.md says how
# to write one. Run by ctest (test "lit"), or by hand:
#   /usr/lib/llvm-19/build/utils/lit/lit.py -v --param lathe=build/lathe tests/files/ir
import os
import shlex
import sys

import lit.formats

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.dirname(here)


def tool(name):
    """A program of LLVM 19, by Debian's name or in LLVM's own folder."""
    return lit_config.params.get(name) or lit.util.which(name + "-19") or lit.util.which(
        name, "/usr/lib/llvm-19/bin")


lathe = os.path.abspath(lit_config.params.get("lathe", os.path.join(root, "build", "lathe")))
exec_root = os.path.abspath(
    lit_config.params.get("exec_root", os.path.join(os.path.dirname(lathe), "lit")))
if not os.access(lathe, os.X_OK):
    lit_config.fatal(f"no program at {lathe}: build it, or name it with --param lathe=FILE")
file_check = tool("FileCheck")
if not file_check:
    lit_config.fatal("FileCheck is missing: run tools/install_deps.sh")

config.name = "lathe"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".lathe"]
config.test_source_root = here  # the folder of this file: lit counts paths from it
config.test_exec_root = exec_root
os.makedirs(exec_root, exist_ok=True)

# A test sees no cache, home or colours of the one who runs it.
config.environment["XDG_CACHE_HOME"] = os.path.join(exec_root, "cache")
config.environment["HOME"] = exec_root
config.environment["NO_COLOR"] = "1"
config.environment["LC_ALL"] = "C"
for name in ("BLESS", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
    if name in os.environ:
        config.environment[name] = os.environ[name]


def runs(script):
    return " ".join(map(shlex.quote, (sys.executable, os.path.join(here, "lit", script)))) + " %s"


config.substitutions += [
    ("%lathe", shlex.quote(lathe)),
    ("%FileCheck", shlex.quote(file_check) + " %s"),
    ("%golden", runs("golden.py")),
    ("%errors", runs("errors.py")),
]
