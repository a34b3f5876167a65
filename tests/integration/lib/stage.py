"""One real uplinkd between a platform and a store that the test plays: made, left, cleaned up."""

import os

from played import MINUTE_MS, Peer, Store, start
from suite import Platform, Suite, check, hj212, wait_for

NOW = hj212.now_ms()
DAY_MS = 86400000


def minute_of(i, points=1):
    """Statistics of the i-th minute, each different, exact in decimal."""
    return {n: ("N", 12, 12 if i % 3 else 6, i + n, float(i), i + 0.5, i + 2.0, float(i)) for n in range(1, points + 1)}


class Stage:
    """Everything of one case: made, left, cleaned up."""

    def __init__(self, points, mode="normal", delay=0.05, **keys):
        self.suite, self.platform = Suite(), Platform("county", mode=mode, delay=delay)
        self.suite.settings = {"format": 1, "base_window": 60}
        self.suite.uplink("county", self.platform, **keys)
        self.points = points
        self.process = None
        self.told = []  # events, as they came

    def __enter__(self):
        self.suite.write_configuration()
        os.makedirs(os.path.join(self.suite.root, "run/hjgate"))
        self.events = Peer(self.suite.socket_path("eventd.peer"), {"hjgate.Event.Log": self.take_event})
        self.store = Store(self.suite.socket_path("stored.peer"), self.points)
        return self

    def take_event(self, p, reply):
        self.told.append(p)
        reply({"id": len(self.told)})

    def events_of(self, code):
        return [p for p in list(self.told) if p["code"] == code]

    def status(self):
        return self.suite.call("uplinkd@county.look", "hjgate.Uplink.Status")

    def start(self):
        self.process = start(self.suite, "uplinkd", "county")

    def __exit__(self, kind, value, trace):
        if self.process:
            self.process.terminate()
            status = self.process.wait()
            check(kind or status == 0, "uplinkd ended with status %s" % status)
        self.store.close()
        self.events.close()
        self.platform.close()
        self.suite.__exit__(kind, value, trace)

    def uploads(self, cn="2051"):
        return self.platform.uploads(cn)

    def labels(self, cn="2051"):
        return [hj212.label_ms(m["cp"]["DataTime"]) for m in self.uploads(cn)]

    def wait(self, condition, what, seconds=15):
        wait_for(condition, seconds, what, step=0.02)
