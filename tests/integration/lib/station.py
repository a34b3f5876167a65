"""A bus of stations (DL/T 645-2007, CJ/T 188-2004), simulated by tests/sim/hjsim-dlt645, and what the store takes over of it."""

import json
import os
import subprocess
import sys
import threading

from suite import BUILD, TOP, CallError, Failed, check, conf_group, wait_for

SIMULATOR = os.path.join(TOP, "tests/sim/hjsim-dlt645")


class StationBus:
    """`simulated`: METERs of hjsim-dlt645; `meters`: what the gateway is told."""

    def __init__(self, suite, name, kind, simulated, meters=(), baud=None, **keys):
        self.name, self.kind, self.meters, self.baud, self.keys = name, kind, list(meters), baud, keys
        self.simulated = {"meters": simulated}  # and what else hjsim-dlt645 takes
        folder = os.path.join(suite.root, "sim")
        os.makedirs(folder, exist_ok=True)
        self.port, self.log, self.control, self.sim = (os.path.join(folder, name + end) for end in (".tty", ".log", ".ctl", ".sim"))
        self.process = None
        suite.buses[name] = self

    def conf(self):
        keys = {"format": 1, "type": self.kind, "port": self.port}
        if self.baud:
            keys["baud"] = self.baud  # 2400 8E1 as without
        return conf_group(dict(keys, **self.keys, meters=self.meters))

    def start(self, _seed=1):
        with open(self.sim, "w", encoding="utf-8") as f:
            json.dump(self.simulated, f)
        self.process = subprocess.Popen([sys.executable, SIMULATOR, "--link", self.port, "--config", self.sim, "--log", self.log, "--control",
                                         self.control, "--baud", str(self.baud or 2400)], stdin=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.port) and os.path.exists(self.control), 5, "the simulated bus " + self.name)

    def tell(self, line):
        with open(self.control, "w", encoding="utf-8") as f:
            f.write(line + "\n")

    def lines(self, word):
        """[(ms, [rest])] of what was logged by this word."""
        with open(self.log, encoding="utf-8") as f:
            rows = [line.split() for line in f if line.endswith("\n")]
        return [(int(row[0]), row[2:]) for row in rows if len(row) > 1 and row[1] == word]

    def said(self, station):
        """{(identifier, field): [what the meter said of it, oldest first]}"""
        found = {}
        for _, (who, identifier, *fields) in self.lines("answer"):
            for field in fields if who == station else ():
                name, _, value = field.partition("=")
                found.setdefault((identifier, name), []).append(float(value))
        return found

    def asked(self, station, since_ms=0):
        """When it answered, in ms."""
        return [ms for ms, (who, *_) in self.lines("answer") if who == station and ms >= since_ms]


class Samples:
    """Every sample that the store takes over, by the name of its point; collected by a thread of its own."""

    def __init__(self, suite):
        self.suite, self.good, self.bad = suite, {}, {}
        self.names, self.error, self.ending = {}, None, False
        self.thread = threading.Thread(target=self.collect, daemon=True)
        self.thread.start()

    def collect(self):
        try:
            for reply in self.suite.replies("stored.look", "hjgate.Store.Watch", more=True, timeout=600):
                for point in reply["points"]:
                    self.names[point["number"]] = point["name"]
                for number, _, value, flag in reply["samples"]:
                    (self.good if flag == "N" else self.bad).setdefault(self.names[number], []).append(value)
        except (OSError, CallError) as e:
            self.error = e

    def of(self, name):
        return list(self.good.get(name, []))


def check_values(samples, bus, rows):
    """Each good sample of each point was said by its meter, in that order. rows: {point: (station, identifier, field, factor)}"""
    total = 0
    for point, (station, identifier, field, factor) in rows.items():
        said = iter(bus.said(station).get((identifier, field), []))
        got = samples.of(point)
        check(len(got) >= 3, "%s has %d samples" % (point, len(got)))
        for value in got:
            check(any(abs(s * factor - value) < 1e-6 for s in said), "%s: %r was not said by %s, or not then" % (point, value, station))
        total += len(got)
    return total


def bus_tool(suite, *words, status=0):
    done = subprocess.run([os.path.join(BUILD, "bin/hjgate"), "bus", *words, "--json", "--root", suite.root], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=150)
    check(done.returncode == status, "bus %s: status %d, %d wanted: %s" % (" ".join(words), done.returncode, status, done.stderr))
    return json.loads(done.stdout) if done.stdout else done.stderr


def shown(suite, *words):
    """What `hjgate frames grid` and the like print."""
    done = subprocess.run([os.path.join(BUILD, "bin/hjgate"), *words, "--json", "--root", suite.root], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=20)
    check(done.returncode == 0, "hjgate %s: %s" % (words[0], done.stderr))
    return json.loads(done.stdout)[words[0]]


def status(suite, bus):
    return suite.call("meterd@%s.look" % bus, "hjgate.Meter.Status")


def meter(suite, bus, name):
    for m in status(suite, bus)["meters"]:
        if m["name"] == name:
            return m
    raise Failed("no meter %s" % name)
