#!/usr/bin/python3
"""A Modbus slave that is not ours (python3-pymodbus) behind a pty, with the log and the control lines of hjsim-bus, as far as they go: unplug, replug,
garbage N, mute UNIT, unmute UNIT, late UNIT MS. Holding registers 0 and 1 of each unit count its answers.

    slave.py --link TTY --log LOG --control FIFO UNIT ..."""

import argparse
import asyncio
import fcntl
import logging
import os
import random
import select
import struct
import termios
import threading
import time
import tty

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusSerialServer
from pymodbus.transaction import ModbusRtuFramer

LOOK_S = 0.2


class Counting(ModbusSequentialDataBlock):
    """Each read is another answer, and is logged as one."""

    def __init__(self, unit, log):
        super().__init__(0, [0, 0])
        self.unit, self.log, self.answers = unit, log, 0

    def getValues(self, address, count=1):  # noqa: N802 (pymodbus's name)
        self.answers += 1
        self.values = list(struct.unpack(">2H", struct.pack(">I", self.answers)))
        values = super().getValues(address, count)
        self.log.write("%d answer %d holding %d %d %s\n" % (time.time() * 1000, self.unit, address, count, " ".join("%04X" % v for v in values)))
        return values


class Line:
    """The gateway's pty, which may be unplugged, and pymodbus's, which stays."""

    def __init__(self, options):
        self.link, self.random = options.link, random.Random(1)
        self.master = self.slave = None
        self.own, own_slave = os.openpty()
        tty.setraw(own_slave)
        self.own_port, self.held = os.ttyname(own_slave), own_slave
        os.mkfifo(options.control, 0o600)
        self.control, self.command = os.open(options.control, os.O_RDWR | os.O_NONBLOCK), b""
        self.mute, self.late = set(), {}
        self.plug()

    def plug(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.symlink(os.ttyname(self.slave), self.link)

    def unplug(self):
        os.unlink(self.link)
        os.close(self.master)
        os.close(self.slave)
        self.master = self.slave = None

    def obey(self, word, *rest):
        if word == "unplug" and self.master is not None:
            self.unplug()
        elif word == "replug" and self.master is None:
            self.plug()
        elif word == "garbage" and self.master is not None:
            os.write(self.master, self.random.randbytes(int(rest[0])))
        elif word == "mute":
            self.mute.add(int(rest[0]))
        elif word == "unmute":
            self.mute.discard(int(rest[0]))
        elif word == "late":
            self.late[int(rest[0])] = float(rest[1]) / 1000

    def carry(self):
        while True:
            fds = [fd for fd in (self.own, self.control, self.master) if fd is not None]
            ready = select.select(fds, [], [], LOOK_S)[0]
            if self.slave is not None:  # a gateway that was killed leaves its exclusive claim on the pty, which a real port would forget
                fcntl.ioctl(self.slave, termios.TIOCNXCL)
            if self.master in ready:
                self.to_slave(os.read(self.master, 512))
            if self.own in ready:
                self.to_gateway(os.read(self.own, 512))
            if self.control in ready:
                *lines, self.command = (self.command + os.read(self.control, 4096)).split(b"\n")
                for line in filter(None, lines):
                    self.obey(*line.decode().split())

    def to_slave(self, data):
        if data and data[0] not in self.mute:
            os.write(self.own, data)

    def to_gateway(self, data):
        time.sleep(self.late.get(data[0], 0) if data else 0)
        if self.master is not None:
            os.write(self.master, data)


def main():
    parser = argparse.ArgumentParser()
    for name in ("--link", "--log", "--control"):
        parser.add_argument(name, required=True)
    parser.add_argument("units", type=int, nargs="+")
    options = parser.parse_args()
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    log = open(options.log, "a", encoding="utf-8", buffering=1)
    line = Line(options)
    threading.Thread(target=line.carry, daemon=True).start()

    async def serve():
        slaves = {u: ModbusSlaveContext(zero_mode=True, hr=Counting(u, log)) for u in options.units}
        server = ModbusSerialServer(ModbusServerContext(slaves=slaves, single=False), ModbusRtuFramer, port=line.own_port, baudrate=9600,
                                    ignore_missing_slaves=True)
        await server.start()
        await server.serve_forever()

    asyncio.run(serve())


main()
