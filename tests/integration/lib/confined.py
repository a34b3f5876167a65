"""confined.py PROGRAM [ARGUMENT ...]: runs it as hjgate-uplinkd@.service does where that can be had without systemd: CapabilityBoundingSet= (no
capability at all, whoever runs it), NoNewPrivileges, and RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 by the same means, a filter of seccomp. Where
the machine is none whose numbers are known here, the filter is left out: `FILTERED` says so."""

import ctypes
import errno
import os
import platform
import socket
import sys

# machine: audit's number, socket(), socketpair()
MACHINES = {"x86_64": (0xC000003E, 41, 53), "aarch64": (0xC00000B7, 198, 199)}
FILTERED = platform.machine() in MACHINES and sys.maxsize > 2 ** 32
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6)
PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, MODE_FILTER = 22, 24, 38, 2
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT
NUMBER_AT, ARCH_AT, ARGUMENT_AT = 0, 4, 16  # in struct seccomp_data, little endian


class Instruction(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.POINTER(Instruction))]


def families_filter():
    arch, *calls = MACHINES[platform.machine()]
    last = len(FAMILIES)
    return [(LOAD, 0, 0, ARCH_AT), (EQUAL, 1, 0, arch), (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, NUMBER_AT), (EQUAL, 2, 0, calls[0]), (EQUAL, 1, 0, calls[1]),
            (RETURN, 0, 0, ALLOW), (LOAD, 0, 0, ARGUMENT_AT)] + [(EQUAL, last - i, 0, int(f)) for i, f in enumerate(FAMILIES)] + [
                (RETURN, 0, 0, REFUSE), (RETURN, 0, 0, ALLOW)]


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        sys.exit("no_new_privs: %s" % os.strerror(ctypes.get_errno()))
    if FILTERED:
        steps = families_filter()
        program = Program(len(steps), (Instruction * len(steps))(*[Instruction(*s) for s in steps]))
        if libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0):
            sys.exit("seccomp: %s" % os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
