"""A store full of records of any time, without meters: this test is the meterd, and offers samples minute by minute as one does after an outage."""

import json
import os
import socket

MINUTE_MS = 60000
SAMPLES_MOST = 256  # of one Append


class Filler:
    """`points`: dictionaries of hjgate.Store.Append. One sample a point and minute."""

    def __init__(self, suite, points, bus="north"):
        self.suite, self.points, self.bus = suite, points, bus
        self.boot, self.next = os.urandom(16).hex(), 1
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(suite.socket_path("stored.peer"))

    def close(self):
        self.socket.close()

    def append(self, samples, upto):
        message = {"method": "hjgate.Store.Append", "parameters": {
            "bus": self.bus, "boot": self.boot, "first": self.next, "upto": upto, "points": self.points, "samples": samples}}
        self.socket.sendall(json.dumps(message).encode() + b"\0")
        buffer = b""
        while b"\0" not in buffer:
            buffer += self.socket.recv(65536)
        reply = json.loads(buffer.split(b"\0", 1)[0])
        if "error" in reply:
            raise AssertionError("Append: %s" % reply)
        self.next = reply["parameters"]["next"]

    def minutes(self, first_ms, count, value=lambda point, minute: point + minute / 4, step_ms=MINUTE_MS):
        """Windows first_ms, first_ms + step_ms ...: each sample in the middle of its window."""
        batch, per_batch = [], max(1, SAMPLES_MOST // len(self.points))
        for i in range(count):
            at = first_ms + i * step_ms
            batch += [[p, at + step_ms // 2, value(p, i), "N"] for p in range(len(self.points))]
            if (i + 1) % per_batch == 0 or i + 1 == count:
                self.append(batch, at + step_ms)
                batch = []


def points(count, **keys):
    return [dict({"name": "oven.p%02d" % i, "factor": "a%05d" % (1000 + i), "unit": "A", "total": False, "interval": MINUTE_MS}, **keys)
            for i in range(count)]
