"""Does what the plan says, and writes down what has to be known to judge what comes of it: who was ended with how much in its memory, and when the
answers of a bus may not have been understood."""

import heapq
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time

from apply import OK, apply
from judge import Kill
from plan import MODES
from suite import CallError, Failed, hj212, send_signal, wait_for
from vanish import vanish

BUS_BEFORE_MS, BUS_AFTER_MS = 500, 3500  # around a fault of a bus: what was being said, and what is said while it comes to rest
STORE_BEFORE_MS, STORE_AFTER_MS = 10000, 10000  # about its end: what a meterd hands over is on the disk as soon as the store sees it gone
ENDING_MS = 1000  # from SIGTERM to the end of a meterd
UP_S = 15  # until a program that is to be ended is up
CLIENTS = 32
HISTORY_MS = 60000
FULL_HISTORY_S = 20
LOOK = {"stored": "hjgate.Store.Status", "eventd": "hjgate.Event.List", "judged": "hjgate.Judge.Status", "meterd@north": "hjgate.Meter.Status",
        "uplinkd@city": "hjgate.Uplink.Status"}


class Impossible(Exception):
    """This fault could not be done now."""


class Gremlin:
    def __init__(self, plant, say):
        self.plant, self.suite, self.say = plant, plant.suite, say
        self.done, self.skipped, self.kills, self.shaken, self.stopped = [], [], [], [], {}
        self.orderly, self.troubled = [], []  # ends by SIGTERM; spans in which the store was ended, stopped or without room
        self.deaths = {}  # (program, signal): how often it was ended by a signal of ours alone
        self.ends, self.order = [], itertools.count()

    def play(self, faults):
        """The whole plan. All that it began has ended when it returns."""
        begin = time.monotonic()
        for fault in faults:
            self.rest_until(begin + fault.at_s)
            self.begin(fault)
        self.rest_until(begin + max([f.at_s + f.lasts_s for f in faults], default=0))
        while self.ends:
            self.end_next()

    def rest_until(self, at):
        while self.ends and self.ends[0][0] <= at:
            self.sleep_until(self.ends[0][0])
            self.end_next()
        self.sleep_until(at)

    @staticmethod
    def sleep_until(at):
        time.sleep(max(0.0, at - time.monotonic()))

    def end_next(self):
        _, _, end = heapq.heappop(self.ends)
        end()

    def begin(self, fault):
        try:
            end = getattr(self, fault.kind.replace("-", "_"))(fault.target, random.Random(fault.dice))
        except (Impossible, Failed, OSError, CallError) as e:
            self.skipped.append(fault)
            self.say("  not done: %s: %s" % (fault, e))
            return
        self.done.append(fault)
        self.say("  %s" % fault)
        if end:
            heapq.heappush(self.ends, (time.monotonic() + fault.lasts_s, next(self.order), end))

    # ---- programs

    def ended(self, program, number):
        self.deaths[program, number] = self.deaths.get((program, number), 0) + 1

    def trouble(self, since_ms):
        self.troubled.append((since_ms, hj212.now_ms()))

    def all_kills(self):
        """For the judge. A meterd that ends in an orderly way hands over what it has, so that only what was on the wire may be missing, unless something
        happened to the store about that time."""
        kills = list(self.kills)
        for k in self.orderly:
            if not any(a - STORE_BEFORE_MS <= k.killed_ms <= b + STORE_AFTER_MS for a, b in self.troubled):
                k = Kill(k.bus, k.killed_ms - ENDING_MS, k.killed_ms, 0)
            kills.append(k)
        return kills

    def waiting_of(self, bus):
        """(when it was asked, samples of its meterd that are not durable)"""
        asked_ms = hj212.now_ms()
        return asked_ms, self.suite.call("meterd@%s.look" % bus, "hjgate.Meter.Status", timeout=3)["waiting"]

    def kill(self, program, chance, number=signal.SIGKILL):
        if program == "alertd" and program not in self.suite.pids():
            raise Impossible("it has nothing to do and does not run")
        self.go_on(program)
        wait_for(lambda: program in self.suite.pids(), UP_S, program + " to be up, to be ended", step=0.1)
        bus = program.partition("@")[2] if program.startswith("meterd@") else None
        asked = wait_for(lambda: self.waiting_of(bus), UP_S, program + " to answer, to be ended", step=0.1) if bus else None
        pid = self.suite.kill(program, number)
        if not pid:
            raise Impossible("it was gone")
        self.ended(program, number)
        if program == "stored":
            self.trouble(hj212.now_ms())
        if number != signal.SIGKILL:
            wait_for(lambda: not os.path.exists("/proc/%d" % pid), 20, program + " to end")
        if bus:
            (self.kills if number == signal.SIGKILL else self.orderly).append(Kill(bus, asked[0], hj212.now_ms(), asked[1]))

    def term(self, program, chance):
        self.kill(program, chance, signal.SIGTERM)

    def stop(self, program, chance):
        pid = self.suite.kill(program, signal.SIGSTOP)
        if not pid:
            raise Impossible("it does not run")
        self.stopped[program] = (pid, hj212.now_ms())
        return lambda: self.go_on(program)

    def go_on(self, program):
        pid, since = self.stopped.pop(program, (None, 0))
        if pid:
            send_signal(pid, signal.SIGCONT)
            if program.startswith("meterd@"):
                self.shake(program.partition("@")[2], since)
            if program == "stored":
                self.trouble(since)

    def all_go_on(self):
        for program in list(self.stopped):
            self.go_on(program)

    def power_cut(self, _target, chance):
        """Every program at once, as a power cut is for them; what was written stays."""
        self.all_go_on()
        asked = {bus: wait_for(lambda bus=bus: self.waiting_of(bus), UP_S, "meterd@%s to answer before the cut" % bus, step=0.1) for bus in self.suite.buses}
        programs, process = self.suite.pids(), self.suite.process
        self.trouble(hj212.now_ms())
        process.kill()
        for bus, (asked_ms, waiting) in asked.items():
            self.kills.append(Kill(bus, asked_ms, hj212.now_ms(), waiting))
        process.wait()
        for pid in programs.values():
            send_signal(pid, signal.SIGKILL)

        def power():
            self.suite.start(wait=False)
        return power

    # ---- the machine

    def disk_full(self, _target, chance):
        since = hj212.now_ms()
        self.plant.disk.fill()

        def room():
            self.plant.disk.empty()
            self.trouble(since)
        return room

    def apply(self, _target, chance):
        """Another interval of one meter; its meterd is started anew. It may go back by itself where a meter does not answer just then."""
        bus = chance.choice(["north", "south"])
        meters = self.suite.buses[bus].meters
        one = chance.choice(meters)
        one.poll_interval = 3 - one.poll_interval
        self.suite.write("buses.d/%s.conf" % bus, self.suite.buses[bus].conf())
        self.all_go_on()  # it is waited for, for longer than anybody may be silent, and nobody else lets them go on meanwhile
        deaths = Deaths(self, "meterd@" + bus)
        try:
            status, _, text = apply(self.suite, wait="10s")
        except (subprocess.TimeoutExpired, ValueError) as e:
            raise Impossible(str(e)) from e
        finally:
            deaths.stop()
        if status != OK:
            self.say("  apply said %d: %s" % (status, " ".join(text.split())[:150]))

    def slow_reader(self, program, chance):
        """Asks for more than it takes."""
        s = self.suite.connect(program + ".look")
        method = "hjgate.Store.Watch" if program == "stored" else LOOK[program]
        message = json.dumps({"method": method, "parameters": {"limit": 1000} if program == "eventd" else {}, "more": program == "stored"}).encode() + b"\0"
        s.setblocking(False)
        try:
            for _ in range(400):
                s.send(message)
        except OSError:
            pass
        return s.close

    def clients_32(self, program, chance):
        stopping = threading.Event()

        def ask():
            while not stopping.wait(0.05):
                try:
                    self.suite.call(program + ".look", LOOK[program], timeout=2)
                except (OSError, CallError, ValueError):
                    pass
        threads = [threading.Thread(target=ask, daemon=True) for _ in range(CLIENTS)]
        for t in threads:
            t.start()
        return stopping.set

    def robot_fails(self, _target, chance):
        self.plant.robot.next(*(chance.choice(["status 500", "hang", "reset", "garbage", "late"]) for _ in range(3)))

    # ---- buses

    def shake(self, bus, since_ms):
        self.shaken.append((bus, since_ms - BUS_BEFORE_MS, hj212.now_ms() + BUS_AFTER_MS))

    def spoil(self, bus, begin, end=None):
        """A fault of a bus: lines for its control."""
        since = hj212.now_ms()
        self.suite.buses[bus].tell(begin)

        def over():
            if end:
                self.suite.buses[bus].tell(end)
            self.shake(bus, since)
        if end:
            return over
        return over()

    def unit(self, bus, chance):
        return chance.choice(self.plant.units(bus))

    def unplug(self, bus, chance):
        return self.spoil(bus, "unplug", "replug")

    def garbage(self, bus, chance):
        return self.spoil(bus, "garbage %d" % chance.randint(1, 300))

    def mute(self, bus, chance):
        unit = self.unit(bus, chance)
        return self.spoil(bus, "mute " + unit, "unmute " + unit)

    def late(self, bus, chance):
        unit = self.unit(bus, chance)
        return self.spoil(bus, "late %s %d" % (unit, chance.choice([300, 900, 2500])), "late %s 0" % unit)

    def noise(self, bus, chance):
        return self.spoil(bus, "noise %g" % chance.choice([0.003, 0.01, 0.03]), "noise 0")

    def drop(self, bus, chance):
        return self.spoil(bus, "drop %g" % chance.choice([0.003, 0.02]), "drop 0")

    def babble(self, bus, chance):
        return self.spoil(bus, "babble %d" % chance.choice([5, 60]), "babble 0")

    def flap(self, bus, chance):
        unit = self.unit(bus, chance)
        return self.spoil(bus, "flap %s %d %d" % (unit, chance.randint(2, 5), chance.randint(1, 4)), "flap %s 0 0" % unit)

    def exception(self, bus, chance):
        unit = self.unit(bus, chance)
        return self.spoil(bus, "exception %s %d" % (unit, chance.choice([4, 6])), "exception %s 0" % unit)

    def other_master(self, bus, chance):
        line = "master %s %d %s holding 0 %d" % (self.unit(bus, chance), chance.choice([400, 1500]), chance.choice(["polite", "rude"]), chance.choice([2, 5]))
        return self.spoil(bus, line, "master off")

    def wrong_sum(self, bus, chance):
        return self.spoil(bus, "sum %s 3" % self.unit(bus, chance))

    def more_frames(self, bus, chance):
        return self.spoil(bus, "more %s 2" % self.unit(bus, chance))

    # ---- links and platforms

    def link_cut(self, name, chance):
        self.plant.links[name].cut()

    def link_delay(self, name, chance):
        link = self.plant.links[name]
        link.delay_s = chance.choice([0.05, 0.4, 1.5])
        return lambda: setattr(link, "delay_s", 0.0)

    def link_loss(self, name, chance):
        link = self.plant.links[name]
        link.loss = chance.choice([0.02, 0.1, 0.3])
        return lambda: setattr(link, "loss", 0.0)

    def link_vanishes(self, name, chance):
        """In both places where it can: the relay swallows, or the platform's kernel drops what comes."""
        link = self.plant.links[name]
        if chance.random() < 0.5:
            vanish(self.plant.platforms[name])
            return None
        link.swallows = True
        return lambda: setattr(link, "swallows", False)

    def misbehaves(self, name, chance):
        platform = self.plant.platforms[name]
        platform.set_mode(chance.choice(MODES))
        return lambda: platform.set_mode("normal")

    def history(self, name, chance):
        """Asks for the last minute of records; what comes is judged with the rest."""
        now = hj212.now_ms()
        text = [time.strftime("%Y%m%d%H%M%S", time.gmtime(ms / 1000 + 8 * 3600)) for ms in (now - HISTORY_MS, now - HISTORY_MS // 4)]
        cp = "BeginTime=%s;EndTime=%s" % tuple(text)
        threading.Thread(target=lambda: self.plant.platforms[name].request("2051", cp, timeout=FULL_HISTORY_S), daemon=True).start()

    def platform_garbage(self, name, chance):
        """Junk, a frame that never ends, one of a wrong password, one cut in the middle."""
        whole = hj212.encode("QN=%s;ST=32;CN=1011;PW=000000;MN=010000A8900016F000169DC0;Flag=5;CP=&&&&" % self.plant.platforms[name].new_qn())
        data = chance.choice([chance.randbytes(chance.randint(1, 9000)), b"##9999" + b"x" * 500, whole, whole[:len(whole) // 2]])
        if not self.plant.platforms[name].send_raw(data):
            raise Impossible("no gateway is connected")


class Deaths:
    """Notes each end of one program while `hjgate apply` works, which ends it in an orderly way and perhaps again to go back."""

    def __init__(self, gremlin, program):
        self.gremlin, self.program, self.bus = gremlin, program, program.partition("@")[2]
        self.pid, self.ending = gremlin.suite.pids().get(program), threading.Event()
        self.asked = wait_for(lambda: gremlin.waiting_of(self.bus), UP_S, program + " to answer", step=0.1)
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while not self.ending.wait(0.02):
            try:
                pid = self.gremlin.suite.pids().get(self.program)
            except Failed:
                return
            if self.pid and pid != self.pid:
                self.gremlin.orderly.append(Kill(self.bus, self.asked[0], hj212.now_ms(), self.asked[1]))
                self.asked = (hj212.now_ms(), 0)
            elif pid:
                try:
                    self.asked = self.gremlin.waiting_of(self.bus)
                except (OSError, CallError, KeyError):
                    pass
            self.pid = pid

    def stop(self):
        self.ending.set()
        self.thread.join()
