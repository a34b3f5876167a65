"""How platforms misbehave: the modes of platform.py, and these.

    blackhole  does not even accept: its backlog is full, a SYN is not answered
    twice      acknowledges each frame twice
    wrong-qn   acknowledges another QN
    no-crc     acknowledges without a CRC
    closes     acknowledges, and closes after each frame
    junk       9 kB of junk before each acknowledgement
    throttle   takes 1 kB/s"""

import importlib.util
import os
import random
import socket
import time

_spec = importlib.util.spec_from_file_location("hj_platform", os.path.join(os.path.dirname(os.path.abspath(__file__)), "platform.py"))
hj_platform = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hj_platform)

JUNK_BYTES = 9000
THROTTLE = 1000  # bytes a second
BACKLOG_FILL = 8  # connections of our own, more than listen(0) takes


def other_qn(frame):
    data = frame[6:-6].decode("utf-8")
    return hj_platform.encode(data.replace(data[3:20], "20010101000000000", 1))


# What is said instead of a right acknowledgement.
SHAPES = {
    "twice": lambda frame: frame + frame,
    "wrong-qn": other_qn,
    "no-crc": lambda frame: frame[:-6] + b"\r\n",
    "closes": lambda frame: frame,
    "junk": lambda frame: random.Random(len(frame)).randbytes(JUNK_BYTES) + b"\r\n" + frame,
    "throttle": lambda frame: frame,
}


class Misbehaving(hj_platform.Platform):
    shape, fillers = None, ()

    def set_mode(self, mode):
        self.leave_blackhole()
        self.shape = mode if mode in SHAPES else None
        if mode == "blackhole":
            super().set_mode("refuse")
            self.enter_blackhole()
        else:
            super().set_mode("normal" if self.shape else mode)

    def enter_blackhole(self):
        self.listener.listen(0)
        self.fillers = [socket.socket() for _ in range(BACKLOG_FILL)]
        for filler in self.fillers:
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))

    def leave_blackhole(self):
        for filler in self.fillers:
            filler.close()
        self.fillers = ()

    def take(self, connection, finder, data):
        if self.shape == "throttle":
            time.sleep(len(data) / THROTTLE)
        return super().take(connection, finder, data)

    def say(self, connection, frame):
        shape = self.shape
        return super().say(connection, SHAPES[shape](frame) if shape else frame) and shape != "closes"

    def close(self):
        self.leave_blackhole()
        super().close()
