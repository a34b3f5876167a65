"""The table of `make bench-peers`: cells, the reasons of those that are empty, a line of figures for each."""

import json
import os
import time

WHO = ("hjgate", "collectd", "mbpoll", "node-red", "rsyslog", "mosquitto", "limit")
WIDTH = 66  # of a row's name

# Row: its name in figures, what it is called, the unit.
ROWS = (
    ("scan", "a scan of 8 meters at 9600 baud", "s"),
    ("requests", "requests of a scan", "requests"),
    ("dead", "the same of the 7 others, one meter dead", "s"),
    ("rss", "memory: RSS of all processes", "KB"),
    ("pss", "memory: PSS", "KB"),
    ("dirty", "memory: private dirty", "KB"),
    ("cpu", "processor time a sample, whole chain", "us"),
    ("instructions", "instructions a sample, whole chain", "instructions"),
    ("bytes", "bytes to disk a record of 320 factors", "bytes"),
    ("syncs", "syncs to disk a record", "syncs"),
    ("first", "start to the first frame at the platform", "s"),
    ("change", "a meter's change to the acknowledged frame, median", "s"),
    ("backlog", "backlog delivered, each frame acknowledged by itself", "frames/s"),
    ("codec", "frames of 1008 bytes put together", "frames/s"),
    ("third_delay", "one platform of three dead: longest delay at the others", "ms"),
    ("third_lost", "the same: records lost when it is back", "records"),
    ("third_killed", "the same, and the sender killed (SIGKILL) meanwhile", "records"),
)

# Why a cell is empty where nobody has said more.
NOT_ITS_WORK = {
    "collectd": "it has no HJ 212",
    "mbpoll": "it only reads",
    "node-red": "not measured",
    "rsyslog": "a queue: it reads no meters and has no HJ 212",
    "mosquitto": "a queue: it reads no meters and has no HJ 212",
    "limit": "there is no least of it but nothing",
}


class Table:
    def __init__(self):
        self.cells, self.reasons, self.growth, self.troubles, self.began = {}, {}, [], [], time.time()
        self.loads = [os.getloadavg()[0]]

    def put(self, row, who, value):
        self.cells[row, who] = value

    def why_not(self, row, who, reason):
        self.reasons[row, who] = reason

    def failed(self, text):
        """A measurement that broke: the run goes on, and ends with status 1."""
        self.troubles.append(text)
        print("FAILED: %s" % text, flush=True)

    def text(self, row, who):
        value = self.cells.get((row, who))
        if value is None:
            return self.reasons.get((row, who), "").startswith("not installed") and "not installed" or "-"
        return "%.0f" % value if value >= 100 else "%.3g" % value

    def lines(self):
        rows = [r for r in ROWS if any(row == r[0] for row, _ in self.cells)]
        who = [w for w in WHO if any((r[0], w) in self.cells or self.reasons.get((r[0], w), "").startswith("not installed") for r in rows)]
        wide = [max([len(w)] + [len(self.text(r[0], w)) for r in rows]) for w in who]
        yield "| %-*s | %s |" % (WIDTH, "", " | ".join(w.rjust(n) for w, n in zip(who, wide)))
        yield "|-%s-|-%s|" % ("-" * WIDTH, "|-".join("-" * n + ":" for n in wide))
        for name, title, unit in rows:
            yield "| %-*s | %s |" % (WIDTH, "%s, %s" % (title, unit), " | ".join(self.text(name, w).rjust(n) for w, n in zip(who, wide)))
        named, reasons = [r[0] for r in rows], {}
        for row, w in ((row, w) for row in named for w in who if (row, w) not in self.cells):
            self.reasons.setdefault((row, w), NOT_ITS_WORK.get(w, "-"))
        for (row, w), reason in self.reasons.items():
            if row in named and w in who and (row, w) not in self.cells:
                reasons.setdefault((w, reason), []).append(row)
        if reasons:
            yield ""
        for (w, reason), of in reasons.items():
            yield "- %s (%s): %s" % (w, ", ".join(of), reason)

    def growth_lines(self):
        for title, head, rows in self.growth:
            yield ""
            wide = [max(len(str(r[i])) for r in [head] + rows) for i in range(len(head))]
            yield title + ":"
            yield ""
            for i, row in enumerate([head] + rows):
                yield "| %s |" % " | ".join(str(c).rjust(n) for c, n in zip(row, wide))
                if i == 0:
                    yield "|-%s|" % "|-".join("-" * n + ":" for n in wide)

    def show(self, path):
        """The table for people, one line a figure, and all of it as JSON in a file."""
        self.loads.append(os.getloadavg()[0])
        text = "\n".join([*self.lines(), *self.growth_lines()])
        print(text)
        print("\n%d s, load %.1f at the beginning and %.1f at the end, %d processors\n" % (time.time() - self.began, *self.loads, os.cpu_count()))
        units = {name: unit for name, _, unit in ROWS}
        for (row, who), value in sorted(self.cells.items()):
            print("figure peer.%s.%s %.6g %s - ok" % (row, who, value, units[row]))
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"began": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.began)), "load": self.loads,
                       "rows": {name: {"title": title, "unit": unit, "cells": {w: v for (row, w), v in self.cells.items() if row == name},
                                       "empty": {w: v for (row, w), v in self.reasons.items() if row == name and (row, w) not in self.cells}}
                                for name, title, unit in ROWS},
                       "growth": [{"title": t, "columns": h, "rows": r} for t, h, r in self.growth]}, f, indent=1)
            f.write("\n")
