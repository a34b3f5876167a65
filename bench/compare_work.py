"""What `make bench-peers` counts of the work itself: instructions a sample by callgrind (the same on a busy machine as on an idle one), and frames a
second."""

import glob
import os
import re
import subprocess
import threading
import time

import peers_conf
from bus_rows import log_lines, say
from compare_who import Collectd, Hjgate, Limit, Mbpoll, with_factors
from suite import BUILD, FULL, MN, TOP, Failed, check, wait_for

BAUD = 115200
SHORT_S, LONG_S = (10, 130) if FULL else (6, 36)
SCANS = 20000 if FULL else 2000  # of Node-RED's function


def totals(folder):
    """{pid: instructions} of each program that ended so that callgrind could write what it had counted."""
    found = {}
    for path in glob.glob(os.path.join(folder, "cg.*")):
        with open(path, encoding="utf-8", errors="replace") as f:
            hit = re.findall(r"^totals: (\d+)", f.read(), re.MULTILINE)
        if hit:
            found[int(path.rsplit(".", 1)[1])] = int(hit[-1])
    return found


def run_for(kind, seconds):
    """(instructions, samples) of so long a run, everything that it starts included."""
    it = kind(baud=BAUD)
    it.wrap = ("valgrind", "-q", "--tool=callgrind", "--trace-children=yes", "--callgrind-out-file=%s/cg.%%p" % it.folder)
    try:
        it.start()
        wait_for(lambda: log_lines(it.bus), 60, "answers")
        first = set(it.pids())
        time.sleep(seconds)
        lasting, lost = first & set(it.pids()), it.lost()
        check(not lost, "%d samples lost: the machine is too busy to count" % lost)
        it.stop()
        counted = totals(it.folder)
        check(lasting <= set(counted), "not all programs ended in time to say what they counted: the machine is too busy")
        lines = log_lines(it.bus)
        each = 1 if kind is Collectd else 40 / 3  # a request has one value, or a third of a meter's 40
        return sum(counted.values()), len(lines) * each
    finally:
        it.close()


def count(kind, table):
    try:
        short, long = run_for(kind, SHORT_S), run_for(kind, LONG_S)
        say("%s: instructions and samples %s, %s" % (kind.name, short, long))
        check(long[1] > short[1] + 300, "too few samples: %s, %s" % (short, long))
        table.put("instructions", kind.name, (long[0] - short[0]) / (long[1] - short[1]))
    except (Failed, OSError, subprocess.SubprocessError) as e:
        table.failed("instructions of %s: %s" % (kind.name, e))


def instructions(table, folder):
    kinds = [k for k in (Hjgate, Collectd, Mbpoll, Limit) if not (hasattr(k, "program") and not k.program)]
    threads = [threading.Thread(target=count, args=(k, table), daemon=True) for k in kinds]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    table.why_not("instructions", "node-red", "its code is compiled as it runs, which callgrind does not follow; see the processor time")


def codec(table, folder):
    done = subprocess.run([os.path.join(BUILD, "bench/codec"), os.path.join(TOP, "bench")], stdout=subprocess.PIPE, text=True, check=False)
    ours, limit = re.search(r"encode of 1008 bytes: (\d+) a second, the limit's (\d+)", done.stdout).groups()
    table.put("codec", "hjgate", float(ours))
    table.put("codec", "limit", float(limit))
    points = [[m.unit_id, p.address, p.type, p.factor] for m in with_factors(8) for p in m.points]
    script = os.path.join(folder, "frames.js")
    with open(script, "w", encoding="utf-8") as f:
        f.write("const code = %s;\n" % repr_js(peers_conf.filled("record.js", POINTS=points_js(points), WINDOW_MS=10000, MN=MN)))
        f.write("""const run = new Function('msg', 'context', code), kept = {}, payload = {};
const context = { get: k => kept[k], set: (k, v) => { kept[k] = v; } };
for (let unit = 1; unit <= 8; unit++) for (let r = 0; r < 700; r++) payload[unit + '.' + r] = 400 + r;
let frames = 0;
const scans = %d, began = process.hrtime.bigint();
for (let i = 0; i < scans; i++) frames += run({ payload }, context)[0].payload.split('\\r\\n').length - 1;
console.log(frames * 1e9 / Number(process.hrtime.bigint() - began));
""" % SCANS)
    try:
        node = subprocess.run(["node", script], stdout=subprocess.PIPE, text=True, check=True)
        table.put("codec", "node-red", float(node.stdout))
    except (OSError, subprocess.SubprocessError) as e:
        table.why_not("codec", "node-red", "not installed: %s" % e)


def points_js(points):
    return str(points).replace("'", '"')


def repr_js(text):
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
