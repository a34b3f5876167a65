"""gcc -fanalyzer over src/ and services/: each file by itself and not optimised, since what is inlined is said of another function."""

import concurrent.futures
import glob
import os
import re
import subprocess

import shared

HERE = "build/analyse/gcc"
SAID = re.compile(r"^(?:([\w/.-]+\.[ch]):\d+:\d+|cc1): warning: .*\[-Wanalyzer-([\w-]+)\]$")
INSIDE = re.compile(r"^(?:[\w/.-]+: )?In function .(\w+).:$")
LIMIT_S = 300  # of one file; the slowest takes seconds


def command():
    """How make compiles a file, without its own warnings."""
    said = subprocess.run(["make", "-n", "B=" + HERE, "CC=gcc", "WARN=", "HARDEN=", "CFLAGS=-O0", "V=1", HERE + "/obj/src/base/buf.o"], cwd=shared.TOP,
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(line for line in said.splitlines() if " -c -o " in line).split(" -MMD ")[0]


def said_of(base, path):
    """{(file:function, warning): line} of one file. One that does not compile ends it all: nothing was looked at then."""
    done = subprocess.run("%s -fanalyzer -fanalyzer-verbosity=0 -fdiagnostics-plain-output -c -o /dev/null %s" % (base, path), shell=True, cwd=shared.TOP,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", timeout=LIMIT_S,
                          env=dict(os.environ, LC_ALL="C"))
    if done.returncode:
        raise SystemExit("gcc: %s:\n%s" % (path, done.stderr[-4000:]))
    found, function = {}, "-"
    for line in done.stderr.splitlines():
        inside, said = INSIDE.match(line), SAID.match(line)
        if inside:
            function = inside.group(1)
        elif said:
            found["%s:%s" % (said.group(1) or path, function), said.group(2)] = line
    return found


def run():
    base = command()
    shared.make("B=" + HERE, *(HERE + "/gen/" + os.path.basename(p) + ".c" for p in glob.glob(shared.TOP + "/src/ipc/*.varlink")))
    files = sorted(os.path.relpath(p, shared.TOP) for top in ("src", "services") for p in glob.glob("%s/%s/*/*.c" % (shared.TOP, top)))
    said = {}
    with concurrent.futures.ThreadPoolExecutor(shared.AT_A_TIME) as pool:
        for found in pool.map(lambda path: said_of(base, path), files):
            said.update(found)
    fresh, stale = shared.held_against_known("gcc", said)
    return [shared.figure("analyse.gcc_files", len(files), "files", "1", bool(files)),
            shared.figure("analyse.gcc_new", fresh, "warnings", "0", fresh == 0),
            shared.figure("analyse.gcc_stale", stale, "lines", "0", stale == 0)]
