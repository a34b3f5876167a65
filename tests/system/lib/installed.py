"""hjgate as it is installed: its package (or what `make install` lays down, where none has been built) in a booted container, with simulated
buses on ptys that the container has as /dev/ttyGW0 and on. What suite.py knows about a running suite holds here too; windows are a minute long, which is
the least that an installation has. A test reads:

    with Installed() as suite:
        suite.bus("north", [...])
        suite.uplink("county", platform)
        suite.boot()
        suite.start()
"""

import fcntl
import glob
import os
import shutil
import signal
import subprocess
import tempfile

from container import ENVIRONMENT, Container, enter, root_of
from suite import BUILD, TOP, CallError, Suite, check, conf_group, hj212, need, wait_for

TARGET = "hjgate.target"
RTC = "/sys/class/rtc/rtc0/since_epoch"  # of the machine, in its containers, too
MINUTE_S = 60
INSTALL_S = 300
DEBIAN = "bookworm"  # what this machine is, and builds for
VERSIONS = {"bookworm": "deb12", "trixie": "deb13"}  # the ends of its packages' versions


def unit_of(program):
    return "hjgate-%s.service" % program


def build_in(debian, *targets):
    """Built with this Debian's own compiler and libraries, in a folder of its own below the build folder; that folder."""
    folder = os.path.join(BUILD, "system", debian + "-tree")
    root = root_of(debian, "build")
    inside = root + TOP
    os.makedirs(inside, exist_ok=True)
    subprocess.run(["mount", "--bind", TOP, inside], check=True)
    subprocess.run(["mount", "--bind", "/proc", root + "/proc"], check=True)
    try:
        with open(folder + ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two tests may want it at once
            done = subprocess.run(["chroot", root, "make", "-C", TOP, "-j2", "W=", "B=" + os.path.relpath(folder, TOP), *targets], env=ENVIRONMENT,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    finally:
        subprocess.run(["umount", root + "/proc", inside], check=False)
    check(done.returncode == 0, "it does not build on %s: %s" % (debian, done.stdout[-3000:]))
    return folder


def package(debian=DEBIAN):
    """The package that was built for this Debian here; None where none was."""
    machine = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    found = glob.glob(os.path.join(BUILD, "deb/hjgate_*~%s_%s.deb" % (VERSIONS[debian], machine)))
    return max(found, key=os.path.getmtime) if found else None


def repack(folder, deb, version):
    """The same package as another version, in this folder."""
    tree = os.path.join(folder, version)
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = os.path.join(tree, "DEBIAN/control")
    with open(control, encoding="utf-8") as f:
        lines = ["Version: %s\n" % version if line.startswith("Version:") else line for line in f]
    with open(control, "w", encoding="utf-8") as f:
        f.writelines(lines)
    made = os.path.join(folder, "hjgate_%s_all.deb" % version)
    subprocess.run(["dpkg-deb", "-b", "--root-owner-group", tree, made], check=True, stdout=subprocess.DEVNULL)
    shutil.rmtree(tree)
    return made


class Installed(Suite):
    def __init__(self, debian=DEBIAN):
        enter()
        need("bin/hjgate", "sim/hjsim-bus")
        super().__init__(root=tempfile.mkdtemp(prefix="hj."))
        self.settings = {"format": 1, "base_window": MINUTE_S, "clock_trust": "rtc"}
        self.minute_ms = MINUTE_S * 1000
        self.debian, self.box = debian, None

    def __exit__(self, kind, value, trace):
        try:
            if kind is not None and self.box and self.box.leader:
                print("---- hjgate status\n%s" % self.box.run("hjgate", "status", good=False).stdout)
            if self.box:
                self.box.__exit__(kind, value, trace)
        finally:
            self.box = None
            super().__exit__(None, None, None)
            shutil.rmtree(self.root, ignore_errors=True)

    # ---- what there is

    def bus(self, name, meters, baud=9600, **keys):
        return super().bus(name, meters, baud, port="/dev/ttyGW%d" % len(self.buses), **keys)

    def write(self, path, text):
        """A file below /etc/hjgate, as an editor of root's leaves it: what is there keeps its owner and mode."""
        whole = self.box.outside("/etc/hjgate/" + path)
        new = not os.path.exists(whole)
        with open(whole, "w", encoding="utf-8") as f:
            f.write(text)
        if new:
            self.box.run("chgrp", "hjgate", "/etc/hjgate/" + path)
            os.chmod(whole, 0o640)

    # ---- its machine

    def boot(self, install=True):
        """The container, with the suite installed and not configured."""
        ttys = {}
        for seed, bus in enumerate(self.buses.values(), 1):
            bus.start(seed)
            os.chown(os.path.realpath(bus.port), 0, self.dialout())
            os.chmod(os.path.realpath(bus.port), 0o660)
            ttys[os.path.basename(bus.keys["port"])] = bus.port
        self.box = Container(self.debian, ttys)
        self.box.boot()
        if install:
            self.install()
        return self.box

    @staticmethod
    def dialout():
        return 20  # of every Debian

    def install(self, deb=None):
        deb = deb or package(self.debian)
        if deb:
            self.install_package(deb)
        else:
            self.install_tree()

    def install_package(self, deb, *options, good=True):
        """As a technician does it, without a network."""
        inside = "/var/tmp/" + os.path.basename(deb)
        shutil.copy(deb, self.box.outside(inside))
        return self.box.run("apt-get", "install", "-y", "--no-install-recommends", *options, inside, good=good, seconds=INSTALL_S)

    def install_tree(self, top=TOP):
        """By `make install`, of another tree too, in whose build/ it has been built."""
        built = "build" if top != TOP else BUILD if self.debian == DEBIAN else build_in(self.debian, "all")
        done = subprocess.run(["make", "-s", "install", "DESTDIR=" + self.box.root, "B=" + built], cwd=top, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        check(done.returncode == 0, "make install: %s" % done.stdout[-2000:])
        for line in ("systemd-sysusers", "systemd-tmpfiles --create", "journalctl --update-catalog", "systemctl daemon-reload",
                     "systemctl enable --now " + TARGET):
            self.box.run(*line.split())

    # ---- running it

    def configure(self):
        self.write_configuration()
        self.box.run("systemctl", "daemon-reload")

    def start(self, wait=True):
        self.configure()
        self.box.run("systemctl", "restart", TARGET)
        if wait:
            self.wait_up()

    def wait_up(self, seconds=30):
        for program in self.programs():
            self.wait_for(lambda: self.call(program + ".look", "org.varlink.service.GetInfo"), seconds, program + " to answer")
        if not os.path.exists(RTC):  # nobody but a person can say then what time it is: whoever commissions the box
            self.hjgate("clock", "accept")

    def stop_target(self, seconds=60):
        """The machine stays up. systemctl itself waits for the target alone, and not for what is part of it."""
        self.box.run("systemctl", "stop", TARGET, seconds=seconds)
        self.wait_for(lambda: not self.running(), seconds, "every program to have ended", step=0.02)

    def running(self):
        """Command lines of the daemons that there are."""
        return [words for words in self.box.processes().values() if words and os.path.basename(words[0]).startswith("hjgate-")]

    def stop(self):
        pass  # the container is stopped when the block is left

    def pids(self):
        found = {program: self.box.pid(unit_of(program)) for program in self.programs()}
        return {program: pid for program, pid in found.items() if pid}

    def kill(self, program, number=signal.SIGKILL):
        pid = self.box.pid(unit_of(program))
        if pid:
            os.kill(pid, number)
        return pid

    def wait_for(self, condition, seconds, what, step=0.1):
        return wait_for(condition, seconds, what, step)

    def socket_path(self, name):
        return self.box.outside("/run/hjgate/" + name)

    def hjgate(self, *words, **keys):
        return self.box.run("hjgate", *words, **keys)

    def restarts(self, program):
        return int(self.box.show(unit_of(program), "NRestarts")["NRestarts"])

    def settled(self, platforms, after_ms):
        """Does each platform have all until a window that began after this? What was acknowledged is told the store at once and committed with the next
        record, so that one may always be waiting."""
        newest = [max((hj212.label_ms(m["cp"]["DataTime"]) for m in p.uploads("2051")), default=0) for p in platforms.values()]
        return min(newest) >= after_ms and all(self.waiting(name) <= 1 for name in platforms)

    def samples_waiting(self, bus):
        """Of a meterd: samples that are not durable yet; None where it does not answer."""
        try:
            return self.call("meterd@%s.look" % bus, "hjgate.Meter.Status", timeout=2)["waiting"]
        except (OSError, CallError):
            return None


__all__ = ["Installed", "TARGET", "MINUTE_S", "conf_group", "package", "repack", "unit_of"]
