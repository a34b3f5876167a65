"""What the rows of `make bench-bus` share: the meters' own log with times to the microsecond, scans found in it, memory of a process."""

import os
import statistics
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(TOP, "tests/integration/lib"))
from suite import BUILD, Failed, check  # noqa: E402 (after the path)

STAMPS = ("--stamp", "us")


def say(text):
    """For the log; figures alone are shown."""
    print(text, flush=True)


def log_lines(bus, kinds=("answer",), since_ms=0):
    """(ms, unit id, first register, [words]) of what the meters said, oldest first."""
    found = []
    with open(bus.log, encoding="utf-8") as f:
        for line in f:
            fields = line.split()
            if len(fields) > 5 and fields[1] in kinds and line.endswith("\n") and float(fields[0]) >= since_ms:
                found.append((float(fields[0]), int(fields[2]), int(fields[4]), [int(w, 16) for w in fields[6:]]))
    return found


def periods_s(lines, units=None):
    """Seconds between one answer of a block and its next, over all blocks: a full scan of a bus without pause takes as long."""
    last, found = {}, []
    for ms, unit, address, _ in lines:
        if units is None or unit in units:
            if (unit, address) in last:
                found.append((ms - last[unit, address]) / 1000)
            last[unit, address] = ms
    return found


def median(values, what, least=1):
    check(len(values) >= least, "%s: %d values, %d wanted" % (what, len(values), least))
    return statistics.median(values)


def bus_loop(bus, scans, blocks, *options):
    """The bare loop's own lines, as lists of numbers."""
    command = [os.path.join(BUILD, "bench/bus_loop"), *options, bus.port, str(bus.baud), bus.format()[1], str(scans), *blocks]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    say(done.stdout.rstrip())
    if done.returncode:
        raise Failed("bus_loop: %s" % done.stderr.strip())
    return [[float(x) for x in line.split()[1:]] for line in done.stdout.splitlines()]


def memory_kb(pid):
    """(private, private dirty) KB."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        kb = {line.split(":")[0]: int(line.split()[1]) for line in f.readlines()[1:]}
    return kb["Private_Clean"] + kb["Private_Dirty"], kb["Private_Dirty"]


def load():
    return "load %.1f" % os.getloadavg()[0]
