"""A clock of the suite's own, that a test may set (clock_shim.c): every program that is started after this one is made has it."""

import mmap
import os
import struct
import subprocess

from suite import BUILD

HERE = os.path.dirname(os.path.abspath(__file__))


def sanitizer():
    """What must come first of all libraries where programs are built with it. Leaks are not asked for: python has some."""
    if "san-address" not in BUILD:
        return []
    os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
    return [subprocess.run(["cc", "-print-file-name=libasan.so"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()]


class Shim:
    """The offset of the suite's clock, and what was done to it."""

    NAMES = ("offset_ns", "steps", "slews", "slewed_us", "deny", "synchronised")

    def __init__(self, root):
        self.path, library = os.path.join(root, "clock"), os.path.join(root, "clock_shim.so")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, "clock_shim.c"), "-ldl"], check=True)
        with open(self.path, "wb") as f:
            f.write(bytes(4096))
        self.file = open(self.path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 4096)
        os.environ["CLOCK_SHIM"], os.environ["LD_PRELOAD"] = self.path, " ".join(sanitizer() + [library])

    def get(self, name):
        return struct.unpack_from("q", self.map, 8 * self.NAMES.index(name))[0]

    def put(self, name, value):
        struct.pack_into("q", self.map, 8 * self.NAMES.index(name), value)

    def offset_ms(self):
        return self.get("offset_ns") / 1e6
