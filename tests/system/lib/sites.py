"""What the booted machines of these tests are connected to: a small site, and the one that memory and wake-ups are counted with."""

from suite import Meter, Platform, Point

PROCESSES = ("drying", "coating", "printing", "fan", "adsorption", "rto", "scrubber", "spraying", "combustion", "bag-filter")
PRODUCTION = ("drying", "coating", "printing", "spraying")


def meter(name, unit_id, poll_interval=2, **keys):
    """Its first register counts its answers, so that judge.py can tell which of them are in a record. Its factors are none of the standard's, whose types
    would round what is judged."""
    code = "a%02d" % (unit_id + 70)
    return Meter(name, unit_id, [
        Point("answers", code + "001", "uint32", "counter", total=True),
        Point("current", code + "002", "float32", "sine 20 5 17 0.5", order="CDAB"),
        Point("power", code + "003", "int16", "walk 0 40 -900 900", scale=0.1),
    ], poll_interval=poll_interval, **keys)


def small(suite, platforms=("county", "city"), slow=False, **keys):
    """Two buses with three meters. {name: Platform}. They take their time, so that a gateway on a busy machine, whose processor may be emulated (slow), has
    learned to wait: an answer that nobody waits for any more is no reading, and the judge would miss it."""
    how = {"turnaround": 400, "poll_interval": 4} if slow else {"turnaround": 150}
    suite.bus("north", [meter("spray", 1, **how), meter("oven", 2, **how)], response_timeout=4000 if slow else 1000)
    suite.bus("south", [meter("fan", 3, **how)], response_timeout=4000 if slow else 1000)
    made = {name: Platform(name) for name in platforms}
    for name, platform in made.items():
        suite.uplink(name, platform, **dict({"over_time": 2}, **keys))
    return made


def whole(suite):
    """Two buses, eight meters, ten equipments, three platforms by plain TCP."""
    names = ("oven", "coater", "press", "spray", "fan", "carbon", "rto", "scrubber")
    suite.bus("north", [meter(name, n + 1, 5) for n, name in enumerate(names[:4])])
    suite.bus("south", [meter(name, n + 5, 5) for n, name in enumerate(names[4:])])
    made = {name: Platform(name) for name in ("county", "city", "park")}
    for name, platform in made.items():
        suite.uplink(name, platform, rtd_interval=30, over_time=5)
    suite.equipment = {"equipment": [
        {"name": "e%d-%s" % (n, process), "role": "production" if process in PRODUCTION else "treatment", "process": process,
         "point": names[n % len(names)] + ".current", "running": 5.0} for n, process in enumerate(PROCESSES)]}
    return made
