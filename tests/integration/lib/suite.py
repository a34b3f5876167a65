"""The whole suite in a folder: simulated buses (hjsim-bus), the configuration, `hjgate run --root`, and hands on what runs there. Standard
library only. A test reads:

    with Suite() as suite:
        north = suite.bus("north", [Meter("oven", 1, [Point("answers", "ga0101", "uint32", "counter")])])
        county = suite.uplink("county", platform)
        suite.start()
        suite.wait_for(lambda: platform.uploads("2051"), 20, "a minute record")

Everything started here is ended when the block is left, however it is left."""

import glob
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../.."))
BUILD = os.path.abspath(os.environ.get("HJ_BUILD", os.path.join(TOP, "build")))
WATCHED = "san-" in BUILD or "build/analyse/" in BUILD  # sanitizers, counters: programs that take memory of their own, besides what they are
SKIPPED = 77
PATIENCE = float(os.environ.get("HJ_TEST_PATIENCE", "1"))  # a factor on every time limit, for slow builds
FULL = os.environ.get("FULL", "") not in ("", "0")
WRAPS = ("valgrind", "qemu-")  # how the name of what may run a program in its own place begins: the program follows among its arguments
MN = "010000A8900016F000169DC0"
PW = "123456"


def load(path, name):
    """tests/sim/platform.py under a name of its own: the standard library has a `platform` too."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hj212 = load(os.path.join(TOP, "tests/sim/platform.py"), "hj_platform")
Platform = hj212.Platform


class Failed(Exception):
    pass


class CallError(Exception):
    """An error answer on a local socket."""

    def __init__(self, error, parameters):
        super().__init__("%s %s" % (error, json.dumps(parameters)))
        self.error = error
        self.parameters = parameters


def check(condition, text):
    if not condition:
        raise Failed(text)


def wait_for(condition, seconds, what, step=0.05):
    """The first true value of condition(). What it raises while the suite is coming up counts as not yet."""
    end = time.monotonic() + seconds * PATIENCE
    trouble = ""
    while True:
        try:
            value = condition()
            if value:
                return value
        except (OSError, CallError, KeyError, IndexError) as e:
            trouble = " (%s)" % e
        if time.monotonic() > end:
            raise Failed("waited %g s in vain for %s%s" % (seconds * PATIENCE, what, trouble))
        time.sleep(step)


def last_lines(path, n):
    with open(path, encoding="utf-8", errors="replace") as f:
        return "".join(f.readlines()[-n:])


def main(test):
    """Runs one test function as a program. It fails by raising Failed, or by giving False where it has said why already."""
    try:
        sys.exit(1 if test() is False else 0)
    except Failed as e:
        print("FAILED: %s" % e)
        sys.exit(1)


def skip(why):
    print(why)
    sys.exit(SKIPPED)


def need(*programs):
    """Skips the test where one of these is not built: bin/hjgate, sim/hjsim-bus."""
    for program in programs:
        if not os.access(os.path.join(BUILD, program), os.X_OK):
            skip("%s is not built" % program)


def need_all():
    """The whole suite; its absence is a failure, since `make tests` builds it."""
    for program in ["sim/hjsim-bus", "bin/hjgate"] + ["bin/hjgate-" + d for d in ("meterd", "stored", "uplinkd", "eventd", "judged")]:
        check(os.access(os.path.join(BUILD, program), os.X_OK), "%s is not built: run make tests" % program)


# ---- configuration -------------------------------------------------------------


def conf_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"%s"' % value
    return repr(value)


def conf_group(keys, indent=""):
    """libconfig text of a dictionary; a list becomes a list of groups, a tuple an array of values, a dictionary a
    group."""
    lines = []
    for key, value in keys.items():
        if isinstance(value, tuple):
            lines.append("%s%s = [ %s ];\n" % (indent, key, ", ".join(map(conf_value, value))))
        elif isinstance(value, dict):
            lines.append("%s%s = {\n%s%s};\n" % (indent, key, conf_group(value, indent + "  "), indent))
        elif isinstance(value, list):
            items = ",\n".join("%s  {\n%s%s  }" % (indent, conf_group(i, indent + "    "), indent) for i in value)
            lines.append("%s%s = (\n%s\n%s);\n" % (indent, key, items, indent))
        else:
            lines.append("%s%s = %s;\n" % (indent, key, conf_value(value)))
    return "".join(lines)


WORDS = {"uint32": 2, "int32": 2, "float32": 2, "int64": 4, "uint64": 4, "float64": 4}


class Point:
    """One register: how the simulated meter makes it, and how the gateway is told to read it. `sim` is the model of hjsim-bus
    ("counter", "sine 50 5 30")."""

    def __init__(self, name, factor, type, sim, table="holding", address=None, order="ABCD", scale=1, **keys):
        self.name, self.factor, self.type, self.sim, self.table = name, factor, type, sim, table
        self.address, self.order, self.scale, self.keys = address, order, scale, keys

    def words(self):
        return (self.keys["length"] + 1) // 2 if "length" in self.keys else WORDS.get(self.type, 1)

    def conf(self):
        keys = {"name": self.name, "factor": self.factor, "table": self.table, "address": self.address, "type": self.type,
                "scale": float(self.scale)}
        if self.type != "bit":
            keys["order"] = self.order
        return dict(keys, **self.keys)

    def line(self, unit_id):
        scale = " scale=%g" % self.scale if self.scale != 1 else ""
        length = " length=%d" % (2 * self.words()) if self.type == "bcd" else ""
        return "%d %s %d %s %s %s%s%s\n" % (unit_id, self.table, self.address, self.type, self.order, self.sim, scale, length)


class Meter:
    """Points without an address follow one another, so that one request reads them all."""

    def __init__(self, name, unit_id, points, poll_interval=1, turnaround=5, **keys):
        self.name, self.unit_id, self.points, self.poll_interval, self.keys = name, unit_id, points, poll_interval, keys
        self.turnaround = turnaround
        free = {}
        for point in points:
            if point.address is None:
                point.address = free.get(point.table, 0)
            free[point.table] = point.address + point.words()

    def conf(self):
        keys = {"name": self.name, "unit_id": self.unit_id, "poll_interval": self.poll_interval}
        return dict(keys, **self.keys, points=[p.conf() for p in self.points])

    def lines(self):
        return "unit %d turnaround %d\n%s" % (self.unit_id, self.turnaround, "".join(p.line(self.unit_id) for p in self.points))


class Bus:
    """`sim`: further options of hjsim-bus, for example ("--stamp", "us", "--do", "echo on")."""

    def __init__(self, suite, name, meters, baud, sim=(), **keys):
        self.name, self.meters, self.baud, self.options, self.keys = name, meters, baud, list(sim), keys
        folder = os.path.join(suite.root, "sim")
        os.makedirs(folder, exist_ok=True)
        self.port, self.log, self.control, self.sim = (os.path.join(folder, name + end) for end in (".tty", ".log", ".ctl", ".sim"))
        self.process = None

    def conf(self):
        keys = {"format": 1, "port": self.port, "baud": self.baud}
        return conf_group(dict(keys, **self.keys, meters=[m.conf() for m in self.meters]))

    def format(self):
        """As it is written on a meter: 8N1."""
        return "%d%s%d" % (self.keys.get("data_bits", 8), self.keys.get("parity", "none")[0].upper(), self.keys.get("stop_bits", 1))

    def start(self, seed):
        with open(self.sim, "w", encoding="utf-8") as f:
            f.write("".join(m.lines() for m in self.meters))
        self.process = subprocess.Popen(
            [os.path.join(BUILD, "sim/hjsim-bus"), "--link", self.port, "--config", self.sim, "--log", self.log, "--control",
             self.control, "--baud", str(self.baud), "--format", self.format(), "--seed", str(seed)] + self.options,
            stdin=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(self.port) and os.path.exists(self.control), 5, "the simulated bus " + self.name)

    def tell(self, line):
        """A line for the control FIFO (tests/sim/bus_control.c, bus_unit.c): mute 3, garbage 200, ber 1e-5, unplug ..."""
        with open(self.control, "w", encoding="utf-8") as f:
            f.write(line + "\n")

    def answers(self):
        """What the meters said, oldest first: (ms, unit id, table, address, [words])."""
        found = []
        with open(self.log, encoding="utf-8") as f:
            for line in f:
                fields = line.split()
                if len(fields) > 5 and fields[1] == "answer" and line.endswith("\n"):
                    words = [int(w, 16) for w in fields[6:]]
                    found.append((int(float(fields[0])), int(fields[2]), fields[3], int(fields[4]), words))
        return found


# ---- the suite -----------------------------------------------------------------


def link_models(root):
    """The models of this tree stand below the root, and not those that may be installed."""
    models = os.path.join(root, "usr/share/hjgate/models")
    os.makedirs(os.path.dirname(models), exist_ok=True)
    if not os.path.lexists(models):
        os.symlink(os.path.join(TOP, "share/models"), models)


class Suite:
    def __init__(self, minute=3, hour=30, day=120, root=None):
        self.own_root = root is None
        self.keep = False  # the folder, when the block is left
        self.root = root or tempfile.mkdtemp(prefix="hj.")
        link_models(self.root)
        self.settings = {"format": 1, "test_minute": minute, "test_hour": hour, "test_day": day}
        self.minute_ms = minute * 1000
        self.buses, self.uplinks = {}, {}
        self.equipment = None  # what equipment.conf says, as for conf_group(); None: there is none
        self.process = None
        self.prefix = []  # a program that runs `hjgate run` in its own place
        self.log_path = os.path.join(self.root, "run.log")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()
        for bus in self.buses.values():
            if bus.process:
                bus.process.terminate()
                bus.process.wait()
        if (kind is not None or self.keep) and os.path.exists(self.log_path):
            print("---- the last lines of %s\n%s----" % (self.log_path, last_lines(self.log_path, 40)))
        elif self.own_root:
            shutil.rmtree(self.root, ignore_errors=True)

    # ---- what there is

    def bus(self, name, meters, baud=9600, **keys):
        self.buses[name] = Bus(self, name, meters, baud, **keys)
        return self.buses[name]

    def uplink(self, name, platform, **keys):
        preset = {"format": 1, "host": "127.0.0.1", "port": platform.port, "mn": MN, "st": "32", "pw": PW, "rtd_interval": 0,
                  "jitter": 0, "gap": 0, "over_time": 2, "re_count": 2}
        self.uplinks[name] = dict(preset, **keys)
        return self.uplinks[name]

    def write(self, path, text):
        path = os.path.join(self.root, "etc/hjgate", path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def write_configuration(self):
        self.write("hjgate.conf", conf_group(self.settings))
        for name, bus in self.buses.items():
            self.write("buses.d/%s.conf" % name, bus.conf())
        for name, keys in self.uplinks.items():
            self.write("uplinks.d/%s.conf" % name, conf_group(keys))
        if self.equipment:
            self.write("equipment.conf", conf_group(dict({"format": 1}, **self.equipment)))

    # ---- running it

    def programs(self):
        """Every daemon that has to run: "stored", "meterd@north" ..."""
        return ["stored", "eventd"] + ["meterd@" + b for b in self.buses] + ["uplinkd@" + u for u in self.uplinks] + (
            ["judged"] if self.equipment else [])

    def start(self, wait=True):
        for seed, bus in enumerate(self.buses.values(), 1):
            if not bus.process:
                bus.start(seed)
        self.write_configuration()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.prefix + [os.path.join(BUILD, "bin/hjgate"), "run", "--root", self.root], stdout=log,
                                            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        if wait:
            self.wait_for(lambda: set(self.programs()) <= self.pids().keys(), 10, "every program of the suite")
            for program in self.programs():
                self.wait_for(lambda: self.call(program + ".look", "org.varlink.service.GetInfo"), 10, program + " to answer")

    def stop(self):
        if not self.process:
            return
        if self.process.poll() is None:
            children = list(self.pids().values())
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                for pid in children:
                    send_signal(pid, signal.SIGKILL)
        self.process = None

    def pids(self):
        """{"stored": pid, "meterd@north": pid ...} of what `hjgate run` has running now."""
        check(self.process.poll() is None, "hjgate run has ended with status %s" % self.process.poll())
        found = {}
        for path in glob.glob("/proc/%d/task/*/children" % self.process.pid):
            try:
                with open(path, encoding="ascii") as f:
                    children = f.read().split()
            except OSError:
                continue
            for child in children:
                name = program_name(child)
                if name:
                    found[name] = int(child)
        return found

    def kill(self, program, number=signal.SIGKILL):
        """The pid that was killed; None where the program is not up at this moment."""
        pid = self.pids().get(program)
        if pid:
            send_signal(pid, number)
        return pid

    def wait_for(self, condition, seconds, what, step=0.05):
        def alive_and_true():
            check(self.process.poll() is None, "hjgate run has ended with status %s" % self.process.poll())
            return condition()

        return wait_for(alive_and_true, seconds, what, step)

    # ---- asking it

    def socket_path(self, name):
        return os.path.join(self.root, "run/hjgate", name)

    def connect(self, name, timeout=5):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(timeout * PATIENCE)
        try:
            s.connect(self.socket_path(name))
        except OSError:
            s.close()
            raise
        return s

    def replies(self, name, method, parameters=None, more=False, timeout=5):
        """The answers to one call, one after the other."""
        with self.connect(name, timeout) as s:
            message = {"method": method, "parameters": parameters or {}}
            if more:
                message["more"] = True
            s.sendall(json.dumps(message).encode() + b"\0")
            buffer, going_on = b"", True
            while going_on:
                while b"\0" not in buffer:
                    data = s.recv(65536)
                    if not data:
                        raise ConnectionError("%s closed the connection on %s" % (name, method))
                    buffer += data
                text, buffer = buffer.split(b"\0", 1)
                reply = json.loads(text)
                if "error" in reply:
                    raise CallError(reply["error"], reply.get("parameters", {}))
                going_on = reply.get("continues", False)
                yield reply.get("parameters", {})

    def call(self, name, method, parameters=None, timeout=5):
        """One call, one answer: suite.call("stored.look", "hjgate.Store.Status"). True where the answer is empty."""
        return next(self.replies(name, method, parameters, timeout=timeout)) or True

    def events(self, code=None, limit=1000):
        found = self.call("eventd.look", "hjgate.Event.List", {"limit": limit})["events"]
        return [e for e in found if code in (None, e["code"])]

    def waiting(self, uplink):
        """Records that this uplink owes its platform; None while the store has not heard of it."""
        for state in self.call("stored.look", "hjgate.Store.Status")["uplinks"]:
            if state["name"] == uplink:
                return state["waiting"]
        return None


def send_signal(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def program_name(pid):
    """"meterd@north" of a process that is one of ours, else None."""
    try:
        with open("/proc/%s/cmdline" % pid, encoding="utf-8", errors="replace") as f:
            arguments = f.read().split("\0")[:-1]
    except OSError:
        return None
    if arguments and os.path.basename(arguments[0]).startswith(WRAPS):
        arguments = arguments[next((i for i, a in enumerate(arguments) if os.path.basename(a).startswith("hjgate-")), 0):]
    if not arguments or not os.path.basename(arguments[0]).startswith("hjgate-"):
        return None
    name = os.path.basename(arguments[0])[len("hjgate-"):]
    instances, rest = [], arguments[1:]
    while rest:
        argument = rest.pop(0)
        if argument == "--root" and rest:
            rest.pop(0)
        elif not argument.startswith("-"):
            instances.append(argument)
    return "@".join([name] + instances[:1])


# ---- figures -------------------------------------------------------------------


def figure(name, value, unit, goal="-"):
    """Prints `figure NAME VALUE UNIT GOAL ok|short`; whether it is ok. goal: "-", "0", "<=1000", ">=0.6"."""
    ok = goal == "-" or {"<=": lambda g: value <= g, ">=": lambda g: value >= g}.get(goal[:2], lambda g: value == g)(
        float(goal.lstrip("<>=")))
    text = "%g" % round(value, 3) if isinstance(value, float) else str(value)
    print("figure %s %s %s %s %s" % (name, text, unit, goal, "ok" if ok else "short"), flush=True)
    return ok
