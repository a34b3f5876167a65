"""Integration tests whose programs run under valgrind: reads and writes that are none, what is never released, and descriptors that are still open at
the end and were not there at the beginning. A sample of the tests, with FULL=1 all of them.

The build that the tests are given has a script in each program's place, and all the rest by links. What those programs start is watched as well."""

import glob
import os
import re
import shutil

import shared

PLAIN = os.path.join(shared.TOP, "build")
BUILD = os.path.join(shared.BUILD, "valgrind")
LOGS = os.path.join(shared.BUILD, "valgrind.logs")
SAMPLE = "020-foreign 023-listen 077-link-tls 090-judge 105-apply".split()
PATIENCE = 8
# A fork that ends without an exec has all of its parent's, which says nothing.
SCRIPT = """#!/bin/sh
exec valgrind --trace-children=yes --trace-children-skip='/bin/*,/usr/bin/*,/usr/sbin/*' --child-silent-after-fork=yes --track-fds=yes \\
    --leak-check=full --num-callers=40 --fullpath-after= --log-file=%s/%%p.%%n %s "$@"
"""
FIRST = re.compile(r"^==\d+== ?(.*)$")
KINDS = (
    (re.compile(r"^Invalid (read|write|free)"), "invalid-%s"),
    (re.compile(r"^(Conditional jump|Use of uninitialised|Syscall param .* uninitialised)"), "uninitialised"),
    (re.compile(r"^(?:[\d,]+ .*|.*) in [\d,]+ blocks? (?:is|are) (definitely|possibly) lost"), "%s-lost"),
    (re.compile(r"^Open (?:file descriptor|AF_\w+ socket) \d+:"), "open-fd"),
    (re.compile(r"^Process terminating with default action of signal (4|6|7|8|11) "), "signal-%s"),
    (re.compile(r"^(Mismatched|Source and destination overlap|Argument .* has a fishy)"), "misuse"),
)


def findings(text):
    """{(file:function, what): line} of one program's log: blocks apart by an empty line, each beginning with what it is."""
    found, block = {}, []
    for line in text.splitlines() + ["==0== "]:
        said = FIRST.match(line)
        words = said.group(1).rstrip() if said else ""
        if words:
            block.append(words)
            continue
        found.update(finding(block))
        block = []
    return found


def finding(block):
    for begins, kind in KINDS if block else ():
        said = begins.match(block[0])
        if not said:
            continue
        if "<inherited from parent>" in " ".join(block) or LOGS in block[0]:
            return {}
        place = next(filter(None, map(shared.ours, block)), None)
        where = "%s:%s" % (place[0], shared.function_at(*place)) if place else "-"
        return {(where, kind % said.group(1) if "%s" in kind else kind): "\n    ".join(block[:12])}
    return {}


def build():
    """The plain build, by links, but for the programs. What the sample wants of it, or all."""
    wanted = ["tests"] if shared.FULL else ["all", *shared.built("build", "sim/hjsim-*")]
    if not shared.make(*wanted):
        return False
    shutil.rmtree(BUILD, ignore_errors=True)
    os.makedirs(os.path.join(BUILD, "bin"))
    for path in glob.glob(PLAIN + "/*"):
        if os.path.basename(path) not in ("bin", "analyse"):
            os.symlink(path, os.path.join(BUILD, os.path.basename(path)))
    for path in glob.glob(PLAIN + "/bin/*"):
        place = os.path.join(BUILD, "bin", os.path.basename(path))
        if path.endswith(".so"):
            os.symlink(path, place)
            continue
        with open(place, "w", encoding="utf-8") as f:
            f.write(SCRIPT % (LOGS, path))
        os.chmod(place, 0o755)
    return True


def run():
    if not build():
        return [shared.figure("analyse.valgrind", 1, "builds", "0", False)]
    shutil.rmtree(LOGS, ignore_errors=True)
    os.makedirs(LOGS)
    names = ["integration/"] if shared.FULL else ["integration/" + n for n in SAMPLE]
    passed, failed = shared.tests(BUILD, *names, patience=PATIENCE)
    said, programs = {}, 0
    for name in glob.glob(LOGS + "/*"):
        with open(name, encoding="utf-8", errors="replace") as f:
            text = f.read()
        programs += "HEAP SUMMARY" in text
        said.update(findings(text))
    return shared.watched("valgrind", said, passed, failed) + [shared.figure("analyse.valgrind_programs", programs, "programs", "1", programs > 0)]
