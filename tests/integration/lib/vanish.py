"""A platform that vanishes: its machine still runs, but answers nothing any more, no FIN, no RST, no ACK."""

import ctypes
import socket

SO_ATTACH_FILTER = 26


def vanish(platform):
    """From now on the kernel drops every segment that comes for these connections: a classic BPF program "return 0" on each."""
    class Instruction(ctypes.Structure):
        _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]

    class Program(ctypes.Structure):
        _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]

    drop = Instruction(0x06, 0, 0, 0)
    for connection in list(platform.connections):
        connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(Program(1, ctypes.pointer(drop))))
