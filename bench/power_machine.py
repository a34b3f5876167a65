"""A machine whose power can be cut: Debian's kernel in qemu (TCG, so it runs anywhere), a first file system with the built programs, and a data disk
behind a volatile write cache (power_disk.py). `hjgate run` runs in it below a root on that disk. The local sockets of stored come out as
UNIX sockets here, by virtio-serial ports, so whoever talks to them has told and been told what the machine really said before it died."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from rows import BUILD, SKIPPED, TOP

WORK = os.path.join(BUILD, "guest")
DISK_MB = 64
LISTENS_S = 20
BOOT_S = 300  # until the store answers; ten seconds of the processor are wanted, which a busy host does not give at once
MODULES = ("virtio", "virtio_ring", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk", "virtio_console", "crc16", "mbcache",
           "crc32c_generic", "libcrc32c", "jbd2", "ext4")
PROGRAMS = ("hjgate", "hjgate-stored", "hjgate-eventd")
TOOLS = ("qemu-system-x86_64", "mkfs.ext4", "cpio", "busybox", "socat")

INIT = """#!/bin/sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sys /sys
$b mount -t devtmpfs dev /dev
for _ in 1 2 3; do
    for module in /mod/*.ko; do $b insmod $module 2>/dev/null; done
done
$b ip link set lo up
$b mount -t tmpfs tmp /tmp
$b mount -t ext4 /dev/vda /disk || $b poweroff -f
$b mkdir -p /disk/run/hjgate
$b mount -t tmpfs run /disk/run
/hj/hjgate run --root /disk >/dev/ttyS0 2>&1 &
while [ ! -S /disk/run/hjgate/stored.peer ]; do $b usleep 20000; done
for port in /sys/class/virtio-ports/vport*; do
    read -r name <$port/name
    case $name in
    *-sh) /hj/socat OPEN:/dev/${port##*/} EXEC:/bin/sh & ;;
    *) /hj/socat -b 262144 OPEN:/dev/${port##*/} UNIX-CONNECT:/disk/run/hjgate/${name#*-} & ;;
    esac
done
wait
$b poweroff -f
"""


def need():
    """Ends the program as skipped where the machine cannot be made."""
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin")]
    if missing:
        print("%s wanted: bench/store needs" % ", ".join(missing))
        sys.exit(SKIPPED)


def libraries(program):
    said = subprocess.run(["ldd", program], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {word for line in said.splitlines() for word in line.split() if word.startswith("/")}


def copy_to(folder, source, name=None):
    target = folder + (name or source)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(os.path.realpath(source), target)


def make_first(name="power", init=INIT, ours=PROGRAMS, modules=MODULES, tools=("socat",)):
    """The kernel's path and its first file system, in which `init` runs and `ours` and the system's `tools` are, in /hj."""
    got = subprocess.run([os.path.join(TOP, "tests/guest-kernel"), WORK], stdout=subprocess.PIPE, text=True, check=False)
    version = got.stdout.strip().splitlines()[-1]
    if got.returncode:
        print(version)
        sys.exit(SKIPPED)
    first = os.path.join(WORK, name)
    shutil.rmtree(first, ignore_errors=True)
    for folder in ("bin", "dev", "disk", "hj", "mod", "proc", "sys", "tmp"):
        os.makedirs(os.path.join(first, folder))
    copy_to(first, shutil.which("busybox"), "/bin/busybox")
    os.symlink("busybox", first + "/bin/sh")
    programs = {"/hj/" + p: os.path.join(BUILD, "bin", p) for p in ours}
    programs.update({"/hj/" + t: shutil.which(t, path=os.environ["PATH"] + ":/usr/sbin:/sbin") for t in tools})
    for inside, program in programs.items():
        copy_to(first, program, inside)
        for library in libraries(program):
            beside = os.path.exists(os.path.join(os.path.dirname(program), os.path.basename(library)))  # and looked for there
            copy_to(first, library, os.path.join(os.path.dirname(inside), os.path.basename(library)) if beside else None)
    for folder, _, files in os.walk(os.path.join(WORK, "tree/lib/modules", version)):
        for file in files:
            if file[:-len(".ko")] in modules:  # in the order that they need one another
                copy_to(first, os.path.join(folder, file), "/mod/%02d.ko" % modules.index(file[:-len(".ko")]))
    with open(first + "/init", "w", encoding="ascii") as f:
        f.write(init)
    os.chmod(first + "/init", 0o755)
    image = os.path.join(WORK, name + ".gz")
    subprocess.run("find . | cpio -o -H newc 2>/dev/null | gzip -1 >%s" % image, shell=True, cwd=first, check=True)
    return os.path.join(WORK, "tree/boot/vmlinuz-" + version), image


class Gone(Exception):
    """The machine does not answer any more."""


class Port:
    """One of the store's sockets, by way of the machine's serial port."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        end = time.monotonic() + LISTENS_S
        while True:
            try:
                self.socket.connect(path)
                break
            except ConnectionRefusedError:  # it is there before anybody listens
                if time.monotonic() > end:
                    raise Gone from None
                time.sleep(0.01)
        self.buffer = b""

    def send(self, method, parameters, more=False):
        call = {"method": method if "." in method else "hjgate.Store." + method, "parameters": parameters}
        if more:
            call["more"] = True
        try:
            self.socket.sendall(json.dumps(call).encode() + b"\0")
        except OSError as e:
            raise Gone from e

    def answers(self, timeout):
        """What has come, waiting at most so long for the first."""
        self.socket.settimeout(max(timeout, 0.001))
        try:
            piece = self.socket.recv(1 << 18)
            if not piece:
                raise Gone
            self.buffer += piece
        except socket.timeout:
            pass
        except OSError as e:
            raise Gone from e
        *whole, self.buffer = self.buffer.split(b"\0")
        return [json.loads(each) for each in whole]

    def ask(self, method, parameters, timeout=30):
        self.send(method, parameters)
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for answer in self.answers(0.2):
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer))
                return answer["parameters"]
        raise Gone


class Machine:
    memory_mb = 256
    more = ()  # options of qemu

    def __init__(self, folder, kernel, first):
        self.folder, self.kernel, self.first = folder, kernel, first
        self.image = os.path.join(folder, "disk.img")
        self.disk = self.qemu = None
        self.said = ""  # by the disks, at their ends

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_disk(self, conf):
        tree = self.path("tree")
        os.makedirs(tree + "/etc/hjgate")
        os.makedirs(tree + "/var/lib/hjgate")
        os.makedirs(tree + "/run")
        with open(tree + "/etc/hjgate/hjgate.conf", "w", encoding="ascii") as f:
            f.write(conf)
        with open(self.image, "wb") as f:
            f.truncate(DISK_MB << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-d", tree, self.image], check=True, env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))

    def boot(self, seed, ports, lies=False, rtc=None):
        """A Port for each of `ports`, connected before the machine begins: a local socket's name, or "sh" for a shell. rtc: what its clock says then."""
        for name in ["disk"] + ["port%d" % i for i in range(len(ports))]:
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        here = os.path.dirname(os.path.abspath(__file__))
        self.disk = subprocess.Popen([sys.executable, os.path.join(here, "power_disk.py"), self.image, self.path("disk"), str(seed)] + ["lie"] * lies,
                                     stdout=subprocess.PIPE, text=True)
        self.wait_for_socket("disk")
        serial = []
        for i, name in enumerate(ports):
            serial += ["-chardev", "socket,id=c%d,path=%s,server=on,wait=off" % (i, self.path("port%d" % i)),
                       "-device", "virtserialport,chardev=c%d,name=%d-%s" % (i, i, name)]
        self.qemu = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", str(self.memory_mb), "-nodefaults", "-display", "none", "-no-reboot",
             "-kernel", self.kernel, "-initrd", self.first, "-append", "console=ttyS0 panic=-1 mitigations=off no_timer_check",
             "-serial", "file:" + self.path("console"), "-drive", "if=none,id=data,format=raw,cache=writeback,file=nbd:unix:" + self.path("disk"),
             "-device", "virtio-blk-pci,drive=data", "-device", "virtio-serial-pci"] + serial + (["-rtc", "base=" + rtc] if rtc else []) + list(self.more), stdin=subprocess.DEVNULL)
        self.wait_for_socket("port%d" % (len(ports) - 1))
        return [Port(self.path("port%d" % i)) for i in range(len(ports))]

    def wait_for_socket(self, name):
        end = time.monotonic() + 20
        while not os.path.exists(self.path(name)):
            if time.monotonic() > end:
                raise Gone
            time.sleep(0.01)

    def cut(self):
        """The power: first the machine, then what its disk's cache held."""
        if self.qemu:
            self.qemu.kill()
            self.qemu.wait()
            self.disk.send_signal(signal.SIGUSR1)
            self.said, _ = self.disk.communicate()
        self.qemu = self.disk = None

    def console(self):
        with open(self.path("console"), encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-20:])
