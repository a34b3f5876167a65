"""A store and an event ledger played by a test, for one uplinkd that is real: any records of any time, at once. Rows are
(seq, kind, label, length, stats or body); what is owed, and what was confirmed, is in plain sight."""

import json
import os
import socket
import subprocess
import threading

from suite import BUILD

MINUTE_MS = 60000


class Peer:
    """Takes calls on a local socket; handlers[method](parameters, reply)."""

    def __init__(self, path, handlers):
        self.handlers, self.connections = handlers, []
        if os.path.exists(path):
            os.unlink(path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        self.socket.listen(16)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        buffer = b""
        try:
            while True:
                data = connection.recv(65536)
                if not data:
                    return
                buffer += data
                while b"\0" in buffer:
                    text, buffer = buffer.split(b"\0", 1)
                    call = json.loads(text)
                    self.handlers[call["method"]](call.get("parameters", {}), lambda p, **more: self.send(connection, p, **more))
        except OSError:
            pass

    @staticmethod
    def send(connection, parameters, **more):
        connection.sendall(json.dumps(dict(more, parameters=parameters)).encode() + b"\0")

    def close(self):
        for s in [self.socket] + self.connections:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()


class Store:
    """`points`: [(name, factor, total)], numbered from 1. Rows are added with put(); committed at once, owed at once."""

    def __init__(self, path, points):
        self.lock = threading.RLock()
        self.points = [{"number": i, "name": n, "factor": f, "unit": "", "total": t, "interval": 5000} for i, (n, f, t) in enumerate(points, 1)]
        self.rows, self.owed, self.confirmed, self.settings = {}, set(), [], {}
        self.receipts = []  # [from, to, QN of the first packet, sent, acknowledged, packets, QN of the last]
        self.live, self.values, self.pages = [], [], 0
        self.path = path
        self.open()

    def open(self):
        self.peer = Peer(self.path, {"hjgate.Store." + n: getattr(self, n.lower()) for n in ("Read", "Confirm", "Setting", "Query", "Watch", "Maintained")})

    def close(self):
        self.peer.close()
        self.live, self.values = [], []

    @property
    def head(self):
        return max(self.rows, default=0)

    def put(self, kind, label, stats=None, body=None, length=MINUTE_MS):
        """stats: {number: (flag, expected, got, cou, min, avg, max, last)}"""
        with self.lock:
            row = {"seq": self.head + 1, "kind": kind, "label": label, "length": length if stats is not None else 0, "boot": "0" * 32,
                   "boottime": 0, "trust": "rtc"}
            if stats is not None:
                row["stats"] = [[n] + list(s) for n, s in sorted(stats.items())]
            else:
                row["body"] = body
            self.rows[row["seq"]] = row
            self.owed.add(row["seq"])
            for reply in list(self.live):
                try:
                    reply(self.state([row]), **{"continues": True})
                except OSError:  # its uplinkd has gone
                    self.live.remove(reply)
            return row["seq"]

    def state(self, rows, following=None):
        waiting = sorted(self.owed)
        return {"records": rows, "points": self.points, "next": following or self.head + 1, "head": self.head, "trust": "ntp", "waiting": len(waiting),
                "oldest": self.rows[waiting[0]]["label"] if waiting else None}

    def read(self, p, reply):
        with self.lock:
            rows = [self.rows[s] for s in sorted(self.owed) if s >= p.get("from", 1)]
            if p.get("live"):
                self.live.append(reply)
                reply(self.state(rows), **{"continues": True})
                return
            self.pages += 1
            page = rows[:p.get("limit", len(rows))]
            reply(self.state(page, page[-1]["seq"] + 1 if len(page) < len(rows) else None))

    def confirm(self, p, reply):
        with self.lock:
            self.receipts += p.get("receipts", [])
            for r in p["ranges"]:
                self.confirmed += range(r["from"], r["to"] + 1)
                self.owed -= set(range(r["from"], r["to"] + 1))
            reply({"waiting": len(self.owed)})

    def setting(self, p, reply):
        with self.lock:
            if p.get("value") is not None:
                self.settings[p["name"]] = p["value"]
            elif p.get("remove"):
                self.settings.pop(p["name"], None)
            reply({"value": self.settings.get(p["name"])})

    def query(self, p, reply):
        with self.lock:
            rows = [r for s, r in sorted(self.rows.items()) if r["kind"] == p["kind"] and p["begin"] <= r["label"] < p["end"] and s > p.get("after", 0)]
            reply({"records": rows[:p.get("limit", 1000)], "points": self.points})

    def maintained(self, p, reply):
        reply({"maintained": []})

    def watch(self, p, reply):
        with self.lock:
            self.values.append(reply)
            reply({"points": self.points, "samples": []}, **{"continues": True})


def start(suite, program, name):
    """One real daemon, with its sockets as LISTEN_FDS, which begin at 3."""
    sockets, instance = [], "%s@%s" % (program, name)
    for right in ("look", "change"):
        s = socket.socket(socket.AF_UNIX)
        path = suite.socket_path("%s.%s" % (instance, right))
        if os.path.exists(path):
            os.unlink(path)
        s.bind(path)
        s.listen(8)
        sockets.append(s)
    saved = [os.dup(s.fileno()) for s in sockets]

    def hand_over():
        for i, fd in enumerate(saved):
            os.dup2(fd, 100 + i)
        for i in range(len(saved)):
            os.dup2(100 + i, 3 + i, inheritable=True)

    script = 'export LISTEN_PID=$$; exec "$0" --root "$1" %s' % name
    environment = dict(os.environ, LISTEN_FDS="2", LISTEN_FDNAMES=":".join("%s.%s" % (instance, r) for r in ("look", "change")))
    log = open(suite.log_path, "ab")
    process = subprocess.Popen(["sh", "-c", script, os.path.join(BUILD, "bin/hjgate-" + program), suite.root], env=environment,
                               preexec_fn=hand_over, close_fds=False, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    for s in sockets:
        s.close()
    for fd in saved:
        os.close(fd)
    log.close()
    return process
