"""A day of history for the demonstration, by the door every reading takes: the store is run alone with five-minute windows and gets a day of
readings of the factory's points by Append, as a meterd would send them. No platform is known yet, so none of it is owed to anybody."""
import json
import math
import os
import random
import time

DAY_MS = 86400000
WINDOW_MS = 300000
STEP_MS = 60000
PER_APPEND = 250


def level(point, hour):
    """What this kind of value is like at this hour of a working day."""
    work = 1.0 if 8 <= hour < 20 else 0.08
    kind = point.name
    if kind == "run":
        return float(work == 1.0)
    if kind in ("voltage", "frequency", "chamber", "temperature"):
        return {"voltage": 228.0, "frequency": 50.0, "chamber": 818.0, "temperature": 40 + 100 * work}[kind]
    return {"current": 30.0, "power": 34.0, "pressure": -310.0, "drop": 900.0, "voc-in": 190.0, "voc-out": 18.0, "burner": 96.0}.get(kind, 0.0) * work


class Day:
    def __init__(self, meters, seed):
        self.random = random.Random(seed)
        self.points = [(m, p) for m in meters for p in m.points if p.name != "answers"]
        self.energy = [0.0] * len(self.points)

    def declared(self):
        return [{"name": "%s.%s" % (m.name, p.name), "factor": p.factor, "unit": p.keys.get("unit", ""), "total": bool(p.keys.get("total")),
                 "interval": m.poll_interval * 1000} for m, p in self.points]

    def samples(self, at):
        hour = (at + 8 * 3600000) // 3600000 % 24
        for i, (_, point) in enumerate(self.points):
            value = level(point, hour) * (1 + 0.03 * math.sin(at / 1.7e6 + i)) + self.random.uniform(-0.2, 0.2) * (point.name not in ("run", "desorb", "bypass"))
            if point.keys.get("total"):
                self.energy[i] += 0.55 if 8 <= hour < 20 else 0.04
                value = self.energy[i]
            yield [i, at, round(value, 2), "N"]


class Line:
    """The connection of one bus to the store, as its meterd would have it."""

    def __init__(self, suite, name, meters, seed):
        self.name, self.day, self.boot, self.first = name, Day(meters, seed), os.urandom(16).hex(), 1
        self.socket = suite.connect("stored.peer", 30)

    def append(self, upto, samples):
        """Offers these samples; every one taken before `upto` has been offered then."""
        for i in range(0, max(1, len(samples)), PER_APPEND):
            piece = samples[i:i + PER_APPEND]
            self.ask({"bus": self.name, "boot": self.boot, "first": self.first, "points": self.day.declared(), "samples": piece,
                      "upto": upto if i + PER_APPEND >= len(samples) else piece[0][1]})
            self.first += len(piece)

    def ask(self, parameters):
        self.socket.sendall(json.dumps({"method": "hjgate.Store.Append", "parameters": parameters}).encode() + b"\0")
        data = b""
        while not data.endswith(b"\0"):
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError("the store closed the connection")
            data += piece
        if b'"error"' in data:
            raise ConnectionError(data.decode())


def fill(suite, buses):
    """buses: {name: meters}. Puts the day before now into the store, which is left stopped."""
    kept = suite.settings, suite.buses, suite.uplinks
    suite.settings, suite.buses, suite.uplinks = {"format": 1, "base_window": WINDOW_MS // 1000}, {}, {}
    suite.start()
    end = int(time.time()) * 1000 // WINDOW_MS * WINDOW_MS
    lines = [Line(suite, name, meters, seed) for seed, (name, meters) in enumerate(sorted(buses.items()))]
    for line in lines:
        line.append(end - DAY_MS, [])
    for at in range(end - DAY_MS, end, WINDOW_MS):
        for line in lines:
            samples = [s for t in range(at, at + WINDOW_MS, STEP_MS) for s in line.day.samples(t)]
            line.append(at + WINDOW_MS, samples)
    suite.wait_for(lambda: suite.call("stored.look", "hjgate.Store.Status")["head"] >= DAY_MS // WINDOW_MS, 20, "the day of history", 0.2)
    for line in lines:
        line.socket.close()
    suite.stop()
    suite.settings, suite.buses, suite.uplinks = kept
