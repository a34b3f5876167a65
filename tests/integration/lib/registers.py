"""Register maps of any size for a bus: n meters of m points each, in three blocks with holes, no two points ever showing the same value. What
a scan of them takes at least is counted here too, from the protocol alone: the gateway is judged by it."""

from suite import Meter, Point

TYPES = ("uint16", "uint16", "uint32", "int16")  # in turn
BLOCKS = (0, 300, 600)  # where they begin
SHARES = (0.5, 0.3, 0.2)  # of the points
HOLE_EVERY, HOLE = 8, 2  # points, registers
STEP, UNIT_STEP, AMPLITUDE = 800, 20, 8  # of the values: apart for each point and each unit
TURNAROUND_MS = 10
REQUEST_BYTES, OTHER_BYTES = 8, 5  # of an answer besides its registers


class Bare(Point):
    """A point that no platform wants."""

    def __init__(self, name, type, sim, **keys):
        super().__init__(name, "", type, sim, **keys)

    def conf(self):
        keys = super().conf()
        del keys["factor"]
        return keys


def points(unit_id, count, **keys):
    """Up to 40 points have values of their own; of 32 meters too."""
    found = []
    for block, (address, share) in enumerate(zip(BLOCKS, SHARES)):
        size = count - len(found) if block == 2 else round(count * share)
        for i in range(size):
            if i and i % HOLE_EVERY == 0:
                address += HOLE
            number = len(found)
            point = Bare("p%02d" % number, TYPES[number % len(TYPES)], address=address, sim="sine %d %d %d" % (
                STEP // 2 + number % 40 * STEP + unit_id % 32 * UNIT_STEP, AMPLITUDE, 7 + number % 11), **keys)
            found.append(point)
            address += point.words()
    return found


def meters(count, each, poll_interval=1, first=1, turnaround=TURNAROUND_MS, **keys):
    return [Meter("m%02d" % u, u, points(u, each), poll_interval=poll_interval, turnaround=turnaround, **keys) for u in range(first, first + count)]


def blocks(meter):
    """[(first register, registers)]: the fewest requests, since no two blocks lie within 125 registers and each hole is cheaper than
    a request."""
    found = []
    for p in sorted(meter.points, key=lambda p: p.address):
        if found and p.address - found[-1][1] < 100:
            found[-1][1] = p.address + p.words()
        else:
            found.append([p.address, p.address + p.words()])
    return [(begin, end - begin) for begin, end in found]


def loop_arguments(meters_):
    """For bench/bus_loop: every block of every meter."""
    return ["%d:3:%d:%d" % (m.unit_id, begin, count) for m in meters_ for begin, count in blocks(m)]


def silence_s(baud, bits=10):
    return 0.00175 if baud > 19200 else 3.5 * bits / baud


def request_s(meter, count, baud, bits=10):
    """What one request of so many registers takes on the wire, with both silences: no master can do it faster."""
    return (REQUEST_BYTES + OTHER_BYTES + 2 * count) * bits / baud + 2 * silence_s(baud, bits) + meter.turnaround / 1000


def scan_s(meters_, baud, bits=10):
    return sum(request_s(m, count, baud, bits) for m in meters_ for _, count in blocks(m))
