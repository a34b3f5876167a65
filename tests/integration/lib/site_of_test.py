"""A simulated site for what judges equipment: a spraying line on one bus, an exhaust fan and an adsorber on another, each driven by the
test. Registers hold what they are told until they are told something else."""

from suite import Meter, Point

SPRAY, FAN, BED = 1, 2, 3
RUNS_A, IDLES_A = 5.0, 1.0
FAN_A, FAN_BELT_A = 3.0, 6.0
BED_PA = 60.0
HOLD_S, SILENT_S, STUCK_S = 1, 4, 4


def switch(name, value, **keys):
    p = Point(name, "", "bit", "constant %d" % value, table="coil", fast=200, **keys)
    p.factor = "ea09%02d" % (hash_of(name))
    return p


def hash_of(name):
    return sum(map(ord, name)) % 90 + 10


def build(suite, poll=1):
    """North and south."""
    def value(name, factor, unit, sim):
        return Point(name, factor, "float32", sim, unit=unit)

    north = suite.bus("north", [Meter("spray", SPRAY, [value("current", "ea0101", "A", "constant 0")], poll_interval=poll)], baud=19200)
    south = suite.bus("south", [
        Meter("fan", FAN, [value("current", "ea0201", "A", "constant 10"), switch("on", 1)], poll_interval=poll),
        Meter("bed", BED, [value("pressure", "ea0301", "Pa", "constant 150"), value("temperature", "ea0302", "℃", "walk 40 2 20 60"),
                           switch("valve", 1)], poll_interval=poll)], baud=19200)
    return north, south


def equipment(hold=HOLD_S, run_up=2, late=1):
    times = {"running_after": hold, "idle_after": hold, "stopped_after": hold, "silent_after": SILENT_S}
    return {
        "equipment": [
            dict({"name": "spray", "role": "production", "process": "spraying", "point": "spray.current", "running": RUNS_A, "idle": IDLES_A}, **times),
            dict({"name": "fan", "role": "treatment", "process": "fan",
                  "points": [{"point": "fan.on"}, {"point": "fan.current", "running": FAN_A}]}, **times),
            dict({"name": "bed", "role": "treatment", "process": "adsorption", "point": "bed.valve"}, **times)],
        "limits": [
            {"equipment": "fan", "point": "fan.current", "lower": FAN_BELT_A, "lasting": hold, "clear": hold, "after": 0},
            {"equipment": "bed", "point": "bed.pressure", "lower": BED_PA, "lasting": hold, "clear": hold, "after": 0, "says": "bypassed"},
            {"point": "bed.temperature", "stuck": 0.0, "lasting": STUCK_S}],
        "linkages": [{"production": ("spray",), "treatment": ("fan", "bed"), "run_up": run_up, "late": late}],
    }


class Site:
    """What somebody does at the site."""

    def __init__(self, north, south):
        self.north, self.south = north, south

    def spray(self, amperes):
        self.north.tell("set %d holding 0 %g" % (SPRAY, amperes))

    def fan(self, on, amperes=10.0):
        self.south.tell("set %d coil 0 %d" % (FAN, on))
        self.south.tell("set %d holding 0 %g" % (FAN, amperes if on else 0.0))

    def valve(self, on):
        self.south.tell("set %d coil 0 %d" % (BED, on))

    def pressure(self, pascal):
        self.south.tell("set %d holding 0 %g" % (BED, pascal))

    def temperature(self, celsius):
        self.south.tell("set %d holding 2 %g" % (BED, celsius))
