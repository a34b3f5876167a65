"""A network of a test's own: this program runs itself again in network and mount namespaces, where nothing of the machine is reached or changed. Its
loopback is up, its names come from /etc/hosts-like files that lie in a folder of the test (resolv.conf among them), and another network
namespace beside it is where the other end of its wires is."""

import contextlib
import ctypes
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading

from suite import skip

CLONE_NEWNET = 0x40000000
MARK = "HJ_NETWORK"
NSSWITCH = "hosts: files dns\npasswd: files\ngroup: files\nservices: files\n"
libc = ctypes.CDLL(None, use_errno=True)


def run(*words, check=True):
    return subprocess.run(words, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def works(*words):
    try:
        return run(*words, check=False).returncode == 0
    except FileNotFoundError:
        return False


def enter():
    """Returns inside; outside it does not return."""
    if os.environ.get(MARK):
        ip("link set lo up")
        return
    if not shutil.which("ip") or not shutil.which("unshare"):
        skip("ip (iproute2) or unshare (util-linux) is not installed")
    for ways in (("--net", "--mount"), ("--user", "--map-root-user", "--net", "--mount")):
        if works("unshare", *ways, "ip", "link", "add", "wan0", "type", "veth", "peer", "name", "far0"):
            os.environ[MARK] = "1"
            os.execvp("unshare", ["unshare", *ways, sys.executable] + sys.argv)
    skip("this user may make no network namespace here")


class Names:
    """What /etc/resolv.conf, /etc/hosts and /etc/nsswitch.conf say in here."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "resolv.conf")
        for name, text in (("resolv.conf", ""), ("nsswitch.conf", NSSWITCH), ("hosts", "127.0.0.1 localhost\n")):
            path = os.path.join(folder, name)
            with open(path, "w", encoding="ascii") as f:
                f.write(text)
            os.chmod(path, 0o644)
            run("mount", "--bind", path, os.path.realpath("/etc/" + name))
        if os.path.isdir("/run/nscd"):  # it would answer for another network
            run("mount", "-t", "tmpfs", "none", "/run/nscd")

    def servers(self, *addresses):
        with open(self.path, "w", encoding="ascii") as f:
            f.write("".join("nameserver %s\n" % a for a in addresses) + "options timeout:1 attempts:1\n")


class Beside:
    """The network namespace at the other end: `inside()` makes sockets there, `ip` sets it up."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "ip link set lo up; echo; exec sleep 600"], stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.fd = os.open("/proc/%d/ns/net" % self.holder.pid, os.O_RDONLY)
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)

    @contextlib.contextmanager
    def inside(self):
        if libc.setns(self.fd, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(self.home, CLONE_NEWNET)

    def ip(self, words):
        with self.inside():
            ip(words)

    def wire(self, near, far):
        """A wire from here to there, both ends up."""
        ip("link add %s type veth peer name %s netns %d" % (near, far, self.holder.pid))
        ip("link set %s up" % near)
        self.ip("link set %s up" % far)

    def end(self):
        self.holder.kill()
        self.holder.wait()


def ip(words):
    done = run("ip", *words.split(), check=False)
    if done.returncode:
        raise RuntimeError("ip %s: %s" % (words, done.stdout.strip()))


class NameServer:
    """Answers A and AAAA from `table`: {name: [addresses]}. `mode`: "answer", "fail" (SERVFAIL), "silent". A name it does not have does not exist."""

    def __init__(self, address):
        self.table, self.mode, self.asked = {}, "answer", 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            data, peer = self.socket.recvfrom(512)
            self.asked += 1
            if self.mode != "silent":
                self.socket.sendto(self.answer(data), peer)

    def answer(self, data):
        number, labels, at = data[:2], [], 12
        while data[at]:
            labels.append(data[at + 1:at + 1 + data[at]].decode("ascii"))
            at += 1 + data[at]
        question, kind = data[12:at + 5], struct.unpack(">H", data[at + 1:at + 3])[0]
        addresses = self.table.get(".".join(labels).lower())
        family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(kind)
        packed = [socket.inet_pton(family, a) for a in addresses or () if family and (":" in a) == (kind == 28)]
        code = 2 if self.mode == "fail" else 3 if addresses is None else 0
        if code:
            packed = []
        records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 0, len(p)) + p for p in packed)
        return number + struct.pack(">HHHHH", 0x8180 | code, 1, len(packed), 0, 0) + question + records
