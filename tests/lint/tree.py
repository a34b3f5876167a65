"""What the checks of this folder share: the list of files, and how a complaint is made. Paths are relative to the tree's top."""

import os
import subprocess
import sys

complaints = []


def complain(path, line, text):
    complaints.append((path, line))
    print("%s:%d: %s" % (path, line, text))


def end():
    sys.exit(1 if complaints else 0)


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def files(*suffixes):
    """Every file that belongs to the tree, with one of these suffixes (none given: all). Without git: all but build/."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], check=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [os.path.relpath(os.path.join(d, n), ".") for d, _, names in os.walk(".") for n in names]
        listed = [p for p in listed if not p.startswith(("build/", ".git/"))]
    return sorted(p for p in set(listed) if os.path.isfile(p) and (not suffixes or p.endswith(suffixes)))


def line_of(text, position):
    return text.count("\n", 0, position) + 1
