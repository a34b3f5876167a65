"""What a process takes of the machine."""

import os


def rollup(pid):
    """{field: KB} of smaps_rollup."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
        return {line.split(":")[0]: int(line.split()[1]) for line in f.readlines()[1:]}


def descriptors(pid):
    return len(os.listdir("/proc/%d/fd" % pid))
