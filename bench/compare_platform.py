"""Platforms for queues that are not ours: lines over TCP (rsyslog), or as much of MQTT 3.1.1 as a bridge needs, each PUBLISH of QoS 1 acknowledged at
once. What came is kept with its time. A platform can refuse: its port is closed, and who is connected is cut off."""

import socket
import threading
import time


def mqtt_packets(data):
    """Whole packets as (first byte, body), and what is left."""
    found = []
    while len(data) >= 2:
        length = shift = 0
        at = 1
        while at < len(data):
            byte = data[at]
            length |= (byte & 127) << shift
            shift += 7
            at += 1
            if not byte & 128:
                break
        else:
            break
        if len(data) < at + length:
            break
        found.append((data[0], data[at:at + length]))
        data = data[at + length:]
    return found, data


class Platform:
    def __init__(self, mqtt):
        self.mqtt, self.port, self.came, self.listener, self.connections = mqtt, 0, {}, None, set()
        self.connected = None  # when somebody was first
        self.allow()

    def allow(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def refuse(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in list(self.connections):
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.add(c)
            self.connected = self.connected or time.time()
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        data = b""
        try:
            while True:
                got = c.recv(65536)
                if not got:
                    break
                data = self.take_mqtt(c, data + got) if self.mqtt else self.take_lines(data + got)
        except OSError:
            pass
        self.connections.discard(c)
        c.close()

    def keep(self, text):
        """The first word is the number of the message."""
        self.came.setdefault(int(text.split()[0]), time.time())

    def take_lines(self, data):
        *lines, rest = data.split(b"\n")
        for line in lines:
            self.keep(line.decode())
        return rest

    def take_mqtt(self, c, data):
        packets, rest = mqtt_packets(data)
        answers = b""
        for first, body in packets:
            kind = first >> 4
            if kind == 1:
                answers += b"\x20\x02\x00\x00"
            elif kind == 3:
                topic, qos = int.from_bytes(body[:2], "big"), first >> 1 & 3
                if qos:
                    answers += b"\x40\x02" + body[2 + topic:4 + topic]
                self.keep(body[2 + topic + (2 if qos else 0):].decode())
            elif kind == 8:
                answers += b"\x90\x03" + body[:2] + b"\x00"
            elif kind == 10:
                answers += b"\xb0\x02" + body[:2]
            elif kind == 12:
                answers += b"\xd0\x00"
        if answers:
            c.sendall(answers)
        return rest
