"""The judge of losses. It takes the simulated meters' own log of what they answered and what two platforms received, and says what is
lost, differing or doubled. It knows nothing of the gateway's records.

One register of each meter counts the meter's answers, so each answer has a number, and Min and Max of that register in a minute
record say which answers are in it:
  - successive records tile: a number in two of them is doubled, a number in none is lost;
  - the other registers of the same answers give the Min, Avg and Max of every other factor, to be equal (else: differing);
  - a record sent again carries the same values, and both platforms have the same (else: differing).
A number may only be missing where its reading was not yet durable when its meterd was killed: what that meterd still had waiting a
moment before, and what was on the wire; and where an answer came so late, on a machine that stood still, that it was asked for again:
then one of the two, never both, and never one that somebody heard as a reading."""

import itertools
import math
import struct

from suite import hj212

ON_THE_WIRE_MS = 250  # from a request to the end of its answer; an answer to a process that is dead is no reading
LATE_MS = 500  # between the end of an answer on the wire and its time stamp in the gateway, on a busy machine
AGAIN_MS = 150  # between an answer that came after its time and the one to the repetition: a meter that is asked in time is not asked so soon again
NOT_YET_SEEN_MS = 50  # an answer this young may not yet be in what a meterd says of itself
HELD_UP_MS = 9000  # the same as LATE_MS where the meterd was stopped, or its port noisy
DOUBTS_MOST = 8  # of one record, of which each subset is tried


class Kill:
    """A SIGKILL of one bus's meterd. asked_ms: when it was asked; waiting: samples it had that were not durable then."""

    def __init__(self, bus, asked_ms, killed_ms, waiting):
        self.bus, self.asked_ms, self.killed_ms, self.waiting = bus, asked_ms, killed_ms, waiting


class Doubt:
    """Of one meter: `unheard`, numbers of answers that may not have been understood; `shaken`, those that may have been read late."""

    def __init__(self, unheard=(), shaken=()):
        self.unheard, self.shaken = frozenset(unheard), frozenset(shaken)


class Verdict:
    def __init__(self):
        self.readings = self.lost = self.differing = self.doubled = self.excused = self.unheard = self.windows = 0
        self.notes = []

    def note(self, text):
        self.notes.append(text)

    def add(self, kind, count, text):
        setattr(self, kind, getattr(self, kind) + count)
        self.note("%s: %s" % (kind, text))

    def bad(self):
        return self.lost + self.differing + self.doubled

    def good(self):
        return not self.bad()


FORMATS = {"int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "float32": ">f", "int64": ">q", "uint64": ">Q", "float64": ">d"}


def decode(point, words):
    """The value of a point out of its registers. Ours does the same in C; here it is done again."""
    if point.type == "bit":
        return float(words[0])
    if point.order in ("CDAB", "DCBA", "GHEFCDAB", "HGFEDCBA"):
        words = words[::-1]
    data = b"".join(struct.pack("<H" if point.order in ("BADC", "DCBA", "BADCFEHG", "HGFEDCBA") else ">H", w) for w in words)
    raw = int(data.hex()) if point.type == "bcd" else struct.unpack(FORMATS[point.type], data)[0]
    return raw * point.scale


class Answers:
    """What one meter answered: by number, its time and the value of each factor."""

    def __init__(self, meter, log):
        self.meter = meter
        self.counter = next(p for p in meter.points if p.sim.startswith("counter"))
        self.decimals = {p.factor: p.keys.get("decimals", 9) for p in meter.points}
        self.times, self.values = {}, {}
        for t, unit_id, table, address, words in log:
            if unit_id == meter.unit_id and self.inside(self.counter, table, address, words):
                number = int(self.value(self.counter, address, words))
                self.times[number] = t
                self.values[number] = {p.factor: self.value(p, address, words) for p in meter.points
                                       if self.inside(p, table, address, words)}

    @staticmethod
    def inside(point, table, address, words):
        return point.table == table and address <= point.address and point.address + point.words() <= address + len(words)

    @staticmethod
    def value(point, address, words):
        return decode(point, words[point.address - address:point.address - address + point.words()])


def records_of(messages, name, verdict):
    """{label: {factor: {"Min": text ...}}} of all minute frames. The same label and factor again must say the same."""
    records = {}
    for message in messages:
        label = hj212.label_ms(message["cp"]["DataTime"])
        for factor, values in hj212.values_of(message).items():
            before = records.setdefault(label, {}).setdefault(factor, values)
            if before != values:
                verdict.add("differing", 1, "%s: label %d, %s was %s, sent again it is %s" % (name, label, factor, before, values))
    return records


def excused_of(kill, meters, answers, doubts):
    """[numbers, oldest first] of each meter of the bus that may be missing because of this kill. What may never have been heard is none of what waited."""
    order = sorted((t, m.meter.name, n) for m in answers for n, t in m.times.items())
    excused = {m.name: [] for m in meters}
    waiting = kill.waiting
    for t, name, number in reversed(order):
        if t > kill.killed_ms + ON_THE_WIRE_MS:
            continue
        if t <= kill.asked_ms - NOT_YET_SEEN_MS:
            if waiting <= 0:
                break
            if number not in doubts.get(name, Doubt()).unheard:
                waiting -= next(len(m.values[number]) for m in answers if m.meter.name == name)
        excused[name].insert(0, number)
    return excused


def pairs_of(times):
    """[(number, the next)] of the answers of a meter of which the gateway has heard one: the first came late, so that it was taken for the one to the
    repetition, or for none."""
    return [(n, n + 1) for n, t in times.items() if times.get(n + 1, math.inf) - t < AGAIN_MS]


def near(text, value, decimals=9):
    """Is this text the value, rounded to so many decimals?"""
    try:
        return math.isclose(float(text), value, rel_tol=1e-6, abs_tol=max(1e-6, 0.500001 * 10 ** -decimals))
    except (TypeError, ValueError):
        return False


def made_of(said, values, decimals):
    """Why this is not Min, Avg and Max of the values: (which, what it should be), or None."""
    if not values:
        return next(((what, math.nan) for what in ("Min", "Avg", "Max") if what in said), None)
    for what, value in (("Min", min(values)), ("Avg", sum(values) / len(values)), ("Max", max(values))):
        if not near(said.get(what), value, decimals):
            return what, value
    return None


def wrong(record, answers, numbers, halved=()):
    """Why this record is not made of these answers, or None. Of an answer that is `halved` the values of some points may be there and those of others
    not: a meterd hands its samples over by the piece, and its end may fall between two."""
    ways = [list(numbers)] + [sorted(set(numbers) ^ {n}) for n in halved]
    for factor in answers.values[numbers[0]]:
        said, why = record.get(factor, {}), []
        for way in ways:
            why.append(made_of(said, [answers.values[n][factor] for n in way], answers.decimals[factor]))
            if not why[-1]:
                break
        if why[-1]:
            return "%s-%s is %s, the meter said %.9g" % (factor, why[0][0], said.get(why[0][0]), why[0][1])
    return None


class MeterOnPlatform:
    """Judges the records of one meter at one platform."""

    def __init__(self, verdict, name, answers, records, excused, minute_ms, doubt, heard):
        self.verdict, self.name, self.answers, self.minute_ms, self.doubt = verdict, name, answers, minute_ms, doubt
        self.excused = excused  # a list of lists, one a kill
        self.all_excused = set(itertools.chain(*excused))
        self.pairs, self.absent = pairs_of(answers.times), set()  # absent: numbers in no record
        self.halves = set(itertools.chain(*self.pairs)) - set(heard)
        self.factor = answers.counter.factor
        self.records = {label: r for label, r in records.items() if self.factor in r and "Min" in r[self.factor]}

    def missing(self, first, last, why):
        """Numbers first..last are in no record."""
        there = [n for n in range(first, last + 1) if n in self.answers.times]
        unheard = [n for n in there if n in self.doubt.unheard]
        lost = [n for n in there if not self.may_be_missing(n) and n not in self.halves]
        self.absent.update(there)
        self.verdict.unheard += len(unheard)
        self.verdict.excused += len(there) - len(unheard) - len(lost)
        if lost:
            self.verdict.add("lost", len(lost), "%s: answers %s are in no record (%s)" % (self.name, lost, why))

    def may_be_missing(self, number):
        return number in self.all_excused or number in self.doubt.unheard

    def judge_pairs(self):
        """Of two answers that are one reading one may be missing."""
        for pair in self.pairs:
            if all(n in self.absent and not self.may_be_missing(n) for n in pair) and self.halves.issuperset(pair):
                self.verdict.excused -= 1
                self.verdict.add("lost", 1, "%s: answers %d and %d are both in no record" % (self.name, *pair))

    def record(self, label, record, first, last):
        """One record that says it is made of the answers first..last."""
        inside = [n for n in range(first, last + 1) if n in self.answers.times]
        if not inside or inside[0] != first or inside[-1] != last:
            self.verdict.add("differing", 1, "%s: label %d has answers %d..%d, which the meter never gave" % (self.name, label, first, last))
            return
        for n in (first, last):
            if not label - (HELD_UP_MS if n in self.doubt.shaken else LATE_MS) <= self.answers.times[n] < label + self.minute_ms + LATE_MS:
                self.verdict.add("differing", 1, "%s: answer %d of %d is in the window %d" % (self.name, n, self.answers.times[n], label))
        why, halves = None, [n for n in range(first - 1, last + 2) if n in self.all_excused and n in self.answers.times]
        for halved, gone in itertools.product(((), halves) if halves else ((),), self.possible_gaps(inside)):
            numbers = [n for n in inside if n not in gone]
            trouble = wrong(record, self.answers, numbers, halved)
            if not trouble:
                self.verdict.readings += len(numbers) * len(self.answers.values[first])
                self.absent |= gone
                unheard = len(gone & self.doubt.unheard)
                self.verdict.unheard += unheard
                self.verdict.excused += len(gone) - unheard
                return
            why = why or trouble
        self.verdict.add("differing", 1, "%s: label %d, answers %d..%d: %s" % (self.name, label, first, last, why))

    def growth(self, label, said, before, last):
        """A counter that is configured as a total also says how much it grew since the record before."""
        if self.answers.counter.keys.get("total") and before is not None and not near(said.get("Cou"), last - before):
            self.verdict.add("differing", 1, "%s: label %d, %s-Cou is %s after %d and %d" % (self.name, label, self.factor, said.get("Cou"), before, last))

    def possible_gaps(self, inside):
        """Sets of answers that may be missing inside a record, the empty one first: of each kill the last few, any of those in doubt."""
        tails = []
        for numbers in self.excused:
            here = [n for n in numbers if n in inside[1:-1]]
            if here:
                tails.append([here[len(here) - k:] for k in range(len(here) + 1)])
        for pair in self.pairs:
            halves = [n for n in pair if n in self.halves and n in inside[1:-1] and not self.may_be_missing(n)]
            if halves:
                tails.append([[]] + [[n] for n in halves])
        doubtful = [n for n in inside[1:-1] if n in self.doubt.unheard]
        if len(doubtful) > DOUBTS_MOST:
            tails.append([[], doubtful])
        elif doubtful:
            tails.append([c for k in range(len(doubtful) + 1) for c in itertools.combinations(doubtful, k)])
        for chosen in itertools.product(*tails):
            yield set(itertools.chain(*chosen))

    def judge(self):
        before = None
        for label in sorted(self.records):
            said = self.records[label][self.factor]
            first, last = int(float(said["Min"])), int(float(said["Max"]))
            if before is not None and first <= before:
                self.verdict.add("doubled", before - first + 1, "%s: label %d begins with answer %d, %d was in a record before"
                                 % (self.name, label, first, before))
            elif before is not None:
                self.missing(before + 1, first - 1, "before label %d" % label)
            else:
                self.missing(min(self.after(label + LATE_MS), default=first), first - 1, "before the first label %d" % label)
            self.record(label, self.records[label], first, last)
            self.growth(label, said, before, last)
            before = max(last, before or last)
        if before is None:
            self.verdict.add("lost", len(self.answers.times), "%s: there is no record at all" % self.name)
        return before

    def after(self, ms):
        return [n for n, t in self.answers.times.items() if t >= ms]

    def judge_end(self, before, end_ms):
        """What was answered before end_ms, the end of the newest window that every platform has, is in a record."""
        due = [n for n, t in self.answers.times.items() if t < end_ms - LATE_MS]
        if before is not None and due:
            self.missing(before + 1, max(due), "before the end at %d" % end_ms)
        self.judge_pairs()


def compare(records, verdict, labels, factors):
    """All platforms have the same."""
    (name_a, a), *others = records.items()
    for name_b, b in others:
        compare_two(verdict, labels, factors, name_a, a, name_b, b)


def compare_two(verdict, labels, factors, name_a, a, name_b, b):
    for label in labels:
        for factor in sorted(factors):
            x, y = a.get(label, {}).get(factor), b.get(label, {}).get(factor)
            if x is None and y is None:
                continue
            if x is None or y is None:
                verdict.add("lost", 1, "label %d, %s is not at %s" % (label, factor, name_a if x is None else name_b))
            elif x != y:
                verdict.add("differing", 1, "label %d, %s is %s at %s and %s at %s" % (label, factor, x, name_a, y, name_b))


def judge_folded(verdict, name, hours, minutes, hour_ms, end_ms):
    """An hour record has the least and the greatest of the minute records in it."""
    for label in sorted(hours):
        inside = [minutes[m] for m in minutes if label <= m < label + hour_ms]
        if label < min(minutes) or label + hour_ms > end_ms:
            continue
        for factor, said in hours[label].items():
            values = [r[factor] for r in inside if "Min" in r.get(factor, {})]
            for what, fold in (("Min", min), ("Max", max)):
                if values and not near(said.get(what), fold(float(v[what]) for v in values)):
                    verdict.add("differing", 1, "%s: hour %d, %s-%s is %s, its minutes' is not" % (name, label, factor, what, said.get(what)))


def judge(buses, platforms, kills, minute_ms, hours=None, hour_ms=0, doubts=None, heard=None):
    """buses: {name: (meters, answers logged)}; platforms: {name: minute messages}; hours: the same of hour messages; doubts: {meter: Doubt}; heard:
    {meter: numbers of answers that were seen as readings}. The judged time ends with the newest label that every platform has, and begins with the
    first label that both have."""
    verdict = Verdict()
    records = {name: records_of(messages, name, verdict) for name, messages in platforms.items()}
    common = set.intersection(*(set(r) for r in records.values())) if records else set()
    if not common:
        verdict.add("lost", 1, "there is no label that every platform has")
        return verdict
    end_ms = max(common) + minute_ms
    factors = {p.factor for meters, _ in buses.values() for m in meters for p in m.points}
    labels = sorted(label for label in set.union(*(set(r) for r in records.values())) if min(common) <= label < end_ms)
    verdict.windows = len(labels)
    for bus, (meters, log) in buses.items():
        answers = [Answers(m, log) for m in meters]
        excused = [excused_of(k, meters, answers, doubts or {}) for k in kills if k.bus == bus]
        for meter in answers:
            for name, found in records.items():
                one = MeterOnPlatform(verdict, "%s, %s/%s" % (name, bus, meter.meter.name), meter,
                                      {label: found[label] for label in labels if label in found},
                                      [e[meter.meter.name] for e in excused], minute_ms, (doubts or {}).get(meter.meter.name, Doubt()),
                                      (heard or {}).get(meter.meter.name, ()))
                one.judge_end(one.judge(), end_ms)
    compare(records, verdict, labels, factors)
    folded = {name: records_of(messages, name, verdict) for name, messages in (hours or {}).items()}
    for name, found in folded.items():
        judge_folded(verdict, name, found, records[name], hour_ms, end_ms)
    if len(folded) > 1:
        compare(folded, verdict, sorted(h for h in set.union(*(set(f) for f in folded.values())) if min(common) <= h <= end_ms - hour_ms), factors)
    return verdict
