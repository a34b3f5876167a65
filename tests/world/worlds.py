"""What `sim` and `plant` share: one world, and how a figure is printed."""

import json
import subprocess

KINDS = ["noise", "meter", "reset", "port", "power", "kill", "clock", "no-rtc", "platform", "link", "request", "disk", "conf"]
WORLD_MOST = 3600  # seconds of processor time: a busy machine is no fault of a world


def run(world, seed, days, meters=2, faults=None):
    # A world blocks the signals that its programs take: it ends with us all the same.
    words = ["setpriv", "--pdeathsig", "KILL", "prlimit", "--cpu=%d" % WORLD_MOST, world, "--seed", str(seed), "--days", str(days), "--meters", str(meters)]
    if faults is not None:
        words += ["--faults", ",".join(faults)]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"seed": seed, "days": days, "violations": 1, "digest": "", "first": "the world ended with %d" % done.returncode, "faults": {}}


def figure(name, value, unit, goal, is_ok):
    print("figure %s %s %s %s %s" % (name, value, unit, goal, "ok" if is_ok else "short"))
