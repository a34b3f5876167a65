"""cppcheck over src/ and services/. It reads headers as text and not as a compiler does: tests/analyse/seen stands before include/ and shows it what it
can follow. It knows no cleanup either, so that leaks are left to gcc, the sanitizers and valgrind."""

import os
import re
import subprocess

import shared

SAID = re.compile(r"^([\w/.-]+\.[ch]):(\d+): \w+: (.*) \[(\w+)\]$")
TEXTS = ["-DHJ_%s=\"x\"" % name for name in ("VERSION", "LOCALEDIR", "LIBEXECDIR", "DATADIR")]


def findings(text):
    """{(file:function, id): line}; what is no finding is a failure of the tool's, and as open as one."""
    found = {}
    for line in text.splitlines():
        said = SAID.match(line)
        if said:
            path, number, name = said.group(1), int(said.group(2)), said.group(4)
            found["%s:%s" % (path, shared.function_at(path, number)), name] = line
        elif line.strip():
            found["-", "unread"] = line
    return found


def run():
    folder = os.path.join(shared.BUILD, "cppcheck")
    os.makedirs(folder, exist_ok=True)
    files = shared.sources()
    done = subprocess.run(["cppcheck", "-q", "-j%d" % shared.AT_A_TIME, "--cppcheck-build-dir=" + folder, "--enable=warning,performance,portability",
                           "--suppress=memleak", "--suppress=resourceLeak", "--std=c11", "--language=c", "-Itests/analyse/seen", "-Iinclude",
                           "-D_GNU_SOURCE", *TEXTS, "--template={file}:{line}: {severity}: {message} [{id}]", *files], cwd=shared.TOP,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    said = findings(done.stdout)
    if done.returncode:
        said["-", "status"] = "cppcheck ended with status %d" % done.returncode
    return shared.told("cppcheck", said, len(files), "files")
