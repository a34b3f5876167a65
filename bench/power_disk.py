#!/usr/bin/python3
"""A disk with a volatile write cache, for a machine whose power is cut: serves one raw image to qemu by NBD on a UNIX socket.

	power_disk.py IMAGE SOCKET SEED [lie]

What the machine writes is held in memory until it flushes. SIGUSR1 is the power cut: each write since the last flush is kept, lost or torn (some of
its sectors kept) by the seed, then this ends; whoever starts it again finds what a disk would have kept. SIGTERM ends it with everything
written. lie: a flush is answered and not done. At its end it says what it did."""

import os
import random
import signal
import socket
import struct
import sys
import time

SECTOR = 512
CACHE_MOST = 64 << 20  # bytes held; then the oldest write goes to the image
FLUSH_S = 0.015  # what a card takes, so that the power finds something to take away

REQUEST_MAGIC, REPLY_MAGIC, OPTION_MAGIC = 0x25609513, 0x67446698, 0x3E889045565A9
READ, WRITE, DISCONNECT, FLUSH = range(4)
CAN_FLUSH, CAN_FUA = 1 << 2, 1 << 3
EXPORT_NAME, ABORT, INFO, GO = 1, 2, 6, 7
ACK, REPLY_INFO, UNSUPPORTED = 1, 3, 0x80000001
EINVAL = 22


class Disk:
    def __init__(self, path, seed, lies):
        self.file = os.open(path, os.O_RDWR)
        self.size = os.fstat(self.file).st_size // SECTOR * SECTOR
        self.chance = random.Random(seed)
        self.lies = lies
        self.waiting = []  # (offset, bytes), in the order of their coming
        self.held = 0
        self.counts = dict.fromkeys(("writes", "flushes", "kept", "lost", "torn"), 0)

    def read(self, offset, length):
        data = bytearray(os.pread(self.file, length, offset))
        for at, written in self.waiting:
            begin, end = max(at, offset), min(at + len(written), offset + length)
            if begin < end:
                data[begin - offset:end - offset] = written[begin - at:end - at]
        return bytes(data)

    def write(self, offset, data, through):
        self.counts["writes"] += 1
        self.waiting.append((offset, data))
        self.held += len(data)
        if through:
            self.flush()  # more than was asked for, and nothing less
        while self.held > CACHE_MOST:
            at, oldest = self.waiting.pop(0)
            os.pwrite(self.file, oldest, at)
            self.held -= len(oldest)

    def flush(self):
        self.counts["flushes"] += 1
        time.sleep(FLUSH_S)
        if not self.lies:
            self.write_out()

    def write_out(self):
        for offset, data in self.waiting:
            os.pwrite(self.file, data, offset)
        self.waiting.clear()
        self.held = 0

    def cut(self):
        """Some cuts spare much, some nothing."""
        luck = self.chance.choice((0, 0.2, 0.5, 0.5, 0.8, 1))
        for offset, data in self.waiting:
            if self.chance.random() < luck:
                self.counts["kept"] += 1
                os.pwrite(self.file, data, offset)
            elif luck and len(data) > SECTOR and self.chance.random() < 0.33:
                self.counts["torn"] += 1
                for at in range(0, len(data), SECTOR):
                    if self.chance.random() < 0.5:
                        os.pwrite(self.file, data[at:at + SECTOR], offset + at)
            else:
                self.counts["lost"] += 1


def take(peer, length):
    data = bytearray()
    while len(data) < length:
        piece = peer.recv(length - len(data))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def negotiate(peer, disk):
    """Fixed newstyle, without more than qemu needs; False when the client has left again."""
    flags = 1 | CAN_FLUSH | CAN_FUA
    peer.sendall(b"NBDMAGICIHAVEOPT" + struct.pack(">H", 1))
    zeroes = not struct.unpack(">I", take(peer, 4))[0] & 2
    while True:
        _, option, length = struct.unpack(">QII", take(peer, 16))
        take(peer, length)

        def reply(kind, data=b"", option=option):
            peer.sendall(struct.pack(">QIII", OPTION_MAGIC, option, kind, len(data)) + data)

        if option == EXPORT_NAME:
            peer.sendall(struct.pack(">QH", disk.size, flags) + (b"\0" * 124 if zeroes else b""))
            return True
        if option == ABORT:
            reply(ACK)
            return False
        if option not in (INFO, GO):
            reply(UNSUPPORTED)
            continue
        reply(REPLY_INFO, struct.pack(">HQH", 0, disk.size, flags))
        reply(REPLY_INFO, struct.pack(">HIII", 3, SECTOR, 4096, 32 << 20))  # block sizes: least, liked, most
        reply(ACK)
        if option == GO:
            return True


def serve(peer, disk):
    if not negotiate(peer, disk):
        return
    while True:
        _, flags, command, handle, offset, length = struct.unpack(">IHHQQI", take(peer, 28))
        error, data = 0, b""
        if command == READ:
            data = disk.read(offset, length)
        elif command == WRITE:
            disk.write(offset, take(peer, length), flags & 1)
        elif command == FLUSH:
            disk.flush()
        elif command == DISCONNECT:
            return
        else:
            error = EINVAL
        peer.sendall(struct.pack(">IIQ", REPLY_MAGIC, error, handle) + data)


def on_signal(number, does, disk):
    """Ends here and now: an exception could come up where it is swallowed, and then nobody would end."""
    def handler(*_):
        does()
        print(" ".join("%s %d" % each for each in disk.counts.items()), flush=True)
        os._exit(0)

    signal.signal(number, handler)


def main():
    image, path, seed = sys.argv[1:4]
    disk = Disk(image, int(seed), sys.argv[4:] == ["lie"])
    on_signal(signal.SIGUSR1, disk.cut, disk)
    on_signal(signal.SIGTERM, disk.write_out, disk)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(1)
    while True:
        peer, _ = listener.accept()
        try:
            serve(peer, disk)
        except (EOFError, ConnectionError):
            pass
        peer.close()


if __name__ == "__main__":
    main()
