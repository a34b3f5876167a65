"""clang-tidy over src/ and services/, with the checks of .clang-tidy: what is a bug, not what is a style. It sees no cleanup release anything, so that
leaks are left to gcc, the sanitizers and valgrind. It is slow: of what it has not seen yet some files a time, with FULL=1 all."""

import re
import subprocess

import shared

SAID = re.compile(r"^(?:%s/)?([\w/.-]+\.[ch]):(\d+):\d+: (?:warning|error): (.*) \[([\w.,-]+)\]$" % re.escape(shared.TOP))
LEAK = re.compile(r"Potential (?:memory )?leak")
ANEW = 40  # files; two to three seconds of a processor each
LIMIT_S = 900  # of one file; the slowest takes half a minute


def findings(text):
    """{(file:function, check): line}"""
    found = {}
    for line in text.splitlines():
        said = SAID.match(line)
        if said and not said.group(1).startswith("/") and not LEAK.match(said.group(3)):
            path, number, check = said.group(1), int(said.group(2)), said.group(4)
            found["%s:%s" % (path, shared.function_at(path, number)), check] = line
    return found


def run():
    command = shared.compile_command("build/analyse/tidy", "clang")
    flags = command.split(" ", 1)[1]
    with open(shared.TOP + "/.clang-tidy", encoding="utf-8") as f:
        settings = f.read() + shared.version("clang-tidy")

    def say(path):
        done = subprocess.run("clang-tidy --quiet %s -- %s" % (path, flags), shell=True, cwd=shared.TOP, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, errors="replace", timeout=LIMIT_S)
        if done.returncode:
            raise SystemExit("tidy: %s:\n%s" % (path, (done.stdout + done.stderr)[-4000:]))
        return done.stdout

    texts = shared.read_each("tidy", command, say, settings, ANEW)
    said = {}
    for text in texts.values():
        said.update(findings(text))
    return shared.told("tidy", said, len(texts), "files")
