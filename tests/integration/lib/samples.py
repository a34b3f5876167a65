"""Samples as stored hands them out, counted by their values."""

import collections
import threading

from suite import CallError


class Samples(threading.Thread):
    """Every sample of stored from now on: good[point] is a Counter of values, flagged[point] the number of those that are none."""

    def __init__(self, suite):
        super().__init__(daemon=True)
        self.suite, self.good, self.flagged = suite, collections.defaultdict(collections.Counter), collections.Counter()
        self.start()

    def run(self):
        names = {}
        try:
            for reply in self.suite.replies("stored.look", "hjgate.Store.Watch", more=True, timeout=60):
                names.update({p["number"]: p["name"] for p in reply["points"]})
                for number, _, value, flag in reply["samples"]:
                    if flag == "N":
                        self.good[names[number]][value] += 1
                    else:
                        self.flagged[names[number]] += 1
        except (OSError, ValueError, CallError):
            pass  # the suite has ended

    def wrong(self, expected):
        """What came as good and is not what the server holds."""
        return {n: dict(seen) for n, seen in list(self.good.items()) if set(seen) != {expected[n]}}

    def counts(self, names):
        return [sum(self.good[n].values()) for n in names]
