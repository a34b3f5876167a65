"""Who reads the same bus for `make bench-peers`: hjgate, collectd, a loop of mbpoll, Node-RED, and the bare libmodbus loop that is the limit. Each has a
bus, a folder and a platform (bench/uplink_sink.py) of its own; the configurations are those of bench/peers."""

import glob
import os
import shutil
import signal
import subprocess
import time

import peers_conf
from bus_rows import STAMPS
from registers import blocks, loop_arguments, meters
from sink import Sink
from suite import BUILD, MN, TOP, Point, Suite

WINDOW_S = 10  # of a record, so that a run need not last an hour
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def with_factors(count, each=40, **keys):
    """Meters whose points all have a factor."""
    found = meters(count, each, **keys)
    for m in found:
        m.points = [Point(p.name, factor(m.unit_id, i), p.type, p.sim, address=p.address) for i, p in enumerate(m.points)]
    return found


def factor(unit_id, number):
    return "e%d%02d" % (100 + unit_id, number)


class Contender:
    """`keeps`: what it keeps on disk; `sends`: whether a platform gets frames of it. `wrap`: a command that everything runs below."""
    keeps, sends, polite = False, False, False
    why_no_frames = "it has no HJ 212"
    wrap = ()

    def __init__(self, count=8, baud=9600, **keys):
        self.suite = Suite(WINDOW_S, 3600, 86400)
        self.each = with_factors(count, **keys)
        self.bus = self.suite.bus("bench", self.each, baud=baud, sim=STAMPS)
        self.folder = self.suite.root
        self.sink = Sink(self.folder, "platform") if self.sends else None
        self.process = self.began_ms = None

    def missing(self):
        return ""

    def start(self):
        self.bus.start(1)
        if not self.polite:
            self.bus.tell("silence 0")  # it keeps no silence of 3.5 characters: the meters are told to hear it all the same
        with open(os.path.join(self.folder, "out"), "ab") as out:
            self.began_ms = time.time() * 1000
            self.process = subprocess.Popen([*self.wrap, *self.command()], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self.folder,
                                            start_new_session=True)

    def command(self):
        raise NotImplementedError

    def pids(self):
        """Of its processes, oldest first."""
        found = [self.process.pid]
        for pid in found:
            for path in glob.glob("/proc/%d/task/*/children" % pid):
                try:
                    with open(path, encoding="ascii") as f:
                        found += map(int, f.read().split())
                except OSError:
                    pass
        return found

    def lost(self):
        """Samples that it read and dropped, by its own word: what it did not do with them costs nothing."""
        return 0

    def stop(self):
        """Gently, so that what counts below it writes what it counted."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def close(self):
        self.stop()
        if self.sink:
            self.sink.close()
        self.suite.__exit__(None, None, None)


class Hjgate(Contender):
    name, keeps, sends, polite = "hjgate", True, True, True

    def command(self):
        self.suite.uplink("platform", self.sink, rtd_interval=1)
        self.suite.write_configuration()
        return [os.path.join(BUILD, "bin/hjgate"), "run", "--root", self.folder]

    def lost(self):
        return self.suite.call("meterd@bench.look", "hjgate.Meter.Status", timeout=30)["dropped"]

    def stop(self):
        """`hjgate run` ends the others, in their order."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)


class Collectd(Contender):
    name, keeps = "collectd", True
    program = shutil.which("collectd", path=PATH)

    def missing(self):
        return "" if self.program else "not installed: collectd-core"

    def command(self):
        with open(os.path.join(self.folder, "conf"), "w", encoding="utf-8") as f:
            f.write(peers_conf.collectd(self.folder, self.bus, self.each, store=True))
        return [self.program, "-f", "-C", os.path.join(self.folder, "conf")]


class Mbpoll(Contender):
    name = "mbpoll"

    def missing(self):
        return "" if shutil.which("mbpoll") else "not installed: mbpoll"

    def command(self):
        units = ",".join(str(m.unit_id) for m in self.each)
        return [os.path.join(TOP, "bench/peers/mbpoll-loop"), self.bus.port, str(self.bus.baud), units,
                *("%d:%d" % block for block in blocks(self.each[0]))]


class NodeRed(Contender):
    name, keeps, sends = "node-red", True, True
    home = os.path.join(BUILD, "peers")
    red = os.path.join(home, "node_modules/node-red/red.js")

    def missing(self):
        return "" if shutil.which("node") and os.path.exists(self.red) else "not installed: npm ci in build/peers did not bring it"

    def command(self):
        each = [[m.unit_id, begin, count] for m in self.each for begin, count in blocks(m)]
        points = [[m.unit_id, p.address, p.type, p.factor] for m in self.each for p in m.points]
        with open(os.path.join(self.folder, "flows.json"), "w", encoding="utf-8") as f:
            f.write(peers_conf.node_red(self.folder, self.bus, each, points, self.sink.port, WINDOW_S * 1000, MN))
        shutil.copy(os.path.join(TOP, "bench/peers/settings.js"), self.folder)
        os.symlink(os.path.join(self.home, "node_modules"), os.path.join(self.folder, "node_modules"))
        shutil.copy(os.path.join(TOP, "bench/peers/package.json"), self.folder)
        return ["node", self.red, "--userDir", self.folder, "--settings", os.path.join(self.folder, "settings.js")]


class Limit(Contender):
    name, polite = "limit", True

    def command(self):
        return [os.path.join(BUILD, "bench/bus_loop"), self.bus.port, str(self.bus.baud), "N", "100000", *loop_arguments(self.each)]


ALL = (Hjgate, Collectd, Mbpoll, NodeRed, Limit)
