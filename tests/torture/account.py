"""What comes of it, in tables."""

import collections

from judge import Answers, Doubt
from plan import KINDS
from suite import hj212


def doubts_of(buses, seen, shaken, still):
    """{meter: Doubt}: of the answers in a span in which the gremlin had its hand in the bus, those that were never seen as a reading may be missing. One
    that was seen has to be in a record as ever."""
    doubts = {}
    for bus, (meters, log) in buses.items():
        spans = [(a, b) for b_name, a, b in shaken if b_name == bus] + [(a - 500, b + 500) for a, b in still]
        for meter in meters:
            times = Answers(meter, log).times
            inside = {n for n, t in times.items() if any(a <= t <= b for a, b in spans)}
            doubts[meter.name] = Doubt(inside - seen.get(meter.name, set()), inside)
    return doubts


def repeated(uploads):
    """Frames that came again: the same factors of the same label at the same platform."""
    again = 0
    for messages in uploads.values():
        keys = collections.Counter((m["cp"]["DataTime"], frozenset(hj212.values_of(m))) for m in messages)
        again += sum(n - 1 for n in keys.values())
    return again


def print_faults(gremlin):
    done, skipped = (collections.Counter(f.kind for f in faults) for faults in (gremlin.done, gremlin.skipped))
    print("\n%-18s %6s %9s" % ("fault", "done", "not done"))
    for kind in KINDS:
        if done[kind] or skipped[kind]:
            print("%-18s %6d %9s" % (kind, done[kind], skipped[kind] or ""))
    print("%-18s %6d" % ("together", len(gremlin.done)))


def print_growth(early, late):
    """(growth of private dirty memory of all in %, descriptors more, of which a bus's port may be one: it is opened anew after a fault). PSS is shown
    only: it moves with whoever else has the same libraries loaded."""
    print("\n%-18s %8s %22s %22s %14s" % ("program", "age", "private dirty, KB", "PSS, KB", "descriptors"))
    for program, (age, dirty, pss, fds) in late.items():
        _, dirty0, pss0, fds0 = early.get(program, (0, 0, 0, 0))
        print("%-18s %6.1f m %9d -> %9d %9d -> %9d %5d -> %5d" % (program, age / 60, dirty0, dirty, pss0, pss, fds0, fds))
    sums = [[sum(row[i] for row in rows.values()) for i in (1, 2, 3)] for rows in (early, late)]
    print("%-18s %8s %9d -> %9d %9d -> %9d %5d -> %5d" % ("together", "", sums[0][0], sums[1][0], sums[0][1], sums[1][1], sums[0][2], sums[1][2]))
    return 100.0 * (sums[1][0] - sums[0][0]) / max(sums[0][0], 1), sums[1][2] - sums[0][2]


def planted(uploads):
    """The verdict itself is put to the proof: {what was done: the uploads with it}. In the last third no program is ended, so nothing excuses it."""
    some = next(iter(uploads))
    labels = sorted({m["cp"]["DataTime"] for m in uploads[some]})
    victim = labels[len(labels) * 4 // 5]

    def without(messages):
        return [m for m in messages if m["cp"]["DataTime"] != victim]

    def other(item):
        return {k: str(float(v) + 1) if k.endswith("-Avg") else v for k, v in item.items()}

    changed = [dict(m, items=[other(i) for i in m["items"]]) if m["cp"]["DataTime"] == victim else m for m in uploads[some]]
    return {"a record is nowhere": {n: without(u) for n, u in uploads.items()},
            "a record is missing at one platform": dict(uploads, **{some: without(uploads[some])}),
            "values of a record differ": dict(uploads, **{some: changed})}
