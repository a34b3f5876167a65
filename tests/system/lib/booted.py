"""The installed suite in a machine of its own (bench/power_machine.py: Debian's kernel in qemu, the whole disk behind a volatile write cache), for what a container
cannot show: power cuts, memory that is limited, a clock that nobody kept, a full disk, a hardware watchdog. The disk is made from a container in which hjgate
was installed and configured. Buses are /dev/ttyS1 and on, each a simulated one here; platforms are here too, and 10.0.2.2 there. A shell in the
machine is reached by a port of its own, so commands and calls on the local sockets go that way.

    with Booted() as suite:
        suite.bus("north", [...])
        suite.uplink("county", platform)
        suite.make()
        suite.power_on(seed=1)
        suite.power_cut()
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../bench"))
import power_machine
from container import fetched
from installed import Installed
from power_machine import BOOT_S, WORK, Gone, Machine, make_first, need
from suite import TOP, CallError, Failed, check, last_lines, wait_for

DISK_MB = 1024
HOST = "10.0.2.2"  # this machine's loopback, as the other sees it
COMMAND_S = 120
BUSES_MOST = 2  # with the console, whose port is the first of four
# Of the kernel's modules those that the machine's devices want: folders and names below lib/modules/VERSION/kernel.
MODULES = ("drivers/char/virtio_console", "drivers/char/hw_random/virtio-rng", "drivers/char/hw_random/rng-core", "drivers/net/virtio_net",
           "drivers/net/net_failover", "net/core/failover", "fs/configfs", "lib", "net/ipv6", "fs/autofs", "fs/fuse")
EARLY = power_machine.MODULES + ("watchdog", "i6300esb")  # a watchdog has to be there when systemd begins

INIT = """#!/bin/sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for _ in 1 2 3; do
    for module in /mod/*.ko; do $b insmod $module 2>/dev/null; done
done
# As Debian's own first file system does: a cut may tear what says where everything is, which is a kilobyte of two sectors.
/hj/e2fsck -p /dev/vda || /hj/e2fsck -y /dev/vda
$b mount -t ext4 -o noatime /dev/vda /disk || $b poweroff -f
$b mount -o move /dev /disk/dev
$b umount /proc
exec $b switch_root /disk /sbin/init
"""

# Takes lines `TOKEN BASE64`, runs each as a script, answers `TOKEN STATUS BASE64`.
AGENT = """#!/bin/sh
modprobe -q virtio_console
until [ -e /dev/virtio-ports/0-sh ]; do sleep 0.05; done
exec 3<>/dev/virtio-ports/0-sh
echo READY >&3
while read -r token script <&3; do
    printf %s "$script" | base64 -d >/run/test-script
    said=$(sh /run/test-script 2>&1 3>&- </dev/null | base64 -w 0)
    printf '%s %s\\n' "$token" "$said" >&3
done
"""
AGENT_UNIT = """[Unit]
Description=a shell for the test
DefaultDependencies=no
After=local-fs.target systemd-udev-trigger.service
[Service]
ExecStart=/usr/local/sbin/test-shell
Environment=HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
KillMode=process
Restart=always
OOMScoreAdjust=-900
[Install]
WantedBy=sysinit.target
"""
NETWORK = "[Match]\nName=en* eth*\n[Network]\nAddress=10.0.2.15/24\nGateway=%s\nLinkLocalAddressing=no\n" % HOST

# A call on a local socket, by what every Debian has.
CALL = r"""use Socket; my ($path, $call) = @ARGV; socket(my $s, AF_UNIX, SOCK_STREAM, 0) or die; $SIG{ALRM} = sub { die "no answer" }; alarm 20;
connect($s, sockaddr_un($path)) or die "connect: $!"; syswrite($s, $call . "\0"); my $all = ""; while (sysread($s, my $piece, 65536)) { $all .= $piece;
last if index($all, "\0") >= 0 } print $all =~ s/\0.*//sr;"""


class Shell:
    def __init__(self, port):
        self.socket, self.buffer, self.count = port.socket, b"", 0

    def line(self, seconds):
        end = time.monotonic() + seconds
        while b"\n" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0:
                raise Gone
            self.socket.settimeout(left)
            try:
                piece = self.socket.recv(1 << 18)
            except OSError as e:
                raise Gone from e
            if not piece:
                raise Gone
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode("ascii", "replace").strip()

    def wait(self, seconds):
        while self.line(seconds) != "READY":
            pass

    def run(self, script, seconds=COMMAND_S):
        """(status, what it said)"""
        self.count += 1
        token = "t%d" % self.count
        text = "{ %s\n} 2>&1\necho \"|$?\"" % script
        self.socket.sendall(("%s %s\n" % (token, base64.b64encode(text.encode()).decode())).encode())
        while True:
            words = self.line(seconds).split(" ", 1)
            if words[0] == token:
                said = base64.b64decode(words[1] if len(words) > 1 else "").decode("utf-8", "replace")
                text, _, status = said.rstrip("\n").rpartition("|")
                return int(status or -1), text


class Booted(Installed):
    def __init__(self):
        super().__init__()
        need()
        self.machine = self.shell = None
        self.switched_on_ms = 0

    def __exit__(self, kind, value, trace):
        try:
            if self.machine:
                if kind is not None:
                    self.tell_trouble()
                self.machine.cut()
                shutil.rmtree(self.machine.folder, ignore_errors=True)
        finally:
            super().__exit__(None, None, None)

    def tell_trouble(self):
        print("---- console\n%s" % self.machine.console())
        for bus in self.buses.values():
            if os.path.exists(bus.log):  # else its making failed
                print("---- bus %s, as its meters saw it\n%s" % (bus.name, last_lines(bus.log, 8)))
        try:
            for bus in self.buses:
                print("---- meterd@%s: %s" % (bus, self.sh("hjgate meter %s; hjgate frames %s | tail -n 8" % (bus, bus), good=False, seconds=60)))
            print("---- journal\n%s" % self.sh("systemctl --failed --no-legend; journalctl --no-pager -n 60", good=False, seconds=60))
        except (Gone, Failed, OSError, AttributeError):
            print("its shell does not answer")

    def bus(self, name, meters, baud=9600, **keys):
        check(len(self.buses) < BUSES_MOST, "a machine here has %d buses at most" % BUSES_MOST)
        made = super().bus(name, meters, baud, **keys)
        made.keys["port"] = "/dev/ttyS%d" % len(self.buses)
        return made

    def uplink(self, name, platform, **keys):
        return super().uplink(name, platform, **dict({"host": HOST}, **keys))

    # ---- its making

    def make(self, files=None, modules=()):
        """The disk: hjgate installed and configured, and never started since. files: {path inside: text}; modules: files of modules besides."""
        buses, self.buses = self.buses, {}
        box = self.boot()
        self.buses = buses
        self.write_configuration()
        self.write_file("/usr/local/sbin/test-shell", AGENT, 0o755)
        self.write_file("/etc/systemd/system/test-shell.service", AGENT_UNIT)
        self.write_file("/usr/local/lib/call.pl", CALL)
        self.write_file("/etc/systemd/network/20-test.network", NETWORK)
        self.write_file("/etc/fstab", "/dev/vda / ext4 rw,noatime 0 1\n")
        for path, text in (files or {}).items():
            self.write_file(path, text)
        box.run("systemctl", "enable", "test-shell.service", "systemd-networkd.service")
        self.stop_target()
        box.run("sh", "-c", "rm -rf /var/lib/hjgate/* /var/log/journal/*; : >/etc/machine-id.new")  # as it was before its first start
        box.stop()
        os.rename(box.root + "/etc/machine-id.new", box.root + "/etc/machine-id")
        fetched(os.path.join(TOP, "tests/guest-kernel"), WORK)  # where that fails, make_first() says why
        kernel, first = make_first("system", INIT, (), EARLY, ("e2fsck",))
        self.copy_modules(os.path.basename(kernel)[len("vmlinuz-"):], modules)
        self.machine = Machine(self.root, kernel, first)
        self.machine.memory_mb = 512
        self.make_image()
        for seed, each in enumerate(self.buses.values(), 1):
            each.start(seed)

    def write_file(self, path, text, mode=0o644):
        whole = self.box.outside(path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(whole, mode)

    def copy_modules(self, version, besides):
        tree, ours = os.path.join(WORK, "tree/lib/modules", version), os.path.join(self.box.root, "lib/modules", version)
        for name in MODULES:
            for source in (os.path.join(tree, "kernel", name), os.path.join(tree, "kernel", name + ".ko")):
                target = os.path.join(ours, os.path.relpath(source, tree))
                os.makedirs(os.path.dirname(target), exist_ok=True)
                if os.path.isdir(source):
                    shutil.copytree(source, target, dirs_exist_ok=True)
                elif os.path.exists(source):
                    shutil.copy(source, target)
        for path in besides:
            os.makedirs(os.path.join(ours, "kernel/test"), exist_ok=True)
            shutil.copy(path, os.path.join(ours, "kernel/test"))
        for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
            shutil.copy(os.path.join(tree, name), ours)
        subprocess.run(["depmod", "-b", self.box.root, version], check=True, stderr=subprocess.DEVNULL, env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))

    def make_image(self):
        image = self.machine.image
        with open(image, "wb") as f:
            f.truncate(DISK_MB << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0", "-d", self.box.root, image], check=True,
                       env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
        box, self.box = self.box, None
        box.__exit__(None, None, None)

    # ---- its power

    def power_on(self, seed=1, rtc=None, more=(), wait=True):
        serial = []
        for each in self.buses.values():
            serial += ["-chardev", "serial,id=%s,path=%s" % (each.name, os.path.realpath(each.port)), "-serial", "chardev:" + each.name]
        self.machine.more = serial + ["-smp", "2", "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net", "-device", "virtio-rng-pci"] + list(more)
        self.switched_on_ms = power_machine_now_ms()
        ports = self.machine.boot(seed, ("sh",), rtc=rtc)
        self.shell = Shell(ports[0])
        if wait:
            self.wait_shell()

    def wait_shell(self):
        try:
            self.shell.wait(BOOT_S)
        except Gone:
            raise Failed("the machine does not come up: %s" % self.machine.console()) from None

    def power_cut(self):
        self.machine.cut()
        self.shell = None
        return self.machine.said.strip()

    # ---- in it

    def sh(self, script, good=True, seconds=COMMAND_S):
        try:
            status, said = self.shell.run(script, seconds)
        except Gone:
            raise Failed("the machine's shell does not answer: %s" % self.machine.console()) from None
        check(not good or status == 0, "%s: status %d: %s" % (script, status, said[-2000:]))
        return said

    def replies(self, name, method, parameters=None, more=False, timeout=5):
        """The first answer to a call inside; what suite.py asks for goes by this."""
        call = json.dumps({"method": method, "parameters": parameters or {}})
        said = self.sh("perl /usr/local/lib/call.pl /run/hjgate/%s '%s'" % (name, call), good=False)
        try:
            reply = json.loads(said)
        except ValueError:
            raise OSError("%s: %s" % (name, said[-200:])) from None
        if "error" in reply:
            raise CallError(reply["error"], reply.get("parameters", {}))
        yield reply.get("parameters", {})


def power_machine_now_ms():
    return int(time.time() * 1000)


__all__ = ["Booted", "Gone", "power_machine", "wait_for"]
