"""What `make bench-peers` measures of queues: three platforms, one of which refuses for a while and comes back; then again, and the sender is killed
meanwhile (SIGKILL: as near to a power cut as a process gets), and started again. hjgate sends minute records, the others messages of about as many bytes.

What is lost is what was given to the sender, or came at the other platforms, and did not come at the one that was away."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import peers_conf
from bus_rows import say
from compare_platform import Platform
from compare_who import PATH
from sink import Sink
from suite import BUILD, FULL, TOP, Failed, Meter, Point, Suite, hj212, wait_for

WINDOW_S = 2
EVERY_S = 0.2
AWAY_S = 120 if FULL else 20
RETURN_S = 90  # rsyslog tries each 30 s, a bridge within 60
LIMIT_FRAMES = 20000
QUIET_S = 15   # after the newest message nothing older is to be hoped for
BACKLOG = 50000 if FULL else 20000
PAYLOAD = " " + "x" * 800


def free_port(kind=socket.SOCK_STREAM):
    with socket.socket(type=kind) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Queue:
    """A sender of messages by number to three platforms."""
    mqtt = False

    def __init__(self, most=1000):
        self.platforms = [Platform(self.mqtt) for _ in range(3)]
        self.folder, self.port, self.most = tempfile.mkdtemp(prefix="hj.queue."), free_port(socket.SOCK_STREAM if self.mqtt else socket.SOCK_DGRAM), most
        os.chmod(self.folder, 0o777)
        self.process, self.sent = None, {}

    def start(self):
        self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(2)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def conf(self, text):
        path = os.path.join(self.folder, "conf")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def give(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.send(len(self.sent) + 1)
            time.sleep(EVERY_S)

    def send(self, number):
        self.sent[number] = time.time()
        self.put("%d%s" % (number, PAYLOAD))

    def lost(self):
        """At the platform that was away, once all is there, or nothing more is to be hoped for."""
        came, end = self.platforms[2].came, time.monotonic() + RETURN_S
        while time.monotonic() < end and self.sent.keys() - came.keys():
            if max(self.sent) in came and time.time() - max(came.values()) > QUIET_S:
                break
            time.sleep(0.2)
        return self.sent.keys() - came.keys()

    def delay_ms(self):
        return max(1000 * (p.came.get(n, time.time()) - at) for p in self.platforms[:2] for n, at in self.sent.items())

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Rsyslog(Queue):
    name = "rsyslog"
    program = shutil.which("rsyslogd", path=PATH)
    action = """action(type="omfwd" target="127.0.0.1" port="%d" protocol="tcp" template="frame" queue.type="LinkedList" queue.filename="q%d"
  queue.saveOnShutdown="on" action.resumeRetryCount="-1")"""

    def command(self):
        actions = "\n".join(self.action % (p.port, i) for i, p in enumerate(self.platforms))
        return [self.program, "-n", "-i", os.path.join(self.folder, "pid"), "-f",
                self.conf(peers_conf.filled("rsyslog.conf", FOLDER=self.folder, PORT=self.port, ACTIONS=actions))]

    def put(self, text):
        with socket.socket(type=socket.SOCK_DGRAM) as s:
            s.sendto(b"<13>Jan  1 00:00:00 gateway bench: " + text.encode(), ("127.0.0.1", self.port))


class Mosquitto(Queue):
    name, mqtt = "mosquitto", True
    program = shutil.which("mosquitto", path=PATH)
    bridge = """connection p%d
address 127.0.0.1:%d
topic # out 1
cleansession false
notifications false
try_private false
bridge_protocol_version mqttv311"""

    def command(self):
        bridges = "\n".join(self.bridge % (i, p.port) for i, p in enumerate(self.platforms))
        return [self.program, "-c", self.conf(peers_conf.filled("mosquitto.conf", FOLDER=self.folder, PORT=self.port, MOST=self.most, BRIDGES=bridges))]

    def put(self, text):
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", "frames", "-m", text], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def put_many(self, count):
        text = "".join("%d%s\n" % (n, PAYLOAD) for n in range(1, count + 1))
        subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", "frames", "-l"], input=text, text=True, check=True)


def peer(kind, table):
    if not kind.program:
        for row in ("third_delay", "third_lost", "third_killed"):
            table.why_not(row, kind.name, "not installed: %s" % kind.name)
        return
    queue = kind()
    try:
        queue.start()
        queue.give(3)
        queue.platforms[2].refuse()
        queue.give(AWAY_S)
        queue.platforms[2].allow()
        queue.give(2)
        first = queue.lost()
        table.put("third_delay", kind.name, queue.delay_ms())
        table.put("third_lost", kind.name, len(first))
        queue.platforms[2].refuse()
        queue.give(AWAY_S)
        queue.kill()
        queue.start()
        queue.platforms[2].allow()
        queue.give(2)
        second = queue.lost() - first
        table.put("third_killed", kind.name, len(second))
        say("%s: of %d: %d lost, then %d" % (kind.name, len(queue.sent), len(first), len(second)))
    finally:
        queue.close()


# ---- ours


def labels(sink):
    """{label: when its last frame came} of the minute records."""
    sink.tell("status")
    found = {}
    with open(sink.log, encoding="utf-8", errors="replace") as f:
        for line in f:
            hit = re.match(r"(\d+) ok .*;CN=2051;.*&&DataTime=(\d{14})", line)
            if hit:
                found[hj212.label_ms(hit.group(2))] = int(hit.group(1))
    return found


def missing(sink, since, upto, window_ms):
    """Every window there was that this platform has not."""
    return set(range(since, upto + 1, window_ms)) - set(labels(sink))


def hjgate(table):
    meters = [Meter("oven", 1, [Point("p%02d" % i, "e1%02d%02d" % (i // 40, i), "uint16", "sine 500 9 %d" % (7 + i)) for i in range(6)])]
    with Suite(WINDOW_S, 3600, 86400) as suite:
        suite.bus("bench", meters)
        sinks = [Sink(suite.root, name) for name in ("one", "two", "three")]
        try:
            for name, sink in zip(("one", "two", "three"), sinks):
                suite.uplink(name, sink, over_time=1, re_count=1)
            suite.start()
            wait_for(lambda: all(len(labels(s)) > 1 for s in sinks), 30, "records at all three")
            since = max(labels(sinks[2]))
            sinks[2].tell("mode refuse")
            time.sleep(AWAY_S)
            table.put("third_delay", "hjgate", max(came - label - suite.minute_ms for s in sinks[:2] for label, came in labels(s).items() if label > since))
            table.put("third_lost", "hjgate", returned(sinks, since, suite.minute_ms))
            sinks[2].tell("mode refuse")
            time.sleep(AWAY_S)
            for pid in [suite.process.pid, *suite.pids().values()]:
                os.kill(pid, signal.SIGKILL)
            suite.process.wait()
            suite.start()
            table.put("third_killed", "hjgate", returned(sinks, since, suite.minute_ms))
        finally:
            for sink in sinks:
                sink.close()


def returned(sinks, since, window_ms):
    """How many windows the third has not when it is back, however few the others have."""
    sinks[2].tell("mode normal")
    end = time.monotonic() + RETURN_S
    time.sleep(2 * WINDOW_S)
    upto = max(labels(sinks[0]))
    while time.monotonic() < end and missing(sinks[2], since, upto, window_ms):
        time.sleep(0.5)
    return len(missing(sinks[2], since, upto, window_ms))


# ---- the backlog


def mosquitto_backlog(table):
    if not Mosquitto.program:
        table.why_not("backlog", "mosquitto", "not installed: mosquitto")
        return
    queue = Mosquitto(most=BACKLOG * 2)
    try:
        queue.platforms[2].refuse()
        queue.start()
        queue.put_many(BACKLOG)
        third = queue.platforms[2]
        third.allow()
        wait_for(lambda: len(third.came) == BACKLOG, 240, "the broker's backlog")
        table.put("backlog", "mosquitto", BACKLOG / (max(third.came.values()) - third.connected))
    finally:
        queue.close()


def limit_per_s(folder):
    """One frame, its acknowledgement, the next: nothing but the line and the platform."""
    with open(os.path.join(TOP, "bench/frame1008.txt"), "rb") as f:
        frame = f.read().rstrip(b"\r\n") + b"\r\n"
    sink = Sink(folder, "limit")
    with socket.create_connection(("127.0.0.1", sink.port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.monotonic()
        for _ in range(LIMIT_FRAMES):
            s.sendall(frame)
            if not s.recv(4096):
                raise Failed("the platform has hung up")
        took = time.monotonic() - began
    sink.close()
    return LIMIT_FRAMES / took


def our_backlog(table, folder):
    """With the limit before and after it."""
    limit = limit_per_s(folder)
    done = subprocess.run([os.path.join(TOP, "bench/uplink-outage")], env=dict(os.environ, OUTAGE_DAYS="30" if FULL else "2", HJ_BUILD=BUILD), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    say(done.stdout)
    table.put("backlog", "hjgate", float(re.search(r"figure uplink.backlog_window1_per_s (\S+)", done.stdout).group(1)))
    table.put("backlog", "limit", (limit + limit_per_s(folder)) / 2)


def attempt(table, step):
    try:
        step()
    except (Failed, OSError, ValueError, AttributeError, subprocess.SubprocessError) as e:
        table.failed("queue: %s: %s" % (type(e).__name__, e))


def together(table, steps):
    """At the same time, so that all see the same load of the machine."""
    threads = [threading.Thread(target=attempt, args=(table, step), daemon=True) for step in steps]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


def measure(table, folder):
    together(table, [lambda: hjgate(table), lambda: peer(Rsyslog, table), lambda: peer(Mosquitto, table)])
    for step in (lambda: our_backlog(table, folder), lambda: mosquitto_backlog(table)):
        attempt(table, step)
    for who, why in (("collectd", "it has no queue for a platform with HJ 212"), ("mbpoll", "it sends nothing"),
                     ("node-red", "its TCP node has no queue: what is not sent at once is gone")):
        for row in ("third_delay", "third_lost", "third_killed", "backlog"):
            table.why_not(row, who, why)
    table.why_not("backlog", "rsyslog", "its TCP output is not acknowledged")
