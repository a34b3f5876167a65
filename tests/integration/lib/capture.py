"""Captures: made of bytes, taken from loopback where this user may, and read back through tshark with our dissector, as it names the fields."""

import os
import re
import shutil
import struct
import subprocess
import time
import xml.etree.ElementTree

from suite import PATIENCE, TOP

DISSECTOR = os.path.join(TOP, "share/wireshark/hj212.lua")
GATEWAY_PORT = 50212


def pcap(pieces, port=40212):
    """A capture of one connection: pieces of (seconds, from the platform?, bytes), each a segment."""
    out, said = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101), [1, 1]
    for t, back, data in pieces:
        ports = (port, GATEWAY_PORT) if back else (GATEWAY_PORT, port)
        tcp = struct.pack(">HHIIBBHHH", *ports, said[back], said[not back], 0x50, 0x18, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4B4B", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, 192, 0, 2, 1 + back, 192, 0, 2, 2 - back)
        said[back] += len(data)
        out += struct.pack("<IIII", int(t), int(t % 1 * 1e6), 40 + len(data), 40 + len(data)) + ip + tcp + data
    return out


def tshark(path, *words):
    """Its output; what it says of itself (that root runs it) is dropped."""
    done = subprocess.run(["tshark", "-X", "lua_script:" + DISSECTOR, "-r", path] + list(words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60 * PATIENCE, env=dict(os.environ, LC_ALL="C.UTF-8", HOME=os.path.dirname(path)))
    if done.returncode or "Lua" in done.stderr:
        raise OSError("tshark ended with %d: %s" % (done.returncode, done.stderr))
    return done.stdout


class Dissected:
    """One frame as the dissector shows it: `fields` of (name, shown) in their order, `experts` by their abbreviation."""

    def __init__(self, proto, packet):
        self.packet = packet
        self.line = proto.get("showname")
        self.fields = [(f.get("name"), f.get("show")) for f in proto.iter("field")]
        self.experts = [name for name, _ in self.fields if name in EXPERTS]

    def all(self, name):
        return [shown for field, shown in self.fields if field == "hj212." + name]

    def get(self, name):
        return (self.all(name) or [None])[0]

    def pairs(self):
        """(name, value) of CP, in their order."""
        return list(zip(self.all("name"), self.all("value")))


def experts():
    with open(DISSECTOR, encoding="utf-8") as f:
        return set(re.findall(r'ProtoExpert\.new\("([\w.]+)"', f.read()))


EXPERTS = experts()


def dissect(path, *words):
    """Every frame of the capture, in order; read twice, so that what is answered knows by what."""
    tree = xml.etree.ElementTree.fromstring(tshark(path, "-2", "-T", "pdml", "-J", "hj212", *words))
    return [Dissected(proto, i) for i, packet in enumerate(tree.iter("packet"), 1) for proto in packet.iter("proto") if proto.get("name") == "hj212"]


class Capture:
    """What goes over loopback from here on to or from this port. `taken` is False where this user may not look."""

    def __init__(self, path, port):
        self.path, self.taken, self.process = path, False, None
        if shutil.which("dumpcap"):
            self.process = subprocess.Popen(["dumpcap", "-q", "-i", "lo", "-f", "tcp port %d" % port, "-w", path, "-F", "pcap"], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.taken = any(line.startswith("File:") for line in self.process.stderr)  # up to there, or to its end

    def end(self, last):
        """last: text of the newest frame that is to be in it. What the kernel has not handed over yet would be lost."""
        deadline = time.monotonic() + 10 * PATIENCE
        while self.taken and time.monotonic() < deadline and not self.holds(last):
            time.sleep(0.1)
        if self.process:
            self.process.terminate()
            self.process.stderr.read()
            self.process.wait()
            self.process.stderr.close()
        return self.taken

    def holds(self, text):
        with open(self.path, "rb") as f:
            return text.encode() in f.read()
