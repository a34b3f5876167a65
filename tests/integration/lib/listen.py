"""Masters of a bus of type "listen", none of them ours: python3-pymodbus and mbpoll; and a serial line of two ptys with the gateway on the one."""

import os
import select
import socket
import struct
import subprocess
import threading
import time
import tty

from suite import Failed, conf_group, skip

try:
    from pymodbus.client import ModbusSerialClient, ModbusTcpClient
except ImportError:
    try:
        from pymodbus.client.sync import ModbusSerialClient, ModbusTcpClient
    except ImportError as e:
        skip("python3-pymodbus is wanted: %s" % e)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return bytes(data) + struct.pack("<H", value)


class Line:
    """Two ptys, the gateway's and the masters', and a thread between. With `echo` the gateway hears itself. What it says is kept."""

    def __init__(self):
        self.ends = [os.openpty(), os.openpty()]
        for _, slave in self.ends:
            tty.setraw(slave)
        self.port, self.masters = (os.ttyname(slave) for _, slave in self.ends)
        self.echo, self.said, self.mute = False, b"", False
        threading.Thread(target=self.carry, daemon=True).start()

    def carry(self):
        gateway, masters = self.ends[0][0], self.ends[1][0]
        while True:
            for source in select.select([gateway, masters], [], [])[0]:
                try:
                    data = os.read(source, 512)
                except OSError:
                    return
                if source == masters:
                    os.write(gateway, data)
                    continue
                self.said += data
                if self.echo:
                    os.write(gateway, data)
                if not self.mute:
                    os.write(masters, data)

    def put(self, data):
        """Straight to the gateway, from nobody."""
        os.write(self.ends[0][0], data)

    def ask(self, data, seconds=1):
        """What the gateway says to these bytes; b"" for nothing."""
        self.mute, self.said = True, b""
        self.put(data)
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.said:
            time.sleep(0.002)
        time.sleep(0.05)
        self.mute = False
        return self.said


class ListenBus:
    """Stands where the suite expects a simulated bus. `way`: a serial port, or a number of TCP. `publish`: a list of groups."""

    def __init__(self, way, meters=(), **keys):
        self.way, self.meters, self.keys, self.process = way, list(meters), keys, None

    def start(self, seed):
        pass

    def conf(self):
        keys = {"format": 1, "type": "listen", "tcp_port" if isinstance(self.way, int) else "port": self.way, **self.keys}
        if self.meters:
            keys["meters"] = self.meters
        return conf_group(keys)


def mbpoll(*arguments):
    return subprocess.run(["mbpoll", "-1", "-q", "-0", "-o", "1", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)


def mbpoll_tcp(port, *arguments):
    return mbpoll("-m", "tcp", "-p", str(port), *arguments)


def mbpoll_rtu(*arguments):
    return mbpoll("-m", "rtu", "-b", "9600", "-P", "none", "-d", "8", "-s", "1", *arguments)


def good(answer, what):
    if answer.isError():
        raise Failed("%s: %s" % (what, answer))
    return answer
