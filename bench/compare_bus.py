"""What `make bench-peers` measures on the buses: everybody on a bus of his own, all at the same time, so that all see the same load of the machine."""

import os
import re
import statistics
import subprocess
import threading
import time

from bus_rows import log_lines, say
from compare_who import ALL, WINDOW_S, factor
from suite import BUILD, FULL, Failed, wait_for

SETTLE_S, ALONE_S, DISK_S, DEAD_S = (30, 240, 120, 300) if FULL else (15, 40, 30, 60)
DEAD_SETTLE_S = 25  # until it is known that it is dead
CHANGES = 40 if FULL else 8
DEAD = 8  # unit
MEMORY_LOOKS = 15
LIMIT_COMMITS, LIMIT_BYTES = 100, 2560  # eight bytes for each of 320 factors
WRITES = "write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync,msync"
WROTE = re.compile(r"\b(?:p?writev?2?|pwrite64)\(\d+<(/[^>]*)>.*= (\d+)$")
SYNCED = re.compile(r"\b(?:fsync|fdatasync|msync)\(.*= 0$")
UNFINISHED = re.compile(r"^(\d+) +(.*) <unfinished \.\.\.>$")
RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")


def memory_kb(pids):
    sums = dict.fromkeys(("Rss", "Pss", "Private_Dirty"), 0)
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
                kb = {line.split(":")[0]: int(line.split()[1]) for line in f.readlines()[1:]}
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        for key in sums:
            sums[key] += kb.get(key, 0)
    return sums


def cpu_s(pids):
    """Of these and of their children that have ended."""
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii") as f:
                total += sum(map(int, f.read().rsplit(")", 1)[1].split()[13:15])) / os.sysconf("SC_CLK_TCK")
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/schedstat" % (pid, task), encoding="ascii") as f:
                    total += int(f.read().split()[0]) / 1e9
        except OSError:
            continue
    return total


def mean_period_s(lines):
    """Seconds from one answer of a block to its next, the mean of all: rests and retries are in it."""
    first, last, count = {}, {}, {}
    for ms, unit, address, _ in lines:
        key = unit, address
        first.setdefault(key, ms)
        last[key] = ms
        count[key] = count.get(key, 0) + 1
    spans = [(last[k] - first[k]) / 1000 / (count[k] - 1) for k in count if count[k] > 1]
    if not spans:
        raise Failed("nothing was read twice")
    return sum(spans) / len(spans)


def whole_calls(lines):
    """Those that strace wrote in two parts, since another process's came in between, in one."""
    begun = {}
    for line in map(str.rstrip, lines):
        first, rest = UNFINISHED.match(line), RESUMED.match(line)
        if first:
            begun[first.group(1)] = first.group(2)
        else:
            yield begun.pop(rest.group(1), "") + rest.group(2) if rest else line


def traced(lines):
    """(bytes, syncs) to files in what strace -y wrote."""
    written = syncs = 0
    for line in whole_calls(lines):
        hit = WROTE.search(line)
        if hit and not hit.group(1).startswith(("/dev/", "/proc/")) and not hit.group(1).endswith(("/out", ".log")):
            written += int(hit.group(2))
        syncs += bool(SYNCED.search(line))
    return written, syncs


class Run(threading.Thread):
    def __init__(self, kind, table):
        super().__init__(daemon=True)
        self.kind, self.table, self.it = kind, table, None

    def put(self, row, value):
        self.table.put(row, self.kind.name, value)

    def run(self):
        try:
            self.it = self.kind()
            self.measure()
        except (Failed, OSError, ValueError, KeyError, IndexError, subprocess.SubprocessError) as e:
            self.table.failed("%s: %s: %s" % (self.kind.name, type(e).__name__, e))
        finally:
            if self.it:
                self.it.close()

    def measure(self):
        missing = self.it.missing()
        if missing:
            for row in ("scan", "requests", "dead", "rss", "pss", "dirty", "cpu", "bytes", "syncs", "first", "change"):
                self.table.why_not(row, self.kind.name, missing)
            return
        self.it.start()
        wait_for(lambda: log_lines(self.it.bus), 60, "%s: answers" % self.kind.name)
        if self.it.sends:
            self.first_frame()
        time.sleep(SETTLE_S)
        period = self.alone()
        if self.it.sends:
            self.changes()
        else:
            for row in ("first", "change"):
                self.table.why_not(row, self.kind.name, self.it.why_no_frames)
        self.disk(period)
        self.dead()

    def frames(self):
        self.it.sink.tell("status")
        with open(self.it.sink.log, encoding="utf-8", errors="replace") as f:
            return [line for line in f if line.endswith("\n")]

    def first_frame(self):
        line = wait_for(lambda: [x for x in self.frames() if ";CN=2011;" in x or ";CN=2051;" in x], 90, "%s: a frame" % self.kind.name)[0]
        self.put("first", (float(line.split()[0]) - self.it.began_ms) / 1000)

    def alone(self):
        since, before = time.time() * 1000, cpu_s(self.it.pids())
        memory = []
        for _ in range(MEMORY_LOOKS):
            time.sleep(ALONE_S / MEMORY_LOOKS)
            memory.append(memory_kb(self.it.pids()))
        used, lines = cpu_s(self.it.pids()) - before, log_lines(self.it.bus, since_ms=since)
        period, requests = mean_period_s(lines), len({line[1:3] for line in lines})
        samples = len(lines) / requests * sum(len(m.points) for m in self.it.each)
        self.put("scan", period)
        self.put("requests", requests)
        for row, key in (("rss", "Rss"), ("pss", "Pss"), ("dirty", "Private_Dirty")):
            self.put(row, statistics.median(m[key] for m in memory))
        self.put("cpu", used * 1e6 / samples)
        return period

    def changes(self):
        """A register takes a value that nothing else has; how long until a frame with it is at the platform, which acknowledges at once."""
        found, name = [], factor(1, 0)
        for i in range(CHANGES):
            value, at = 50000 + i, time.time() * 1000
            self.it.bus.tell("set 1 holding 0 %d" % value)
            said = re.compile(r";%s-Rtd=%d[.,;&]|&&DataTime=\d+;%s-Rtd=%d[.,;&]" % (name, value, name, value))
            line = wait_for(lambda: [x for x in self.frames()[-400:] if said.search(x)], 60, "%s: the change" % self.kind.name)[0]
            found.append((float(line.split()[0]) - at) / 1000)
            time.sleep(0.37 * (i % 5))
        say("%s: changes after %s s" % (self.kind.name, sorted(found)))
        self.put("change", statistics.median(found))

    def disk(self, period):
        if not self.it.keeps:
            for row in ("bytes", "syncs"):
                self.table.why_not(row, self.kind.name, "it keeps nothing")
            return
        out = os.path.join(self.it.folder, "strace")
        strace = subprocess.Popen(["strace", "-f", "-y", "-s", "0", "-e", "trace=" + WRITES, "-e", "signal=none", "-o", out,
                                   *(x for pid in self.it.pids() for x in ("-p", str(pid)))], stderr=subprocess.DEVNULL)
        time.sleep(DISK_S)
        strace.terminate()
        strace.wait()
        with open(out, encoding="utf-8", errors="replace") as f:
            written, syncs = traced(f)
        records = DISK_S / (WINDOW_S if self.it.sends else period)
        say("%s: %d bytes, %d syncs, %.1f records" % (self.kind.name, written, syncs, records))
        self.put("bytes", written / records)
        self.put("syncs", syncs / records)

    def dead(self):
        self.it.bus.tell("mute %d" % DEAD)
        time.sleep(DEAD_SETTLE_S)
        since = time.time() * 1000
        time.sleep(DEAD_S)
        self.put("dead", mean_period_s([line for line in log_lines(self.it.bus, since_ms=since) if line[1] != DEAD]))


def limit_dead(table):
    """No master is faster with a dead meter than the bare loop is without it; the loop itself waits for it."""
    if ("scan", "limit") in table.cells:
        table.put("dead", "limit", table.cells["scan", "limit"] * 7 / 8)


def limit_commits(table, folder):
    out, file = os.path.join(folder, "strace"), os.path.join(folder, "limit.db")
    subprocess.run(["strace", "-f", "-y", "-s", "0", "-e", "trace=" + WRITES, "-o", out, os.path.join(BUILD, "bench/commit_loop"), file, str(LIMIT_COMMITS),
                    str(LIMIT_BYTES)], check=True, stdout=subprocess.DEVNULL)
    with open(out, encoding="utf-8", errors="replace") as f:
        written, syncs = traced(f)
    table.put("bytes", "limit", written / LIMIT_COMMITS)
    table.put("syncs", "limit", syncs / LIMIT_COMMITS)


def measure(table, folder):
    runs = [Run(kind, table) for kind in ALL]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    limit_dead(table)
    limit_commits(table, folder)
