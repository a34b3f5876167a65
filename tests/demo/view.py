"""What the demonstration shows while it runs: buses, meters, newest values, records, platforms. Asked of the programs over their own sockets."""
import time

import screen
from acts import ACTS
from suite import CallError
from texts import _

SAY_EVERY_S = 5


class View:
    def __init__(self, demo):
        self.demo = demo
        self.values = {}  # point name -> (value, flag, time)
        self.said = 0.0
        self.points = {}

    def ask(self, socket, method):
        try:
            return self.demo.suite.call(socket, method, timeout=0.5)
        except (OSError, CallError, StopIteration, ValueError):
            return None

    def newest(self):
        """The newest sample of every point: the first answer of the live stream."""
        try:
            first = next(self.demo.suite.replies("stored.look", "hjgate.Store.Watch", more=True, timeout=0.5))
        except (OSError, CallError, StopIteration, ValueError):
            return
        self.points.update({p["number"]: p for p in first["points"]})
        for number, at, value, flag in first["samples"]:
            if number in self.points:
                self.values[self.points[number]["name"]] = (value, flag, at)

    def show(self):
        if self.screen.live:
            self.newest()
            self.screen.draw(self.page())
        elif time.monotonic() - self.said > SAY_EVERY_S:
            self.said = time.monotonic()
            self.screen.say("   " + self.line())

    @property
    def screen(self):
        return self.demo.screen

    def store(self):
        return self.ask("stored.look", "hjgate.Store.Status") or {"head": 0, "records": 0, "commits": 0, "bytes": 0, "uplinks": [], "buses": []}

    def line(self):
        store = self.store()
        parts = ["%s %d" % (_("Records"), store["records"])]
        for uplink in store["uplinks"]:
            parts.append("%s: %s %d, %s %d" % (_(uplink["name"]), _("acknowledged"), uplink["confirmed"], _("waiting"), uplink["waiting"]))
        return " · ".join(parts)

    # ---- the page

    def page(self):
        return self.heading() + self.buses() + self.meters() + self.records() + self.platforms()

    def heading(self):
        s, gone = self.screen, time.monotonic() - self.demo.begin
        if self.demo.act < 0:
            return [s.paint(s.BOLD, _("hjgate demonstration")), ""]
        title, story = ACTS[self.demo.act][:2]
        lines = [s.paint(s.BOLD, "%s · %s · %d s" % (_("hjgate demonstration"), _("act {n} of 5").format(n=self.demo.act + 1), gone)), "",
                 s.paint(s.BOLD + s.YELLOW, _(title))]
        return lines + screen.wrap(_(story), 100) + [""]

    def buses(self):
        s = self.screen
        lines = [s.paint(s.BOLD, _("Buses"))]
        for name in self.demo.buses:
            status = self.ask("meterd@%s.look" % name, "hjgate.Meter.Status")
            if not status:
                lines.append("  %s %s" % (screen.fit(name, 10), s.paint(s.RED, _("not running"))))
                continue
            answering = sum(m["state"] == "ok" for m in status["meters"])
            lines.append("  %s %d %s %d %s   %d %s, %d %s   Durable %d, %s %d" % (
                screen.fit(name, 10), answering, _("of"), len(status["meters"]), _("meters answer"), status["requests"], _("answers"),
                status["errors"], _("errors"), status["durable"], _("waiting"), status["waiting"]))
        return lines + [""]

    def meters(self):
        s = self.screen
        lines = [s.paint(s.BOLD, _("Values"))]
        for meters in self.demo.buses.values():
            for meter in meters:
                cells = []
                for point in meter.points:
                    value, flag, _at = self.values.get("%s.%s" % (meter.name, point.name), (None, " ", 0))
                    text = "%.*f %s" % (point.keys.get("decimals", 0), value, point.keys.get("unit", "")) if value is not None else "- [%s]" % flag
                    if point.name != "answers":
                        cells.append(screen.fit("%s %s" % (point.name, text), 21))
                lines.append("  %s %s" % (screen.fit(meter.name, 12), "".join(cells)))
        return lines + [""]

    def records(self):
        s, store = self.screen, self.store()
        return [s.paint(s.BOLD, _("Records")), "  %d %s, %d %s, %d %s" % (store["records"], _("kept"), store["commits"], _("commits"), store["bytes"], _("bytes")), ""]

    def platforms(self):
        s = self.screen
        head = "  " + "".join(screen.fit(_(t), w) for t, w in (("platform", 14), ("state", 14), ("acknowledged", 16), ("waiting", 12), ("time to go", 12)))
        lines = [s.paint(s.BOLD, _("Platforms")), s.paint(s.DIM, head)]
        for name in ("county", "city"):
            u = self.ask("uplinkd@%s.look" % name, "hjgate.Uplink.Status")
            state = u["state"] if u else "not running"
            colour = s.GREEN if state == "connected" else s.RED
            eta = "-" if not u or u.get("eta") is None else "%d s" % u["eta"]
            cells = [(_(name), 14), (_(state), 14), (str(u["acknowledged"] if u else "-"), 16), (str(u["waiting"] if u else "-"), 12), (eta, 12)]
            texts = [screen.fit(t, w) for t, w in cells]
            texts[1] = s.paint(colour, texts[1])
            bar = "▇" * min(40, u["waiting"] if u else 0)
            lines.append("  " + "".join(texts) + s.paint(s.YELLOW, bar))
        return lines
