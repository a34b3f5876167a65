"""Asks a real uplinkd what table.py says, in one edition, and compares every byte that comes back with what the table says: header, length, data
segment, CRC, CR LF, and nothing between and behind. The examiner is tests/sim/platform.py with its own codec; the store and the event ledger are
played (lib/stage.py), so that each record is known; nothing of the gateway's own code takes part in the judgement.

What is the gateway's to choose is judged by rule: a QN of its own is 17 digits, a time near now, later than the one before and none that was asked
with; a DataTime "now" is within seconds of now."""

import datetime
import os
import re
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../integration/lib"))
import table
from played import Peer, Store
from stage import Stage
from suite import Meter, PATIENCE, Point, check, hj212

ANSWER_S = 5  # a frame that has not come by then does not come
NEAR_S = 5
BASE_S = 300
POINTS = [("oven.current", "a01001", False), ("oven.energy", "a01002", True), ("fan.state", "e01001", False)]
CONFIGURED = {"over_time": "2", "re_count": "2", "rtd_interval": "30", "min_interval": "5", "rtd_on": "0", "rs_on": "1", "pw": table.PW}
FIELDS = ("QN", "ST", "CN", "PW", "MN", "Flag", "PNUM", "PNO")
MASKS = {"own": r"\d{17}", "now14": r"\d{14}"}


class Wrong(Exception):
    pass


def text14(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, hj212.CHINA).strftime("%Y%m%d%H%M%S")


# ---- the played store, with what the table says is in it -------------------------------------------------------------------------------------------


class Shelf(Store):
    """The store of lib/played.py that can also fail to keep a setting, and has values for real-time data."""

    def __init__(self, path, points):
        self.failing = False
        self.written = []  # names of settings, as they were kept
        super().__init__(path, points)

    def setting(self, p, reply):
        if self.failing and p.get("value") is not None and not p["name"].endswith(".qn"):
            reply({}, error="hjgate.Store.NoRoom")
            return
        if p.get("value") is not None:
            self.written.append(p["name"].rsplit(".", 1)[1])
        super().setting(p, reply)

    def watch(self, p, reply):
        now = hj212.now_ms()
        reply({"points": self.points, "samples": [[1, now, 2.5, "N"], [2, now, 7.1, "T"], [3, now, 7, "N"]]}, **{"continues": True})


class Bus:
    """A program of the bus north, played: `trouble` is what ails it ("silent", "busy", "failing")."""

    VALUES = {"oven.current": (2.5, "N"), "oven.energy": (7.1, "T"), "fan.state": (7, "N")}

    def __init__(self, path):
        self.trouble = None
        self.peer = Peer(path, {"hjgate.Meter.Sample": self.sample, "hjgate.Meter.Meters": self.meters})

    def failed(self, reply):
        error = {"busy": "hjgate.Busy", "failing": "hjgate.Failed"}.get(self.trouble)
        if error:
            reply({}, error=error)
        return error

    def sample(self, p, reply):
        readings = []
        for point in p["points"]:
            value, flag = (None, "B") if self.trouble == "silent" and point == "oven.energy" else self.VALUES[point]
            readings.append({"point": point, "time": hj212.now_ms(), "value": value, "flag": flag})
        if not self.failed(reply):
            reply({"readings": readings})

    def meters(self, p, reply):
        state = "lost" if self.trouble == "silent" else "ok"
        meters = [{"meter": "oven", "state": state, "serial": "010000A8900016F000169DC1"}, {"meter": "fan", "state": "ok", "serial": None}]
        if not self.failed(reply):
            reply({"meters": [m for m in meters if p.get("point", m["meter"]).split(".")[0] == m["meter"]]})


def n(got, lowest, mean, most, cou=None, flag="N"):
    return flag, 60, got, cou, lowest, mean, most, most


class World(Stage):
    """A gateway of one edition, connected, that owes nothing."""

    def __init__(self, edition, points=None):
        keys = {} if points else {"factors": [{"point": "oven.current"}, {"point": "oven.energy"}, {"point": "fan.state", "st": table.SECOND_ST}]}
        super().__init__(points or POINTS, edition=edition, mn=table.MN[edition], st=table.ST, logs="info", **keys)
        self.suite.settings = {"format": 1, "base_window": BASE_S, "serial": "GW-0001"}
        self.suite.bus("north", [Meter("oven", 1, [Point("current", "a01001", "uint16", ""), Point("energy", "a01002", "uint16", "")]),
                                 Meter("fan", 2, [Point("state", "e01001", "uint16", "")])])
        self.open_events = []
        self.platform.close()
        self.platform = Examiner(edition)
        self.suite.uplinks["county"]["port"] = self.platform.port
        today = (hj212.now_ms() + 8 * 3600000) // 86400000 * 86400000 - 8 * 3600000
        self.at = {"day": today - 86400000, "hour": today - 14 * 3600000, "minute": today - 14 * 3600000 + 600000, "log": today - 5000,
                   "state": today - 3000, "poweron": today - 2000, "restart": today - 60000}
        self.at["minute2"] = self.at["minute"] + BASE_S * 1000
        self.at["hour2"] = self.at["hour"] - 2 * 3600000

    def __enter__(self):
        super().__enter__()
        self.store.close()
        self.store = Shelf(self.suite.socket_path("stored.peer"), self.points)
        self.bus = Bus(self.suite.socket_path("meterd@north.peer"))
        self.events.handlers["hjgate.Event.List"] = lambda p, reply: reply({"events": [{"code": code} for code in self.open_events]})
        self.start()
        self.wait(lambda: self.platform.newest and self.store.live, "the gateway")
        return self

    def ail(self, trouble):
        """None: nothing ails."""
        self.bus.trouble = trouble
        self.open_events = [trouble] if trouble in ("port-lost", "maintenance") else []

    def __exit__(self, kind, value, trace):
        super().__exit__(kind, value, trace)
        self.bus.peer.close()

    def put(self, name):
        at = self.at
        stats = {"minute": ("minute", {1: n(60, 4, 4.5, 6), 2: n(60, 1, 1.5, 2, 12.25, "T"), 3: n(60, 7, 7, 7)}),
                 "minute2": ("minute", {1: n(0, None, None, None, None, "B")}),
                 "hour": ("hour", {1: n(60, 3, 4.25, 6)}), "hour2": ("hour", {1: n(60, 1, 2, 3)}), "day": ("day", {1: n(60, 0, -1.5, 6, None, "D")})}
        bodies = {"state": ("status", at["state"], {"states": {"SB1": 1, "SB2": 0}}), "runtime": ("runtime", at["day"], {"hours": {"SB1": 1.1, "SB2": 23.5}}),
                  "poweron": ("poweron", at["poweron"], {"end": at["restart"]}), "log": ("log", at["log"], {"text": "清洗管路"})}
        if name in bodies:
            kind, label, body = bodies[name]
            return self.store.put(kind, label, body=body)
        kind, values = stats[name]
        return self.store.put(kind, at[name], values, length={"hour": 3600000, "day": 86400000}.get(kind, BASE_S * 1000))

    def settings(self):
        kept = {k.rsplit(".", 1)[1]: v for k, v in dict(self.store.settings).items() if v != ""}
        return {k: kept.get(k, v) for k, v in CONFIGURED.items()}


# ---- the examiner ----------------------------------------------------------------------------------------------------------------------------------


class Examiner(hj212.Platform):
    """A platform that keeps every byte, and gives them out frame by frame."""

    def __init__(self, edition):
        self.edition_asked = edition
        self.stream, self.newest_own = b"", ""
        self.acknowledging = True
        super().__init__("examiner", edition=edition)

    def take(self, connection, finder, data):
        with self.lock:
            self.stream += data
        return super().take(connection, finder, data)

    def answer_to(self, message):
        return super().answer_to(message) if self.acknowledging else None

    def frame(self, seconds=ANSWER_S):
        """The next frame's bytes; None where none comes."""
        def whole():
            head = self.stream[:6]
            if len(head) < 6:
                return 0
            if head[:2] != b"##" or not head[2:].isdigit():
                raise Wrong("what came begins no frame: %r" % self.stream[:80])
            length = int(head[2:]) + 12
            return length if len(self.stream) >= length else 0

        length = self.wait(whole, seconds * PATIENCE)
        with self.lock:
            frame, self.stream = self.stream[:length], self.stream[length:]
        return frame or None


def build(world_edition, request, serial):
    """The bytes of a request: {"QN": ..., "crc": "wrong"}. Absent fields are None or not there."""
    given = {k: v(world_edition) if callable(v) and k not in ("text",) else v for k, v in request.items()}
    parts = ["%s=%s" % (k, given[k]) for k in given.get("order", FIELDS) if given.get(k) is not None]
    text = ";".join(parts + ["CP=&&%s&&" % given["CP"]] if given["CP"] is not None else parts)
    text = given["text"](text) if "text" in given else text
    data = text.encode()
    crc = "%04X" % hj212.crc_annex_a(data)
    how = given.get("crc")
    if how == "wrong":  # wrong in each dialect, and possible in none
        crc = next("%04X" % (c ^ serial) for c in range(0x0203, 0xFFFF) if (c ^ serial) not in [f(data) for f in hj212.CRCS.values()])
    return b"##%04d%s%s%s" % (len(data), data, (crc.lower() if how == "lower" else crc).encode(), b"" if how == "bare" else b"\r\n"), given


def strip_absent(layout, have):
    """Without the fields that the request did not have, or that are none: PW=...; MN=...; QN=...;"""
    for name in ("qn", "pw", "mn"):
        if not have[name]:
            layout = re.sub(r"(?i)%s=\{%s\};?" % (name, name), "", layout)
    return layout


def acknowledge(edition, frame, **changes):
    """The 9014 for this frame; `changes` to its fields."""
    message = hj212.parse_segment(frame[6:-6].decode())
    fields = dict({"qn": message["qn"], "pw": table.PW, "mn": table.MN[edition]}, **changes)
    layout = table.ANSWER[edition].replace("CP=&&{cp}&&", "CP=&&&&").replace(";{cp}", "").replace("{cn}", "9014")
    return hj212.encode(layout.format(**fields))


class Exam:
    def __init__(self, world, edition, tell=print):
        self.world, self.platform, self.edition, self.tell = world, world.platform, edition, tell
        self.rows = self.failed = 0
        self.serial = 0
        self.said, self.asked_qn = b"", None

    # ---- expected frames as text

    def known(self, text):
        return re.sub(r"\{(\w+)\}", lambda m: text14(self.world.at[m.group(1)]) if m.group(1) in self.world.at else m.group(0), text)

    def expected(self, frame, given):
        """A data segment with {own} and {now14} left in it."""
        kind, cn, cp, *rest = frame
        e = self.edition
        have = {"qn": given.get("QN"), "pw": given.get("PW"), "mn": given.get("MN")}
        if have["pw"] and len(have["pw"]) > 24:
            have["pw"] = None
        if kind == "upload":
            return self.fill(table.UPLOAD[e], cn, cp, {"qn": "-", "pw": table.PW, "mn": table.MN[e]}, rest[0])
        asked = given.get("ST")
        st = asked if asked in (table.ST, table.SECOND_ST) else table.ST
        layout = table.ANSWER[e] if kind == "answer" else table.DATA[e]
        if not cp:
            layout = layout.replace(";{cp}", "").replace("{cp}", "")
        return self.fill(strip_absent(layout, have), cn, cp, have, st)

    def fill(self, layout, cn, cp, have, st):
        for name, value in (("cp", self.known(cp)), ("cn", cn), ("st", st), ("qn", have["qn"]), ("pw", have["pw"]), ("mn", have["mn"])):
            layout = layout.replace("{%s}" % name, str(value))
        return layout

    # ---- judging one frame

    def judge(self, got, want):
        if got is None:
            raise Wrong("expected %s, got nothing" % want)
        data = got[6:-6]
        pattern = re.escape(want)
        for name, mask in MASKS.items():
            pattern = pattern.replace(re.escape("{%s}" % name), "(?P<%s>%s)" % (name, mask), 1)
        match = re.fullmatch(pattern, data.decode("utf-8", "replace"))
        if not match:
            raise Wrong("expected %s\n        got      %s" % (want, data.decode("utf-8", "replace")))
        self.by_rule(match.groupdict())
        whole = b"##%04d%s%04X\r\n" % (len(data), data, hj212.crc_annex_a(data))
        if whole != got:
            raise Wrong("expected the frame %r\n        got      %r" % (whole, got))

    def by_rule(self, chosen):
        own = chosen.get("own")
        if own:
            if own <= self.platform.newest_own or own == self.asked_qn:
                raise Wrong("its own QN %s is not later than %s, or is the request's" % (own, self.platform.newest_own))
            self.platform.newest_own = own
        for text in filter(None, (own and own[:14], chosen.get("now14"))):
            if abs(hj212.label_ms(text) - hj212.now_ms()) > 1000 * NEAR_S * PATIENCE:
                raise Wrong("the time %s is not now" % text)

    # ---- one exchange

    def right(self, cn, cp):
        return {"QN": self.platform.new_qn(), "ST": table.ST, "CN": cn, "PW": table.PW, "MN": table.MN[self.edition], "Flag": table.ASKS[self.edition], "CP": cp}

    def say(self, request):
        self.serial = self.serial % 200 + 1
        data, given = build(self.edition, request, self.serial)
        self.said, self.asked_qn = data, given.get("QN")
        if not self.platform.send_raw(data):
            raise Wrong("the gateway has gone")
        return given

    def exchange(self, request, frames):
        given = self.say(request)
        for frame in frames:
            self.judge(self.platform.frame(), self.expected(frame, given))

    def quiet(self):
        """Nothing more has come: what is asked now is answered next. A setting waits for those before it."""
        self.exchange(self.right("1000", "OverTime=2;ReCount=2"), [table.READY, table.DONE])

    def settle(self):
        """A history that nobody is told the end of is over: until then another one is busy."""
        end = time.monotonic() + ANSWER_S * PATIENCE
        while True:
            given = self.say(self.right("2031", table.EMPTY_SPAN))
            self.judge(self.platform.frame(), self.expected(table.READY, given))
            frame = self.platform.frame()
            if frame is None or b"ExeRtn=5&&" not in frame or time.monotonic() > end:
                self.judge(frame, self.expected(table.E(100), given))
                return
            time.sleep(0.02)

    def drain(self):
        """After a failure: the world is brought back to what it was, and what is on its way is thrown away."""
        self.platform.acknowledging, self.world.store.failing = True, False
        self.world.ail(None)
        for pw in (table.PW, table.NEW_PW):
            for cn, cp in (("1072", "NewPW=" + table.PW), ("1000", "OverTime=2;ReCount=2"), ("1062", "RtdInterval=30"), ("1064", "MinInterval=5"),
                           ("2012", ""), ("2021", "")):
                self.say(dict(self.right(cn, cp), PW=pw))
            time.sleep(0.3)
        self.platform.stream = b""

    # ---- rows

    def row(self, name, act):
        self.rows += 1
        self.said = b""
        try:
            act()
            self.quiet()
            if self.world.settings() != CONFIGURED:
                raise Wrong("the settings are %s" % self.world.settings())
        except Wrong as e:
            self.failed += 1
            self.tell("FAILED %d %s\n        request  %s\n        %s" % (self.edition, name, self.said.decode("utf-8", "replace").strip(), e))
            self.drain()

    def undo(self, steps):
        for cn, cp, frames in steps:
            self.exchange(self.right(cn, self.known(cp)), frames)

    def command(self, row, name="", **changes):
        """A row of COMMANDS or CONDITIONS, with these fields otherwise; `frames` and `undo` in place of the row's."""
        cn, _, cp, frames, *undo = row
        frames, steps = changes.pop("frames", frames), changes.pop("undo", undo[0] if undo else [])

        def act():
            self.exchange(dict(self.right(cn, self.known(cp)), **changes), frames)
            if changes == table.UNANSWERED:
                self.settle()
            if steps:
                self.quiet()
            self.undo(steps)

        self.row("CN %s %s%s" % (cn, cp, name and ": " + name), act)

    def troubled(self, row):
        trouble, _, cn, cp, frames = row

        def act():
            self.world.ail(trouble)
            self.exchange(self.right(cn, cp), frames)
            self.world.ail(None)

        self.row("CN %s %s: %s" % (cn, cp, trouble), act)

    def mine(self, rows):
        return [row for row in rows if self.edition in row[1]]

    def each_wrong(self, row, wrong):
        name, changes, codes = wrong
        code = codes[self.edition]
        cn = row[0]
        if code == table.SILENCE or (code == 9 and changes.get("CN", cn) >= "9000"):
            self.command(row, name, frames=[], undo=[], **changes)
        elif code == table.RIGHT:
            self.command(row, name, **changes)
        else:
            self.command(row, name, frames=[table.R(code)], undo=[], **changes)

    def unanswered(self, row):
        frames = [f for f in row[3] if f[0] != "answer"]
        self.command(row, "no answer wanted", frames=frames, **table.UNANSWERED)

    def upload(self, row):
        name, _, stored, frames = row

        def act():
            seq = self.world.put(stored)
            for frame in frames:
                self.judge(self.platform.frame(), self.expected(frame, {}))
            self.platform.wait(lambda: seq in self.world.store.confirmed, ANSWER_S * PATIENCE)
            if seq not in self.world.store.confirmed:
                raise Wrong("acknowledged, and still owed")

        self.row("upload " + name, act)

    def packets(self, items):
        """One record of the minute in packets. Where it is cut is the gateway's to choose, between items; what is too long for one packet is no one's."""
        e, pno, pnum = self.edition, 0, None
        while items:
            frame = self.platform.frame()
            said = hj212.parse_segment(frame[6:-6].decode()) if frame else {"items": [], "pnum": 0}
            pno, pnum, took = pno + 1, pnum or said["pnum"], len(said["items"]) - 1
            layout = table.SPLIT[e].replace("{pnum}", str(pnum)).replace("{pno}", str(pno))
            cp = ";".join(["DataTime={minute}"] + items[:max(took, 1)])
            self.judge(frame, self.fill(layout, "2051", cp, {"qn": "-", "pw": table.PW, "mn": table.MN[e]}, table.ST))
            if len(frame) - 12 > table.DATA_MOST or len(self.known(cp)) > table.CP_MOST:
                raise Wrong("a packet of %d bytes of data, %d of CP" % (len(frame) - 12, len(self.known(cp))))
            items = items[took:]
            if items and not self.platform.acknowledging:
                self.quiet()  # nothing more comes before its 9014
                self.platform.send_raw(acknowledge(e, frame))
        if pno != pnum:
            raise Wrong("%s packets came, and PNUM is %s" % (pno, pnum))
        return frame

    def stray(self, row):
        name, segment = row
        e = self.edition

        def act():
            text = segment.format(qn=self.platform.new_qn(), pw=table.PW, mn=table.MN[e], other=table.OTHER_MN[e], asks=table.ASKS[e], quiet=table.QUIET[e])
            self.said = hj212.encode(text)
            self.platform.send_raw(self.said)

        self.row("stray " + name, act)
