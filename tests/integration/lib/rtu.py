"""A Modbus RTU slave on a pty, for what hjsim-bus does not do: registers that can be written, two units with one address, an adapter
that echoes, bytes that nobody asked for. Unpaced: it answers at once."""

import os
import struct
import threading
import time
import tty


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


def sealed(data):
    return data + crc(data)


class Line:
    """units: {unit id: {"holding": {address: value}, "input": ..., "coil": ..., "discrete": ...}}. `spoil(request, answer)` may give
    other bytes than the answer; a list of (delay, bytes) is written piece by piece."""

    TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input", 5: "coil", 6: "holding", 15: "coil", 16: "holding"}

    def __init__(self, link, units):
        self.units, self.link, self.spoil, self.delay = units, link, None, 0.003
        self.requests = []
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.symlink(os.ttyname(self.slave), link)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def terminate(self):
        """As of a process: the suite ends its buses so."""
        os.unlink(self.link)

    def wait(self):
        pass

    def write(self, data):
        os.write(self.master, data)

    def serve(self):
        buffer = b""
        while True:
            try:
                buffer += os.read(self.master, 512)
            except OSError:
                return
            while len(buffer) >= 8:
                n = 9 + buffer[6] if buffer[1] in (15, 16) else 8
                if len(buffer) < n:
                    break
                request, buffer = buffer[:n], buffer[n:]
                if crc(request[:-2]) != request[-2:]:
                    buffer = b""
                    break
                self.requests.append(request)
                self.answer(request)

    def answer(self, request):
        unit = self.units.get(request[0])
        answer = sealed(self.reply(unit, request)) if unit is not None else b""
        pieces = self.spoil(request, answer) if self.spoil else answer
        for delay, data in [(self.delay, pieces)] if isinstance(pieces, bytes) else pieces:
            time.sleep(delay)
            if data:
                self.write(data)

    def reply(self, unit, request):
        function = request[1]
        head = request[:2]
        address, count = struct.unpack(">HH", request[2:6])
        values = unit.get(self.TABLES.get(function, ""))
        if values is None:
            return bytes([request[0], function | 0x80, 1])
        wanted = range(address, address + (1 if function in (5, 6) else count))
        if any(a not in values for a in wanted):
            return bytes([request[0], function | 0x80, 2])
        if function in (1, 2):
            bits = sum((values[a] & 1) << i for i, a in enumerate(wanted))
            data = bits.to_bytes((count + 7) // 8, "little")
            return head + bytes([len(data)]) + data
        if function in (3, 4):
            return head + bytes([2 * count]) + b"".join(struct.pack(">H", values[a]) for a in wanted)
        if function == 5:
            values[address] = count >> 15
        elif function == 6:
            values[address] = count
        elif function == 15:
            bits = int.from_bytes(request[7:-2], "little")
            values.update({a: bits >> i & 1 for i, a in enumerate(wanted)})
        else:
            values.update(zip(wanted, struct.unpack(">%dH" % count, request[7:-2])))
        return request[:6]
