"""Modbus servers on TCP that are not ours: python3-pymodbus in a process of its own, framed as Modbus TCP or as RTU (what a serial device server
passes on). A proxy before it makes answers late, holds them back or cuts connections."""

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from rtu import sealed

BLOCKS = {"coil": "co", "discrete": "di", "holding": "hr", "input": "ir"}


def serve(port, framing, units):
    """units: {unit id: {table: [value of register 0, 1 ...]}}"""
    import asyncio
    from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
    from pymodbus.server.async_io import ModbusTcpServer
    from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer

    async def run():
        slaves = {int(u): ModbusSlaveContext(zero_mode=True, **{BLOCKS[t]: ModbusSequentialDataBlock(0, v) for t, v in tables.items()})
                  for u, tables in units.items()}
        server = ModbusTcpServer(ModbusServerContext(slaves=slaves, single=False), ModbusRtuFramer if framing == "rtu" else ModbusSocketFramer,
                                 address=("127.0.0.1", port), ignore_missing_slaves=True, allow_reuse_address=True)
        await server.serve_forever()

    asyncio.run(run())


class Server:
    def __init__(self, port, framing, units):
        self.port, self.arguments, self.process = port, [str(port), framing, json.dumps(units)], None
        self.start()

    def start(self):
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__)] + self.arguments, stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)  # it tells of each connection that ends
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server of pymodbus does not come up")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self, on):
        """Its kernel goes on to accept and to acknowledge: a server that hangs."""
        self.process.send_signal(signal.SIGSTOP if on else signal.SIGCONT)


class Proxy:
    """Carries bytes to `to`. `late` of the answers come `late_s` later than they are there, others meanwhile. Of the units `unreached` it says itself that
    they do not respond (Modbus TCP, exception 11), as a gateway does, after `gives_up_s`."""

    def __init__(self, to, unreached=(), gives_up_s=0):
        self.unreached, self.gives_up_s = unreached, gives_up_s
        self.to, self.late, self.late_s, self.made_late, self.connections = to, 0, 0, 0, 0
        self.asked = self.most_asked = 0  # questions that the server has not answered
        self.random, self.open, self.lock = random.Random(1), [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self.to), 2)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self.connections += 1
            self.open = [client, server]
            threading.Thread(target=self.carry, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, True), daemon=True).start()

    def carry(self, source, to, answers):
        try:
            while True:
                data = source.recv(4096)
                if not data:
                    break
                self.asked = 0 if answers else self.asked + 1
                self.most_asked = max(self.most_asked, self.asked)
                if not answers and self.unreached and data[6] in self.unreached:
                    threading.Timer(self.gives_up_s, self.send, (source, data[:4] + bytes((0, 3, data[6], data[7] | 0x80, 11)))).start()
                elif answers and self.random.random() < self.late:
                    self.made_late += 1
                    threading.Timer(self.late_s, self.send, (to, data)).start()
                else:
                    self.send(to, data)
        except OSError:
            pass
        for s in (source, to):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def send(self, to, data):
        try:
            with self.lock:
                to.sendall(data)
        except OSError:
            pass

    def cut(self):
        for s in self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class IdleServer:
    """Ends each connection on which nobody has said anything for `idle_s`, as most gateways do. Holding and input registers of any unit are their address
    and 100 while it is `alive`; of those for which `mute(function, address, count)` is true it says nothing."""

    def __init__(self, framing, idle_s, alive=True, mute=None):
        self.framing, self.idle_s, self.alive, self.mute = framing, idle_s, alive, mute
        self.asked = []  # (function, address, count)
        self.ended = self.open = 0  # connections
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            self.open += 1
            client.settimeout(self.idle_s)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            while True:
                question = client.recv(512)
                if not question:
                    break
                head = 6 if self.framing == "tcp" else 0
                unit, function, address, count = struct.unpack(">BBHH", question[head:head + 6])
                self.asked.append((function, address, count))
                if not self.alive or self.mute and self.mute(function, address, count):
                    continue
                answer = struct.pack(">BBB", unit, function, 2 * count) + b"".join(struct.pack(">H", 100 + address + i) for i in range(count))
                client.sendall(question[:4] + struct.pack(">H", len(answer)) + answer if head else sealed(answer))
        except OSError:
            self.ended += 1  # idle for so long
        self.open -= 1
        client.close()


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]))
