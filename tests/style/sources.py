"""Which files are ours: git's list where there is a git checkout, the folder tree in a tarball."""

import os
import subprocess

SKIPPED_FOLDERS = {"run", "data", "__pycache__"}


def project_files(root):
    """Paths relative to `root`, sorted; tracked files and new ones that git does not ignore."""
    names = from_git(root)
    if names is None:
        names = from_tree(root)
    return sorted(n for n in names if os.path.isfile(os.path.join(root, n)))


def with_suffix(root, *suffixes):
    return [n for n in project_files(root) if n.endswith(suffixes)]


def from_git(root):
    if not os.path.exists(os.path.join(root, ".git")):
        return None  # a tarball, perhaps unpacked inside somebody else's checkout
    try:
        listing = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [os.fsdecode(name) for name in listing.split(b"\0") if name]


def from_tree(root):
    names = []
    for folder, folders, files in os.walk(root):
        at_top = folder == root
        folders[:] = [
            f for f in folders
            if f != ".git" and not (at_top and (f.startswith("build") or f in SKIPPED_FOLDERS))
            and f != "__pycache__"]
        names += [os.path.relpath(os.path.join(folder, f), root) for f in files]
    return names


def read(root, name):
    with open(os.path.join(root, name), encoding="utf-8", errors="replace") as file:
        return file.read()
