"""gcc -fanalyzer over src/ and services/: each file by itself and not optimised, since what is inlined is said of another function.
Of what it has not seen yet some files a time, with FULL=1 all."""

import os
import re
import subprocess

import shared

SAID = re.compile(r"^(?:([\w/.-]+\.[ch]):\d+:\d+|cc1): warning: .*\[-Wanalyzer-([\w-]+)\]$")
INSIDE = re.compile(r"^(?:[\w/.-]+: )?In function .(\w+).:$")
ANEW = 200  # files; half a second of a processor each
LIMIT_S = 300  # of one file; the slowest takes seconds


def findings(path, text):
    """{(file:function, warning): line}"""
    found, function = {}, "-"
    for line in text.splitlines():
        inside, said = INSIDE.match(line), SAID.match(line)
        if inside:
            function = inside.group(1)
        elif said:
            found["%s:%s" % (said.group(1) or path, function), said.group(2)] = line
    return found


def run():
    command = shared.compile_command("build/analyse/gcc", "gcc")

    def say(path):
        """One that does not compile ends it all: nothing was looked at then."""
        done = subprocess.run("%s -fanalyzer -fanalyzer-verbosity=0 -fdiagnostics-plain-output -c -o /dev/null %s" % (command, path), shell=True,
                              cwd=shared.TOP, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace", timeout=LIMIT_S,
                              env=dict(os.environ, LC_ALL="C"))
        if done.returncode:
            raise SystemExit("gcc: %s:\n%s" % (path, done.stderr[-4000:]))
        return done.stderr

    texts = shared.read_each("gcc", command, say, shared.version("gcc"), ANEW)
    said = {}
    for path, text in texts.items():
        said.update(findings(path, text))
    return shared.told("gcc", said, len(texts), "files")
