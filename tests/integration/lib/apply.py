"""`hjgate apply` on a suite that runs, and a folder of programs in which one can be made to fail at its start."""

import json
import os
import shutil
import subprocess

import suite as base

OK, REFUSED, BACK, TEMPORARY = 0, 1, 3, 111


def apply(suite, *arguments, wait="20s"):
    """(exit status, what it says as JSON, what it says on standard error)"""
    done = subprocess.run([os.path.join(base.BUILD, "bin/hjgate"), "apply", "--root", suite.root, "--json", "--wait", wait, *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120 * base.PATIENCE, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stderr


def touched(said):
    """{program: what was done with it}"""
    return {p["program"]: p["action"] for p in said.get("programs", [])}


def etc(suite):
    """{file: text} of the configuration."""
    found = {}
    top = os.path.join(suite.root, "etc/hjgate")
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as f:
                found[os.path.relpath(path, top)] = f.read()
    return found


class Failing:
    """Programs that are ours, but an uplinkd whose file names the host `fails.invalid` ends as soon as it is started. For the time of the
    block every Suite runs them."""

    WRAPPER = """#!/bin/bash
root= instance=
for word in "$@"; do
    [ "$last" = --root ] && root=$word
    last=$word
done
grep -qs fails.invalid "$root/etc/hjgate/uplinks.d/$last.conf" && exit 1
exec -a "$0" %s "$@"
"""

    def __init__(self, folder):
        self.build, self.before = os.path.join(folder, "build"), base.BUILD
        os.makedirs(os.path.join(self.build, "bin"))
        os.symlink(os.path.join(base.BUILD, "sim"), os.path.join(self.build, "sim"))
        for name in os.listdir(os.path.join(base.BUILD, "bin")):
            real, here = os.path.join(base.BUILD, "bin", name), os.path.join(self.build, "bin", name)
            if name == "hjgate":
                shutil.copy(real, here)  # it finds the programs beside itself
            elif name == "hjgate-uplinkd":
                with open(here, "w", encoding="utf-8") as f:
                    f.write(self.WRAPPER % real)
                os.chmod(here, 0o755)
            else:
                os.symlink(real, here)

    def __enter__(self):
        base.BUILD = self.build
        return self

    def __exit__(self, *error):
        base.BUILD = self.before
