"""What the parts of `make analyse` share: where things are, how a figure is printed, and the list of what is known."""

import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build", "analyse")
FULL = os.environ.get("FULL", "") not in ("", "0")
KNOWN = os.path.join(TOP, "tests", "analyse", "known")
AT_A_TIME = os.cpu_count() or 1


def figure(name, value, unit, goal, ok):
    line = "figure %s %s %s %s %s" % (name, value, unit, goal, "ok" if ok else "short")
    print(line, flush=True)
    return line


def known(tool):
    """What stands in the list for that tool: {(file:function, warning), ...}."""
    found = set()
    with open(KNOWN, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split(None, 3)
            if not words:
                continue
            if len(words) < 4:
                raise SystemExit("%s:%d: a line is `tool file:function warning reason`" % (KNOWN, number))
            if words[0] == tool:
                found.add((words[1], words[2]))
    return found


def held_against_known(tool, said):
    """Prints what is new and what is stale, and gives the two counts. `said` has the tool's own line of each."""
    listed = known(tool)
    fresh, stale = sorted(set(said) - listed), sorted(listed - set(said))
    for key in fresh:
        print("%s: new: %s\n    %s" % (tool, " ".join(key), said[key]))
    for key in stale:
        print("%s: stale: %s: %s does not say that any more: take it from tests/analyse/known" % (tool, " ".join(key), tool))
    return len(fresh), len(stale)


def make(*arguments):
    """Builds, quietly; what it says is shown where it fails."""
    done = subprocess.run(["make", "--no-print-directory", "-j%d" % AT_A_TIME, *arguments], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")})
    if done.returncode:
        print(done.stdout[-8000:])
    return done.returncode == 0


def tests(build, name):
    """Runs the tests whose name contains it: how many did not pass, and None where nothing was counted."""
    done = subprocess.run(["tests/run", "--build", build, name], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    last = (done.stdout.strip().splitlines() or [""])[-1].split(", ")
    counts = {what: int(number) for number, _, what in (part.partition(" ") for part in last) if number.isdigit()}
    if done.returncode:
        print(done.stdout[-20000:])
    return (counts.get("passed", 0), counts.get("failed", 0)) if "passed" in counts else (0, 1)
