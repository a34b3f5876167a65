"""How much of the code the tests run: its lines and branches, by gcc's counters. What hjgate knows (src/base to src/judge) over unit tests and the corpora
of the fuzz targets; with FULL=1 all of src/, over the integration tests as well.

A daemon that ends writes what it counted, one that is killed does not. Branches are gcc's: each way out of each condition, so `a && b` has four; what is
compiled into several objects (a header's functions) is counted once, together. What no test can reach says so where it stands, in a comment that begins
with `unreached:` and a reason: that line and what is indented below it are left out where they were not run, and counted as cover.excluded."""

import collections
import concurrent.futures
import glob
import json
import os
import re
import subprocess

import shared

HERE = "build/analyse/coverage"
MAKE = ["B=" + HERE, "CC=gcc", "W=", "HARDEN=", "SMALL=", "CFLAGS=-O0 -g --coverage", "LDFLAGS=--coverage -Wl,-u,__gcov_dump", "WORLD="]  # which tests/unit/child.h calls
KNOWING = ("base", "model", "hj212", "meter", "series", "judge")
MARK = re.compile(r"/\* unreached: \w")
LINES, BRANCHES = 95, 90  # percent
WORST = 15  # files shown
LISTED = os.path.join(shared.BUILD, "coverage.txt")
PATIENCE = 3  # the programs are not optimised


class File:
    def __init__(self, path):
        with open(os.path.join(shared.TOP, path), encoding="utf-8") as f:
            self.text = f.read().splitlines()
        self.lines = collections.Counter()  # number: how often it was run
        self.branches = collections.defaultdict(list)  # (number, function): how often each way was taken
        self.out = self.marked()

    def marked(self):
        """The lines that a mark leaves out: its own, and what is indented below it."""
        found = set()
        for number, line in enumerate(self.text, 1):
            if not MARK.search(line):
                continue
            found.add(number)
            depth = len(line) - len(line.lstrip())
            for below in range(number, len(self.text)):
                text = self.text[below]
                if text.strip() and len(text) - len(text.lstrip()) <= depth:
                    break
                found.add(below + 1)
        return found

    def add(self, line):
        number, function = line["line_number"], line.get("function_name", "")
        self.lines[number] += line["count"]
        counts = [b["count"] for b in line["branches"]]
        known = self.branches[number, function]
        if len(known) != len(counts):  # compiled otherwise in another object: there are as many ways as the fullest has
            known, counts = max(known, counts, key=len), [0] * max(len(known), len(counts))
        self.branches[number, function] = [a + b for a, b in zip(known, counts)] if known else counts

    def figures(self):
        """(lines run, lines, branches taken, branches, what was left out)"""
        run = sum(1 for n, count in self.lines.items() if count)
        missed = [n for n, count in self.lines.items() if not count]
        ways = [(n, count) for (n, _), counts in self.branches.items() for count in counts]
        taken = sum(1 for _, count in ways if count)
        not_taken = [n for n, count in ways if not count]
        out = sum(n in self.out for n in missed), sum(n in self.out for n in not_taken)
        return run, run + len(missed) - out[0], taken, taken + len(not_taken) - out[1], sum(out)

    def missing(self):
        """{line: what of it was not run}"""
        found = {n: "not run" for n, count in self.lines.items() if not count and n not in self.out}
        for (n, _), counts in self.branches.items():
            if n not in found and n not in self.out and 0 in counts:
                found[n] = "%d of %d ways" % (sum(1 for c in counts if c), len(counts))
        return found


def looked_at(path):
    folder = os.path.dirname(path)
    return folder.startswith("src/") if shared.FULL else folder in ["src/" + k for k in KNOWING]


def counted(notes):
    """What gcov says of one object."""
    done = subprocess.run(["gcov", "--json-format", "--stdout", "--branch-probabilities", notes], cwd=shared.TOP, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=True)
    return [f for line in done.stdout.splitlines() for f in json.loads(line)["files"]]


def count():
    """{path: File} of all below src/."""
    files = {}
    objects = sorted(os.path.relpath(p, shared.TOP) for p in glob.glob(os.path.join(shared.TOP, HERE, "obj", "**", "*.gcno"), recursive=True))
    with concurrent.futures.ThreadPoolExecutor(shared.AT_A_TIME) as pool:
        for said in pool.map(counted, objects):
            for f in said:
                path = os.path.relpath(os.path.join(shared.TOP, f["file"]), shared.TOP)
                if not looked_at(path):
                    continue
                if path not in files:
                    files[path] = File(path)
                for line in f["lines"]:
                    files[path].add(line)
    return files


def percent(part, of):
    return 100.0 * part / of if of else 100.0


def total(files):
    return [sum(column) for column in zip(*(f.figures() for f in files))]


def row(name, figures):
    run, lines, taken, branches, out = figures
    return "%-40s %6d %6.1f %% %6d %6.1f %% %5d" % (name, lines, percent(run, lines), branches, percent(taken, branches), out)


def table(files):
    print("%-40s %6s %8s %6s %8s %5s" % ("folder", "lines", "run", "ways", "taken", "out"))
    for folder in sorted({os.path.dirname(p) for p in files}):
        print(row(folder, total([f for p, f in files.items() if os.path.dirname(p) == folder])))
    print("the worst files, by ways not taken")
    worst = sorted(files, key=lambda p: files[p].figures()[2] - files[p].figures()[3])
    for path in worst[:WORST]:
        print(row(path, files[path].figures()))
    with open(LISTED, "w", encoding="utf-8") as f:
        for path in worst:
            for number, what in sorted(files[path].missing().items()):
                f.write("%s:%d: %s: %s\n" % (path, number, what, files[path].text[number - 1].strip()))
    print("what was not run, line by line: %s" % os.path.relpath(LISTED, shared.TOP), flush=True)


def run():
    wanted = ["tests"] if shared.FULL else [*shared.built(HERE, "unit/test_*", "fuzz/fuzz_*"), HERE + "/bin/hjgate-stored"]  # some unit tests start it
    if not shared.make(*MAKE, *wanted):
        raise SystemExit("coverage: it does not build")
    for path in glob.glob(os.path.join(shared.TOP, HERE, "**", "*.gcda"), recursive=True):
        os.unlink(path)
    passed, failed = shared.tests(HERE, *([""] if shared.FULL else ["unit/", "fuzz/"]), patience=PATIENCE)
    files = count()
    table(files)
    run_lines, lines, taken, branches, out = total(files.values())
    lines, branches = percent(run_lines, lines), percent(taken, branches)
    of = "" if shared.FULL else "knowing_"
    return [shared.figure("cover.tests", passed, "passed", ">=1", bool(passed)),
            shared.figure("cover.failed", failed, "tests", "0", not failed),
            shared.figure("cover.%slines" % of, "%.1f" % lines, "%", ">=%d" % LINES, lines >= LINES),
            shared.figure("cover.%sbranches" % of, "%.1f" % branches, "%", ">=%d" % BRANCHES, branches >= BRANCHES),
            shared.figure("cover.excluded", out, "lines_and_ways", "-", True)]
