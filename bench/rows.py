"""What `make bench-bus`, `bench-store`, `bench-uplink` and `bench-judge` share. A row is a program of its own that prints the figures named with it, one line each:
`figure NAME VALUE UNIT GOAL ok|short`; what it says besides goes to a log in the build folder. Rows of one group run at the same time, so
what is measured exactly has a group to itself. Of a test that gives none of that name it is printed whether it passes."""

import os
import re
import subprocess
import sys
import threading

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get("HJ_BUILD", os.path.join(TOP, "build")))
FIGURE = re.compile(r"figure \S+ \S+ \S+ \S+ (ok|short)")
FULL = os.environ.get("FULL", "") not in ("", "0")
LIMIT_S = 3600 if FULL else 600  # of one row that says nothing else; a net, not a measure
SKIPPED = 77


def program_of(name):
    """Ours stand in bench/ or tests/, what is compiled in the build folder."""
    for folder in (TOP, BUILD):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    return None


def limit_of(path):
    """Seconds that a row may take: a test says itself what it wants (`# test: limit 900`, tests/run)."""
    with open(path, encoding="utf-8", errors="replace") as f:
        said = re.search(r"^# test: .*\blimit (\d+)", f.read(4096), re.MULTILINE)
    return max(LIMIT_S, int(said.group(1)) if said else 0)


class Row(threading.Thread):
    def __init__(self, name, wanted):
        super().__init__(daemon=True)
        self.name, self.wanted = name, wanted
        self.said, self.trouble, self.figures = "", [], []

    def run(self):
        program, *arguments = self.name.split()
        program = program_of(program)
        if not program:
            self.trouble = ["missing: %s: %s is not built" % (w, self.name) for w in self.wanted]
            return
        try:
            done = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  errors="replace", env=dict(os.environ, HJ_BUILD=BUILD), cwd=TOP, timeout=limit_of(program))
        except (OSError, subprocess.TimeoutExpired) as e:
            self.trouble = ["missing: %s: %s" % (w, e) for w in self.wanted]
            return
        self.said = done.stdout
        self.figures = [line for line in done.stdout.splitlines() if FIGURE.fullmatch(line)]
        if self.name.startswith("tests/") and not any(line.split()[1] == self.wanted[0] for line in self.figures):
            self.figures.append("figure %s %d pass 1 %s" % (self.wanted[0], done.returncode == 0, "short" if done.returncode else "ok"))
        self.judge(done.returncode)

    def judge(self, status):
        named = {line.split()[1] for line in self.figures}
        last = (self.said.strip().splitlines() or ["it said nothing"])[-1]
        why = "skipped: " if status == SKIPPED else "" if status == 0 else "status %d: " % status
        self.trouble = ["missing: %s: %s%s" % (w, why, last) for w in self.wanted if w not in named]
        if status and not self.trouble and not any(line.endswith(" short") for line in self.figures):
            self.trouble = ["bench: %s ended with status %d: %s" % (self.name, status, last)]

    def tell(self, log):
        log.write("==== %s\n%s\n" % (self.name, self.said))
        log.flush()
        for line in self.figures + self.trouble:
            print(line, flush=True)
        return not self.trouble and not any(line.endswith(" short") for line in self.figures)


def needs(names):
    """The Debian packages of one list; elsewhere the rows that want them say that they are missing."""
    return subprocess.run(["sh", os.path.join(TOP, "packaging/needs"), "install", names], check=False).returncode


def run(table, log_name):
    """All rows of (group, program, figures), or those whose program is named in the arguments; the exit status."""
    os.makedirs(BUILD, exist_ok=True)
    rows = [(group, Row(name, wanted)) for group, name, wanted in table if not sys.argv[1:] or any(a in name for a in sys.argv[1:])]
    good = []
    with open(os.path.join(BUILD, log_name), "w", encoding="utf-8") as log:
        for now in sorted({group for group, _ in rows}):
            together = [row for group, row in rows if group == now]
            for row in together:
                row.start()
            for row in together:
                row.join()
                good.append(row.tell(log))
        print("the rest is in %s; load now %.1f" % (log.name, os.getloadavg()[0]))
    return 0 if all(good) else 1
