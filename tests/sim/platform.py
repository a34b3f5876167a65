#!/usr/bin/python3
"""A simulated HJ 212 platform: the county's server as a gateway sees it. It decodes by itself, with its own CRC, so that it can judge
what hjgate sends. Every frame received is logged with its time of arrival, one JSON object a line:

    {"t": ms, "ok": true, "qn": ..., "st": ..., "cn": ..., "pw": ..., "mn": ..., "flag": 5, "pnum": null, "pno": null,
     "cp": {name: value}, "items": [{name: value} ...], "acked": true, "raw": ..., "rf": null or "1", "crc": "1C80"}

It speaks the edition of what it hears. With `edition` (2005, 2017, 2025) it also judges: `wrong` lists what is not of that edition. `ack` is
how it acknowledges: "qn" names the frame's QN, "order" a QN of its own, "none" not at all. With `login` (a CN) whatever comes first on a
connection has to be that, and is answered by 9014 where it asks for it; a heartbeat (9015) is answered by 9013.

Its mode says how it behaves:
    normal    reads, answers each upload with 9014, each notice with 9013
    refuse    its port is closed
    silent    accepts, never reads, never answers
    noack     reads, never answers
    flapping  normal, but closes the connection every now and then, often between receiving and acknowledging
    slow      acknowledges after `delay` seconds (0.5)
    late      acknowledges each frame only when it has come a second time

As a program: platform.py [--port N] [--log FILE] [--mode M] [--delay S] [--seed N]. It prints `port N`, then takes lines on stdin: `mode M`,
`request CN [CP]` (prints the messages of the answer as JSON), `status`, `quit`. The end of stdin leaves it running."""

import argparse
import datetime
import json
import random
import socket
import sys
import threading
import time

CHINA = datetime.timezone(datetime.timedelta(hours=8))
FRAME_MOST = 16 * 1024  # bytes of a data segment that are waited for
ACKNOWLEDGED = {"2011", "2021", "2031", "2041", "2051", "2061", "2081", "3019", "3020"}
ANSWERS = {"9011", "9012", "9013", "9014"}
HEARTBEAT = "9015"
# By edition: the Flags there are (None: absent), and the lengths of an MN.
EDITIONS = {2005: ({None, 0, 1, 2, 3}, {14}), 2017: ({4, 5, 6, 7}, {20, 24}), 2025: ({8, 9, 10, 11}, {20, 24})}
MODES = ("normal", "refuse", "silent", "noack", "flapping", "slow", "late")
UPLOADS_REMEMBERED = 100000  # frames kept in memory; the log has all


def crc_annex_a(data):
    """HJ 212 annex A: like CRC-16/MODBUS, but the low byte of the register is dropped before each byte."""
    register = 0xFFFF
    for byte in data:
        register = (register >> 8) ^ byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


def crc_modbus(data):
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


def crc_swapped(data):
    crc = crc_modbus(data)
    return crc >> 8 | (crc & 0xFF) << 8


CRCS = {"annexa": crc_annex_a, "modbus": crc_modbus, "modbus-swapped": crc_swapped}


def encode(segment, crc="annexa"):
    data = segment.encode("utf-8")
    return b"##%04d%s%04X\r\n" % (len(data), data, CRCS[crc](data))


def parse_segment(segment):
    """The fields of a data segment: header fields by name, `cp` all items in one, `items` as they stand between semicolons."""
    head, _, rest = segment.partition("CP=&&")
    fields = dict(f.split("=", 1) for f in head.split(";") if "=" in f)
    area = rest.rsplit("&&", 1)[0]
    items = [dict(c.split("=", 1) for c in item.split(",") if "=" in c) for item in area.split(";")]
    items = [item for item in items if item]
    number = {k: int(fields[k]) if fields.get(k, "").isdigit() else None for k in ("Flag", "PNUM", "PNO")}
    return {"qn": fields.get("QN"), "st": fields.get("ST"), "cn": fields.get("CN"), "pw": fields.get("PW"), "mn": fields.get("MN"),
            "flag": number["Flag"], "pnum": number["PNUM"], "pno": number["PNO"], "rf": fields.get("RF"),
            "cp": {k: v for item in items for k, v in item.items()}, "items": items}


class Finder:
    """Frames out of a byte stream. Gives messages; what is no frame is skipped and counted."""

    def __init__(self, crc="annexa", encoding="utf-8"):
        self.buffer = b""
        self.encoding = encoding
        self.crc = CRCS[crc]
        self.junk = 0
        self.bad = 0

    def skip(self, count):
        self.junk += count
        self.buffer = self.buffer[count:]

    def take(self):
        """The next message, or None while no whole frame is there."""
        while True:
            start = self.buffer.find(b"##")
            self.skip(start if start >= 0 else max(0, len(self.buffer) - 1))
            if start < 0 or len(self.buffer) < 6:
                return None
            digits = self.buffer[2:6]
            if not digits.isdigit():
                self.skip(2)
                continue
            length = int(digits)
            if len(self.buffer) < length + 12:
                return None
            frame = self.buffer[:length + 12]
            message = self.judge(frame[6:6 + length], frame[6 + length:])
            if message:
                self.buffer = self.buffer[len(frame):]
                return message
            self.bad += 1
            self.skip(2)

    def judge(self, data, tail):
        try:
            good = tail[4:] == b"\r\n" and int(tail[:4], 16) == self.crc(data)
            text = data.decode(self.encoding)
            return dict(parse_segment(text), raw=text, crc=tail[:4].decode("ascii")) if good else None
        except (ValueError, UnicodeDecodeError):
            return None

    def feed(self, data):
        self.buffer = (self.buffer + data)[-2 * FRAME_MOST:]
        messages = []
        message = self.take()
        while message:
            messages.append(message)
            message = self.take()
        return messages


def now_ms():
    return time.time_ns() // 1000000


def wrong_in(edition, message):
    """What of the frame is not of this edition; "" where all of it is."""
    flags, lengths = EDITIONS[edition]
    if message["flag"] not in flags:
        return "its Flag is %s" % message["flag"]
    if len(message["mn"] or "") not in lengths:
        return "its MN is %s" % message["mn"]
    if message["rf"] is not None and (edition != 2025 or message["rf"] != "1"):
        return "its RF is %s" % message["rf"]
    if message["cn"] in ANSWERS and (edition == 2005) != ("QN" in message["cp"] and message["qn"] is None):
        return "its QN is in the wrong place"
    return ""


class Platform:
    def __init__(self, name="platform", log=None, mode="normal", crc="annexa", delay=0.5, seed=1, port=0, host="127.0.0.1", edition=None,
                 ack="qn", login=None, encoding="utf-8"):
        self.name = name
        self.log_file = open(log, "a", encoding="utf-8", buffering=1) if log else None
        self.mode = mode
        self.crc = crc
        self.delay = delay
        self.random = random.Random(seed)
        self.lock = threading.RLock()
        self.arrived = threading.Condition(self.lock)
        self.frames = []  # every good frame, oldest first
        self.seen = set()  # QNs
        self.edition, self.ack, self.login = edition, ack, login
        self.encoding = encoding  # of texts that come in
        self.wrong = []  # what is not of the edition, or came before the login
        self.logged_in = set()  # connections
        self.connections = set()
        self.newest = None  # the connection that requests go out on
        self.counts = {"connections": 0, "frames": 0, "acked": 0, "repeats": 0, "bad": 0, "junk": 0, "closed": 0}
        self.last_qn = 0
        self.stopping = False
        self.listener = None
        self.host, self.port = host, port
        self.listen()

    # ---- the port

    def listen(self):
        listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.host, self.port))
        self.port = listener.getsockname()[1]
        self.listener = listener
        if self.mode == "refuse":  # bound, so that the port stays ours, but not listening
            return
        listener.listen(16)
        threading.Thread(target=self.accept, args=(listener,), daemon=True).start()

    def accept(self, listener):
        while not self.stopping:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                if self.mode == "refuse":
                    connection.close()
                    continue
                self.counts["connections"] += 1
                self.connections.add(connection)
                self.newest = connection
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def close_listener(self):
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()

    def set_mode(self, mode):
        """Changes the behaviour from now on. Connections are closed, as when a server is replaced, but between normal, noack, slow and late."""
        assert mode in MODES, mode
        with self.lock:
            before, self.mode = self.mode, mode
            if mode == before:
                return
            if "refuse" in (mode, before):
                self.close_listener()
            if mode in ("refuse", "silent") or before in ("refuse", "silent"):
                self.drop_all()
            if "refuse" in (mode, before):
                self.listen()

    def drop(self, connection):
        with self.lock:
            self.connections.discard(connection)
            if self.newest is connection:
                self.newest = None
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()

    def drop_all(self):
        for connection in list(self.connections):
            self.drop(connection)

    def close(self):
        self.stopping = True
        self.close_listener()
        self.drop_all()

    # ---- a connection

    def serve(self, connection):
        finder = Finder(self.crc, self.encoding)
        end = time.monotonic() + self.random.uniform(1, 6)  # of this connection, when flapping
        connection.settimeout(0.2)
        while not self.stopping:
            if self.mode == "silent":
                time.sleep(0.05)
                if connection not in self.connections:
                    return
                continue
            if self.mode == "flapping" and time.monotonic() > end:
                self.counts["closed"] += 1
                break
            try:
                data = connection.recv(65536)
            except socket.timeout:
                continue
            except OSError:
                break
            if not data or not self.take(connection, finder, data):
                break
        with self.lock:
            self.counts["bad"] += finder.bad
            self.counts["junk"] += finder.junk
        self.drop(connection)

    def take(self, connection, finder, data):
        """False where the connection is to be closed."""
        arrival = now_ms()
        for message in finder.feed(data):
            answer = self.answer_to(message)
            cut = self.mode == "flapping" and message["cn"] not in ANSWERS and self.random.random() < 0.1
            self.judge(connection, message)
            self.remember(message, arrival, bool(answer) and not cut)
            if cut:
                self.counts["closed"] += 1
                return False
            if answer and not self.say(connection, answer):
                return False
        return True

    def remember(self, message, arrival, acked):
        with self.lock:
            message = dict(message, t=arrival, ok=True, acked=acked)
            self.counts["frames"] += 1
            self.counts["acked"] += acked
            if message["cn"] not in ANSWERS and message["qn"]:
                self.counts["repeats"] += message["qn"] in self.seen
                self.seen.add(message["qn"])
            self.frames.append(message)
            del self.frames[:-UPLOADS_REMEMBERED]
            if self.log_file:
                self.log_file.write(json.dumps(message, ensure_ascii=False) + "\n")
            self.arrived.notify_all()

    def judge(self, connection, message):
        text = wrong_in(self.edition, message) if self.edition else ""
        if self.login and connection not in self.logged_in and message["cn"] != self.login:
            text = "it came before the login"
        if message["cn"] == self.login:
            self.logged_in.add(connection)
        if text:
            self.wrong.append("%s: %s" % (text, message["raw"]))

    def answer_to(self, message):
        """The frame that acknowledges this one, or None."""
        old = message["flag"] is None or message["flag"] < 4
        own = {self.login: "9014", HEARTBEAT: "9013"}.get(message["cn"])
        wanted = (own or message["cn"] in ACKNOWLEDGED) and (message["flag"] is None or message["flag"] & 1)
        if message["cn"] in ANSWERS or not wanted or self.mode in ("noack", "silent") or self.ack == "none":
            return None
        if self.mode == "late" and message["qn"] not in self.seen:
            return None
        head = "ST=91;CN=%s;PW=%s;MN=%s;" % (own or "9014", message["pw"], message["mn"])
        if old:
            qn = message["qn"] or message["cp"].get("QN", "")
            return encode(head + "Flag=0;CP=&&QN=%s;CN=%s&&" % (qn, message["cn"]), self.crc)
        qn = self.new_qn() if self.ack == "order" else message["qn"]
        return encode("QN=%s;%sFlag=%d;CP=&&&&" % (qn, head, 8 if message["flag"] >= 8 else 4), self.crc)

    def say(self, connection, frame):
        if self.mode == "slow":
            time.sleep(self.delay)
        try:
            connection.sendall(frame)
            return True
        except OSError:
            return False

    # ---- what a test asks of it

    def send_raw(self, data):
        """Puts these bytes on the newest connection. False where there is none."""
        with self.lock:
            connection = self.newest
        return bool(connection) and self.say(connection, data)

    def new_qn(self):
        self.last_qn = max(self.last_qn + 1, now_ms())
        at = datetime.datetime.fromtimestamp(self.last_qn / 1000, CHINA)
        return at.strftime("%Y%m%d%H%M%S") + "%03d" % (self.last_qn % 1000)

    def request(self, cn, cp="", st="32", pw="123456", mn="010000A8900016F000169DC0", flag=5, qn=None, timeout=10, until="9012"):
        """Sends a request; the messages that came from then on up to the `until` answer with its QN (or up to the timeout): 9011, data, 9012.
        None where no gateway is connected."""
        qn = qn or self.new_qn()
        with self.lock:
            begin = len(self.frames)
        if not self.send_raw(encode("QN=%s;ST=%s;CN=%s;PW=%s;MN=%s;Flag=%d;CP=&&%s&&" % (qn, st, cn, pw, mn, flag, cp), self.crc)):
            return None

        def done():
            refused = lambda m: m["cn"] == "9011" and m["cp"].get("QnRtn") != "1"
            return any(m["qn"] == qn and (m["cn"] == until or refused(m)) for m in self.frames[begin:])

        self.wait(done, timeout)
        with self.lock:
            return [m for m in self.frames[begin:] if m["qn"] == qn or m["cn"] == cn]

    def wait(self, condition, timeout):
        """Waits until condition() is true, looked at with each frame; its last value."""
        end = time.monotonic() + timeout
        with self.lock:
            while not condition() and time.monotonic() < end:
                self.arrived.wait(min(0.5, max(0.01, end - time.monotonic())))
            return condition()

    def uploads(self, cn):
        """Data messages of this command, packets of one DataTime as they came. Answers to requests among them too."""
        with self.lock:
            return [m for m in self.frames if m["cn"] == cn and "DataTime" in m["cp"]]

    def joined(self, cn):
        """The same with PNUM/PNO packets joined: one message a (QN of the first packet), whole ones only."""
        messages, parts = [], []
        for m in self.uploads(cn):
            if not m["pnum"] or m["pnum"] == 1:
                messages.append(m)
                continue
            if m["pno"] == 1:
                parts = []
            elif any(m["qn"] == p["qn"] for p in parts):
                continue  # sent again
            parts.append(m)
            if [p["pno"] for p in parts] == list(range(1, m["pnum"] + 1)) and len({p["cp"]["DataTime"] for p in parts}) == 1:
                items = parts[0]["items"] + [i for p in parts[1:] for i in p["items"] if "DataTime" not in i]
                messages.append(dict(parts[0], items=items, cp={k: v for p in parts for k, v in p["cp"].items()}, t=m["t"]))
        return messages


def values_of(message):
    """{factor: {"Min": text, ...}} of a data message."""
    values = {}
    for item in message["items"]:
        for key, value in item.items():
            factor, dash, what = key.partition("-")
            if dash:
                values.setdefault(factor, {})[what] = value
    return values


def label_ms(text):
    """DataTime, Beijing time, as ms UTC."""
    at = datetime.datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    return int(at.timestamp()) * 1000


def command(platform, line):
    words = line.split(None, 2)
    if words[:1] == ["mode"] and len(words) == 2 and words[1] in MODES:
        platform.set_mode(words[1])
        print("mode " + words[1], flush=True)
    elif words[:1] == ["request"] and len(words) >= 2:
        for message in platform.request(words[1], words[2] if len(words) > 2 else "") or []:
            print(json.dumps(message, ensure_ascii=False), flush=True)
        print("end", flush=True)
    elif words == ["status"]:
        print(json.dumps(dict(platform.counts, mode=platform.mode)), flush=True)
    elif words:
        print("error: mode %s | request CN [CP] | status | quit" % "|".join(MODES), flush=True)


def main():
    arguments = argparse.ArgumentParser(description="a simulated HJ 212 platform")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--log")
    arguments.add_argument("--mode", choices=MODES, default="normal")
    arguments.add_argument("--crc", choices=sorted(CRCS), default="annexa")
    arguments.add_argument("--delay", type=float, default=0.5)
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    platform = Platform("platform", options.log, options.mode, options.crc, options.delay, options.seed, options.port)
    print("port %d" % platform.port, flush=True)
    for line in sys.stdin:
        if line.strip() == "quit":
            platform.close()
            return
        command(platform, line)
    threading.Event().wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
