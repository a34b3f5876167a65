"""Those who look on: what of the meters' answers was seen as a reading in the live stream, who ran and who died, whether this machine stood still, and
what each program takes of it."""

import collections
import re
import signal
import threading
import time

from memory import descriptors, rollup
from suite import CallError, hj212

DIED = re.compile(r"run: warning: (\S+) died \((.*?)\)")
ENDS = {"signal 9 SIGKILL": signal.SIGKILL, "exit status 0": signal.SIGTERM, "signal 15 SIGTERM": signal.SIGTERM}  # what comes of a signal of the gremlin
STILL_S = 0.6  # a look that comes so much later than it should


class Readings(threading.Thread):
    """The numbers of the answers that the store was offered, by meter, out of Watch; it comes back when the store does."""

    def __init__(self, suite):
        super().__init__(daemon=True)
        self.suite, self.seen = suite, {}
        self.start()

    def run(self):
        while True:
            names = {}
            try:
                for reply in self.suite.replies("stored.look", "hjgate.Store.Watch", more=True, timeout=20):
                    names.update({p["number"]: p["name"] for p in reply["points"]})
                    for number, _, value, flag in reply["samples"]:
                        meter, _, point = names[number].partition(".")
                        if flag == "N" and point == "answers":
                            self.seen.setdefault(meter, set()).add(int(value))
            except (OSError, ValueError, CallError, KeyError):
                time.sleep(0.1)


class Processes(threading.Thread):
    """Whether this machine stood still, and who died by himself: `hjgate run` only starts it again."""

    def __init__(self, suite):
        super().__init__(daemon=True)
        self.suite, self.still = suite, []
        self.start()

    def run(self):
        while True:
            before = time.monotonic()
            time.sleep(0.1)
            if time.monotonic() - before > STILL_S:
                now = hj212.now_ms()
                self.still.append((now - int((time.monotonic() - before) * 1000), now))

    def died(self, deaths):
        """{(program, how): deaths that the gremlin did not cause}, by what `hjgate run` says of those that it did not end itself. deaths: {(program,
        signal): how often it was sent}; whatever else a program dies of is its own."""
        with open(self.suite.log_path, encoding="utf-8", errors="replace") as f:
            told = collections.Counter((m.group(1), ENDS.get(m.group(2), m.group(2))) for m in map(DIED.match, f) if m)
        return dict(told - collections.Counter(deaths))


def age_s(pid):
    with open("/proc/%d/stat" % pid, encoding="ascii") as f:
        started = int(f.read().rsplit(")", 1)[1].split()[19]) / 100
    with open("/proc/uptime", encoding="ascii") as f:
        return float(f.read().split()[0]) - started


def measure(suite):
    """{program: (age in s, private dirty KB, PSS KB, descriptors)}"""
    found = {}
    for program, pid in sorted(suite.pids().items()):
        if program not in ("alertd", "clockd"):
            memory = rollup(pid)
            found[program] = (age_s(pid), memory["Private_Dirty"], memory["Pss"], descriptors(pid))
    return found
