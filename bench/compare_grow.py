"""How hjgate's cost grows, in tables of their own: with meters, buses, uplinks, and days in the store. Buses of 115200 baud, 4 points a meter, all read
each 5 s, a real-time frame each second."""

import os
import subprocess
import time

from compare_bus import cpu_s, memory_kb
from compare_who import with_factors
from sink import Sink
from suite import BUILD, FULL, Failed, Suite

SETTLE_S, LOOK_S = (10, 60) if FULL else (6, 12)
POINTS = {"meters": (1, 8, 32, 64, 128, 248) if FULL else (1, 32, 248), "buses": (1, 2, 4, 8, 16) if FULL else (1, 16),
          "uplinks": (1, 2, 4, 8, 16) if FULL else (1, 16), "days": (1, 10, 30, 100, 400) if FULL else (1, 30)}
UNITS_MOST, EACH, POLL_S = 124, 4, 5
HEAD = ("points", "PSS KB", "private dirty KB", "CPU ms/s", "first frame s")
WHAT = {"meters": "Meters (on two buses above 124)", "buses": "Buses of 4 meters", "uplinks": "Uplinks, 8 meters", "days": "Days in the store (40 factors a minute), 4 meters"}


def frames(sink):
    return sink.tell("status")["frames"]


def one(meters=4, buses=1, uplinks=1, days=0):
    if meters > UNITS_MOST:
        meters, buses = meters // 2, 2
    with Suite(10, 3600, 86400) as suite:
        sinks = [Sink(suite.root, "platform%d" % i) for i in range(uplinks)]
        try:
            for b in range(buses):
                found = with_factors(meters, EACH, poll_interval=POLL_S)
                for m in found:
                    m.name = "b%02d-%s" % (b, m.name)  # one name a meter: two of a name share their points
                    for i, p in enumerate(m.points):
                        p.factor = "e%02d%03d%02d" % (b, m.unit_id, i)
                suite.bus("b%02d" % b, found, baud=115200)
            for i, sink in enumerate(sinks):
                suite.uplink("u%02d" % i, sink, rtd_interval=1)
            if days:
                subprocess.run([os.path.join(BUILD, "bench/store_fill"), suite.root, str(days), "40"], check=True, stderr=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
            began = time.monotonic()
            suite.start(wait=False)
            suite.wait_for(lambda: all(frames(s) for s in sinks), 120, "frames at all platforms", step=0.02)
            first = time.monotonic() - began
            time.sleep(SETTLE_S)
            pids = [suite.process.pid, *suite.pids().values()]
            used = cpu_s(pids)
            time.sleep(LOOK_S)
            used = cpu_s(pids) - used
            kb = memory_kb(pids)
            return [meters * buses * EACH, kb["Pss"], kb["Private_Dirty"], "%.1f" % (used / LOOK_S * 1000), "%.2f" % first]
        finally:
            for sink in sinks:
                sink.close()


def measure(table, folder):
    for what, points in POINTS.items():
        rows = []
        for n in points:
            keys = dict({"meters": 8} if what == "uplinks" else {}, **{what: n})
            try:
                rows.append([n, *one(**keys)])
            except (Failed, OSError, subprocess.SubprocessError) as e:
                table.failed("%s %d: %s" % (what, n, e))
                rows.append([n, *("-" for _ in HEAD)])
        table.growth.append((WHAT[what], (what, *HEAD), rows))
