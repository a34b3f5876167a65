"""The plant that is tortured: two paced buses of simulated Modbus meters, one of a slave that is not ours, one of DL/T 645, three platforms (two of
them behind links that can be spoiled), equipment to be judged, people to be told, and a small file system of its own."""

import json
import os
import subprocess
import sys

from disk import Disk
from link import Link
from robot import Robot
from station import StationBus
from suite import TOP, Bus, Failed, Meter, Point, conf_group, load, wait_for
from tls import Authority

Misbehaving = load(os.path.join(TOP, "tests/sim/platform_modes.py"), "hj_platform_modes").Misbehaving
HERE = os.path.dirname(os.path.abspath(__file__))
MINUTE_S, HOUR_S, DAY_S = 5, 60, 600
DISK_MB, INODES = 32, 2048
STATIONS = {"181226034194": "feeder", "000000000007": "pump"}
ENERGY = "00010000"
QUIET_LINK = {"lost_after": 8}
PAST_EVENTS = 1000  # what eventd keeps in its memory (200) and in its cache of the file (256 KB) is less
AT_ONCE = 100
WRITTEN = {"by": "installer", "unit": "1", "bus": "north", "table": "holding", "address": "9", "old": "0", "new": "1", "result": "done"}


def meter(name, unit_id, order, total=False):
    code = "a%02d" % unit_id
    return Meter(name, unit_id, [
        Point("answers", code + "001", "uint32", "counter", order=order, total=total),
        Point("current", code + "002", "float32", "sine 20 5 17 0.5", order=order),
        Point("power", code + "003", "int16", "walk 0 40 -900 900", scale=0.1),
    ])


def counter(name, unit_id):
    return Meter(name, unit_id, [Point("answers", "a%02d001" % unit_id, "uint32", "counter")])


class Foreign(Bus):
    """A bus whose meters are python3-pymodbus's."""

    def start(self, seed):
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "slave.py"), "--link", self.port, "--log", self.log, "--control", self.control]
                                        + [str(m.unit_id) for m in self.meters], stdin=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.port) and os.path.exists(self.control), 10, "the foreign slave")


class Grid(StationBus):
    """Meters of DL/T 645 whose energy counts their answers, so that the judge can read their log as any other's. Without parity: a pseudo-terminal takes it
    once, and refuses the next program that opens it."""

    def __init__(self, suite, name):
        data = {ENERGY: [{"name": "v", "form": "XXXXXXXX", "from": 1, "step": 1, "over": 10 ** 7}]}
        point = {"name": "answers", "address": int(ENERGY, 16), "type": "bcd", "length": 4, "scale": 1.0}
        super().__init__(suite, name, "dlt645", [{"kind": "dlt645", "station": s, "data": data} for s in STATIONS],
                         [{"name": m, "station": s, "poll_interval": 2, "points": [dict(point, factor="a%02d001" % (31 + i))]}
                          for i, (s, m) in enumerate(STATIONS.items())], baud=9600, parity="none", response_timeout=2000)
        self.judged = [counter(m, 31 + i) for i, m in enumerate(STATIONS.values())]

    def answers(self):
        units = {s: 31 + i for i, s in enumerate(STATIONS)}
        numbers = [(ms, units[who], int(fields[1].split("=")[1])) for ms, (who, *fields) in self.lines("answer") if who in units]
        return [(ms, unit, "holding", 0, [n >> 16, n & 0xFFFF]) for ms, unit, n in numbers]


class Plant:
    def __init__(self, suite, own_disk, seed):
        self.suite = suite
        self.disk = Disk(suite, DISK_MB, INODES) if own_disk else None
        suite.bus("north", [meter("spray", 1, "ABCD"), meter("oven", 2, "CDAB", True)], response_timeout=2000)
        suite.bus("south", [meter("fan", 3, "BADC", True), meter("carbon", 4, "DCBA"), meter("rto", 5, "ABCD")], baud=19200, response_timeout=2000)
        suite.buses["foreign"] = Foreign(suite, "foreign", [counter("press", 21), counter("mill", 22)], 9600, response_timeout=2000)
        self.grid = Grid(suite, "grid")
        self.platforms = {n: Misbehaving(n, os.path.join(suite.root, n + ".frames"), seed=seed, edition=2017) for n in ("county", "city", "province")}
        self.links = {n: Link(n, self.platforms[n], seed) for n in ("county", "city")}
        for name, platform in self.platforms.items():
            keys = {"port": self.links[name].port} if name in self.links else {}
            suite.uplink(name, platform, over_time=1, re_count=2, rtd_interval=2, link=QUIET_LINK, **keys)
        suite.equipment = {"equipment": [
            {"name": "spray", "role": "production", "process": "spraying", "point": "spray.current", "running": 18.0},
            {"name": "fan", "role": "treatment", "process": "fan", "point": "fan.current", "running": 16.0}],
            "linkages": [{"production": ("spray",), "treatment": ("fan",)}]}
        authority = Authority(suite.root)
        self.robot = Robot(authority, "webhook")
        suite.write("alerts.conf", conf_group({"format": 1, "channels": [
            {"name": "people", "kind": "webhook", "url": self.robot.url(), "ca": authority.ca, "timeout": 2}]}))

    def past(self):
        """The events of a gateway that is not new: what is bounded is at its bound from the beginning, so that whatever grows later has none."""
        with self.suite.connect("eventd.peer", timeout=60) as s:
            for first in range(0, PAST_EVENTS, AT_ONCE):
                for i in range(first, first + AT_ONCE):
                    message = {"code": "register-written", "phase": "moment", "key": "past %d" % i, "source": "past", "values": WRITTEN}
                    s.sendall(json.dumps({"method": "hjgate.Event.Log", "parameters": message}).encode() + b"\0")
                answers = b""
                while answers.count(b"\0") < AT_ONCE:
                    answers += s.recv(65536) or b"\0" * AT_ONCE
                if b'"error"' in answers or answers.startswith(b"\0"):
                    raise Failed("eventd did not take an event of the past: %s" % answers[:200])

    def targets(self):
        """What there is for each kind of fault."""
        programs = self.suite.programs() + ["alertd"]
        buses = list(self.suite.buses)
        return {"program": programs, "machine": ["machine"], "disk": ["disk"] if self.disk else [], "configuration": ["configuration"],
                "bus": buses, "rtu": ["north", "south"], "dlt645": ["grid"], "link": list(self.links), "platform": list(self.platforms),
                "robot": ["robot"], "socket": ["stored", "eventd", "judged", "meterd@north", "uplinkd@city"]}

    def units(self, bus):
        """How its control line names its meters."""
        return list(STATIONS) if bus == "grid" else [str(m.unit_id) for m in self.suite.buses[bus].meters]

    def judged(self):
        """{bus: (meters, answers)} for the judge."""
        return {b.name: (self.grid.judged if b is self.grid else b.meters, b.answers()) for b in self.suite.buses.values()}

    def uploads(self):
        return {n: p.uploads("2051") for n, p in self.platforms.items()}
