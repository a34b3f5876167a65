#!/usr/bin/python3
"""A platform that only takes what comes, fast: one thread, each frame checked (length, tail, CRC by a table of its own) and acknowledged by its QN.
What came is judged afterwards, from its log: a line a frame, `MS ok|bad DATA-SEGMENT`.

    uplink_sink.py --log FILE [--port N] [--mode normal|refuse] [--delay MS]

It prints `port N` and takes lines on stdin: `mode normal|refuse`, `delay MS` (each way), `status` (prints `frames N bad N bytes N`), `quit`. With a
delay, what comes is seen later by so much, and what is answered leaves later by so much: the round trip of a long line."""

import argparse
import os
import selectors
import socket
import sys
import time

READ_BYTES = 262144


def step_table():
    """Annex A drops the register's low byte before each byte, so that the high one is all that goes on."""
    table = []
    for value in range(256):
        register = value
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
        table.append(register)
    return table


STEP = step_table()
HIGH = [register >> 8 for register in STEP]


def crc(data):
    high = 0xFF
    for byte in data[:-1]:
        high = HIGH[high ^ byte]
    return STEP[high ^ data[-1]]


def field(data, name):
    at = data.find(name)
    return data[at + len(name):data.find(b";", at)] if at >= 0 else b""


def acknowledgement(data):
    """None for what wants none."""
    flag = field(data, b"Flag=")
    if not flag.isdigit() or not int(flag) & 1:
        return None
    segment = b"QN=%s;ST=91;CN=9014;PW=%s;MN=%s;Flag=4;CP=&&&&" % (field(data, b"QN="), field(data, b"PW="), field(data, b"MN="))
    return b"##%04d%s%04X\r\n" % (len(segment), segment, crc(segment))


class Connection:
    def __init__(self, s):
        self.socket, self.buffer = s, b""
        self.arrived, self.leaving = [], []  # (when, bytes): on their way

    def frames(self, data):
        """Whole data segments, and None for what is none: then the rest is thrown away."""
        self.buffer += data
        while len(self.buffer) >= 6:
            if self.buffer[:2] != b"##" or not self.buffer[2:6].isdigit():
                self.buffer = b""
                yield None
                return
            n = int(self.buffer[2:6])
            if len(self.buffer) < n + 12:
                return
            frame, self.buffer = self.buffer[:n + 12], self.buffer[n + 12:]
            segment, tail = frame[6:6 + n], frame[6 + n:]
            yield segment if tail == b"%04X\r\n" % crc(segment) else None


class Sink:
    def __init__(self, options):
        self.log = open(options.log, "ab", buffering=1 << 16)
        self.delay, self.mode = options.delay / 1000, options.mode
        self.counts = {"frames": 0, "bad": 0, "bytes": 0}
        self.selector = selectors.DefaultSelector()
        self.connections, self.listener = set(), None
        self.port = options.port
        self.listen()
        self.selector.register(0, selectors.EVENT_READ, self.command)

    def listen(self):
        """The port stays ours while it is refused: bound, and not listened on."""
        if self.listener:
            if self.mode_listens:
                self.selector.unregister(self.listener)
            self.listener.close()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        self.mode_listens = self.mode == "normal"
        if self.mode_listens:
            self.listener.listen(16)
            self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        while not self.mode_listens and self.connections:
            self.drop(next(iter(self.connections)))

    def accept(self):
        s, _ = self.listener.accept()
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        c = Connection(s)
        self.connections.add(c)
        self.selector.register(s, selectors.EVENT_READ, lambda: self.read(c))

    def drop(self, c):
        self.connections.discard(c)
        self.selector.unregister(c.socket)
        c.socket.close()

    def read(self, c):
        try:
            data = c.socket.recv(READ_BYTES)
        except OSError:
            data = b""
        if not data:
            self.drop(c)
        elif self.delay or c.arrived:
            c.arrived.append((time.monotonic() + self.delay, data))
        else:
            self.take(c, data)

    def take(self, c, data):
        answers, now = [], time.time_ns() // 1000000
        self.counts["bytes"] += len(data)
        for segment in c.frames(data):
            self.counts["frames"] += 1
            self.counts["bad"] += segment is None
            self.log.write(b"%d %s %s\n" % (now, b"ok" if segment else b"bad", segment or b""))
            answer = acknowledgement(segment) if segment else None
            if answer:
                answers.append(answer)
        if answers and (self.delay or c.leaving):
            c.leaving.append((time.monotonic() + self.delay, b"".join(answers)))
        elif answers:
            self.say(c, b"".join(answers))

    def say(self, c, data):
        try:
            c.socket.sendall(data)
        except OSError:
            self.drop(c)

    def on_their_way(self):
        """Delivers what has arrived or left by now; seconds until the next does, None where nothing is on its way."""
        now, next_at = time.monotonic(), None
        for c in list(self.connections):
            for way, deliver in ((c.arrived, self.take), (c.leaving, self.say)):
                while way and way[0][0] <= now and c in self.connections:
                    deliver(c, way.pop(0)[1])
                if way:
                    next_at = min(next_at or way[0][0], way[0][0])
        return None if next_at is None else max(0, next_at - time.monotonic())

    def command(self):
        """Lines are short and come one at a time, so that each is whole."""
        for line in (os.read(0, READ_BYTES).decode() or "quit").splitlines():
            words = line.split()
            if words[0] == "quit":
                self.log.close()
                sys.exit(0)
            if words[0] == "mode":
                self.mode = words[1]
                self.listen()
            if words[0] == "delay":
                self.delay = float(words[1]) / 1000
            self.log.flush()
            print("frames %(frames)d bad %(bad)d bytes %(bytes)d" % self.counts, flush=True)

    def run(self):
        print("port %d" % self.port, flush=True)
        while True:
            for key, _ in self.selector.select(self.on_their_way()):
                key.data()


def main():
    arguments = argparse.ArgumentParser(description="a platform that only takes what comes")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--log", required=True)
    arguments.add_argument("--mode", choices=("normal", "refuse"), default="normal")
    arguments.add_argument("--delay", type=float, default=0)
    Sink(arguments.parse_args()).run()


main()
