"""What the parts of `make analyse` share: where things are, how a figure is printed, and the list of what is known."""

import concurrent.futures
import glob
import hashlib
import os
import re
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build", "analyse")
FULL = os.environ.get("FULL", "") not in ("", "0")
KNOWN = os.path.join(TOP, "tests", "analyse", "known")
AT_A_TIME = int(os.environ.get("JOBS") or os.cpu_count() or 1)


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


def held_against_known(tool, said, all_of_it=True):
    """Prints what is new and what is stale, and gives the two counts. `said` has the tool's own line of each. What was not looked at whole leaves
    nothing stale."""
    listed = known(tool)
    fresh, stale = sorted(set(said) - listed), sorted(listed - set(said)) if all_of_it else []
    for key in fresh:
        print("%s: new: %s\n    %s" % (tool, " ".join(key), said[key]))
    for key in stale:
        print("%s: stale: %s: %s does not say that any more: take it from tests/analyse/known" % (tool, " ".join(key), tool))
    return len(fresh), len(stale)


def outside_make():
    """The environment without what a make above hands on."""
    return {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES")}


def make(*arguments):
    """Builds, quietly; what it says is shown where it fails."""
    done = subprocess.run(["make", "--no-print-directory", "-j%d" % AT_A_TIME, *arguments], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", env=outside_make())
    if done.returncode:
        print(done.stdout[-8000:])
    return done.returncode == 0


def tests(build, *names, patience, **more):
    """Runs the tests whose name contains one of these: (passed, failed). The environment has what `more` says besides; FULL is for the parts here, and
    a test has its usual counts. `patience`: times as slow as a test is used to; on a machine that is busy HJ_TEST_PATIENCE may say more."""
    patience = max(float(patience), float(os.environ.get("HJ_TEST_PATIENCE", "1")))
    done = subprocess.run(["tests/run", "--build", build, *names], cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          env=dict(os.environ, FULL="", HJ_TEST_PATIENCE=str(patience), **more))
    last = (done.stdout.strip().splitlines() or [""])[-1].split(", ")
    counts = {what: int(number) for number, _, what in (part.partition(" ") for part in last) if number.isdigit()}
    if done.returncode:
        print(done.stdout[-20000:])
    if "passed" not in counts:
        return 0, 1
    return counts["passed"] + counts.get("passed at the second try", 0), counts.get("failed", 0)


def built(here, *names):
    """What make calls programs of tests/ in that build folder, as unit/test_*."""
    tests = TOP + "/tests/"
    return ["%s/%s" % (here, p[len(tests):-len(".c")]) for name in names for p in sorted(glob.glob(tests + name + ".c"))]


def sources():
    """The product's own files, below the top."""
    return sorted(os.path.relpath(p, TOP) for top in ("src", "services") for p in glob.glob("%s/%s/*/*.c" % (TOP, top)))


def compile_command(here, compiler):
    """How make compiles a file, in that build folder, without its own warnings; what it generates is made first."""
    make("B=" + here, *(here + "/gen/" + os.path.basename(p) + ".c" for p in glob.glob(TOP + "/src/ipc/*.varlink")))
    said = subprocess.run(["make", "-n", "B=" + here, "CC=" + compiler, "WARN=", "HARDEN=", "CFLAGS=-O0", "V=1", here + "/obj/src/base/buf.o"], cwd=TOP,
                          stdout=subprocess.PIPE, text=True, check=True, env=outside_make()).stdout
    return next(line for line in said.splitlines() if " -c -o " in line).split(" -MMD ")[0]


def read_each(name, command, say, settings, anew):
    """What the tool says of each source: {path: text}. say(path) runs it; what it said of the very same text stands below build/analyse/NAME/said
    and is not asked again. `settings`: whatever else its answer hangs on, its version foremost. `anew`: without FULL=1 so many are asked at most, those
    that were written last; the others that nothing is kept of are left out."""
    folder = os.path.join(BUILD, name, "said")
    os.makedirs(folder, exist_ok=True)
    files = sorted(sources(), key=lambda path: -os.path.getmtime(os.path.join(TOP, path)))
    left = iter(range(len(files) if FULL else anew))

    def one(path):
        seen = subprocess.run("%s -E %s" % (command, path), shell=True, cwd=TOP, stdout=subprocess.PIPE, check=True).stdout
        kept = os.path.join(folder, hashlib.sha256("\n".join((settings, command, path, "")).encode() + seen).hexdigest())
        if os.path.exists(kept):
            with open(kept, encoding="utf-8", errors="replace") as f:
                return f.read()
        if next(left, None) is None:
            return None
        text = say(path)
        with open(kept + ".part", "w", encoding="utf-8") as f:
            f.write(text)
        os.replace(kept + ".part", kept)
        return text

    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        return {path: text for path, text in zip(files, pool.map(one, files)) if text is not None}


BEGINS = re.compile(r"^[A-Za-z_][\w \t*]*?\b(\w+)\(")


def function_at(path, line):
    """The function that this line is in: the last one above that begins at the margin, where none ends in between; "-" for what stands by itself."""
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        above = f.readlines()[:line]
    for text in reversed(above):
        begins = BEGINS.match(text)
        if begins or text.startswith("}"):
            return begins.group(1) if begins else "-"
    return "-"


OURS = re.compile(r"(?:^|[\s(/])((?:src|services|include/hjgate|tests/unit|tests/fuzz)/[\w/.-]+\.[ch]):(\d+)")


def ours(line):
    """(file, line) where a line of a report names a place in our own code; None otherwise."""
    found = OURS.search(line)
    return (found.group(1), int(found.group(2))) if found else None


def watched(name, said, passed, failed):
    """The figures of programs that were watched while the tests ran. Nothing of the list is stale where not all of them did."""
    fresh, stale = held_against_known(name, said, FULL)
    return [figure("analyse.%s" % name, fresh, "findings", "0", fresh == 0),
            figure("analyse.%s_stale" % name, stale, "lines", "0", stale == 0),
            figure("analyse.%s_tests" % name, passed, "tests", "1", passed > 0),
            figure("analyse.%s_failed" % name, failed, "tests", "0", failed == 0)]


def told(name, said, count, what):
    """A tool's three figures: what is open, what of the list is stale, and how much was looked at."""
    fresh, stale = held_against_known(name, said, count == len(sources()))
    return [figure("analyse.%s" % name, fresh, "findings", "0", fresh == 0),
            figure("analyse.%s_stale" % name, stale, "lines", "0", stale == 0),
            figure("analyse.%s_%s" % (name, what), count, what, "1", count > 0)]


def version(tool):
    return subprocess.run([tool, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
