"""The network between an uplink and its platform, for as long as a kernel's netem is not everywhere: a relay that delays, loses (what TCP makes of a
loss: the bytes come after a retransmission's time), cuts, and swallows."""

import random
import socket
import struct
import threading
import time

CONNECT_S = 3
RETRANSMITTED_S = (0.2, 3.0)


class Link:
    def __init__(self, name, platform, seed=1):
        self.name, self.platform, self.random = name, platform, random.Random(seed)
        self.delay_s, self.loss, self.swallows = 0.0, 0.0, False
        self.lock, self.pairs = threading.Lock(), set()
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            threading.Thread(target=self.open, args=(near,), daemon=True).start()

    def open(self, near):
        try:
            far = socket.create_connection(("127.0.0.1", self.platform.port), CONNECT_S)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        pair = Pair(near, far)
        with self.lock:
            self.pairs.add(pair)
        for source, to in ((near, far), (far, near)):
            threading.Thread(target=self.pump, args=(pair, source, to), daemon=True).start()

    def pump(self, pair, source, to):
        try:
            while True:
                data = source.recv(16384)
                if not data:
                    break
                if self.swallows:
                    pair.forgotten = True  # as by a router that was replaced: this connection never speaks again
                if pair.forgotten:
                    continue
                lost = self.random.uniform(*RETRANSMITTED_S) if self.random.random() < self.loss else 0
                time.sleep(self.delay_s + lost)
                to.sendall(data)
        except OSError:
            pass
        with self.lock:
            self.pairs.discard(pair)
        pair.close()

    def cut(self):
        """A reset to both ends; what was on its way is gone."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            pair.reset()


class Pair:
    def __init__(self, near, far):
        self.ends, self.forgotten = (near, far), False

    def close(self):
        for end in self.ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            end.close()

    def reset(self):
        for end in self.ends:
            try:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            except OSError:
                pass
        self.close()
