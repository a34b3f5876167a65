"""What the gremlin will do, and when: made of a seed and nothing else, so that a seed repeats the order whatever comes of it. Pure.

A kind of fault is a row: what it is done to, how often beside the others, and how long it lasts in seconds (0, 0: a moment)."""

import random

# kind: (what it is done to, weight, (least, most) seconds)
KINDS = {
    "kill": ("program", 8, (0, 0)), "term": ("program", 4, (0, 0)), "stop": ("program", 6, (0.3, 6)), "power-cut": ("machine", 2, (0.2, 3)),
    "disk-full": ("disk", 2, (4, 14)), "apply": ("configuration", 2, (0, 0)),
    "unplug": ("bus", 4, (0.5, 8)), "garbage": ("bus", 5, (0, 0)), "mute": ("bus", 4, (2, 20)), "late": ("bus", 3, (3, 12)),
    "noise": ("rtu", 4, (3, 12)), "drop": ("rtu", 3, (3, 12)), "babble": ("rtu", 2, (2, 8)), "flap": ("rtu", 3, (8, 25)),
    "exception": ("rtu", 2, (2, 8)), "other-master": ("rtu", 3, (3, 15)), "wrong-sum": ("dlt645", 2, (0, 0)), "more-frames": ("dlt645", 1, (0, 0)),
    "link-cut": ("link", 5, (0, 0)), "link-delay": ("link", 3, (5, 25)), "link-loss": ("link", 3, (5, 25)), "link-vanishes": ("link", 3, (5, 20)),
    "misbehaves": ("platform", 9, (4, 22)), "history": ("platform", 4, (0, 0)), "platform-garbage": ("platform", 4, (0, 0)),
    "robot-fails": ("robot", 2, (0, 0)), "slow-reader": ("socket", 3, (5, 25)), "clients-32": ("socket", 3, (2, 8)),
}
ENDS_PROGRAMS = {"kill", "term", "power-cut", "apply"}
MODES = ("refuse", "blackhole", "silent", "noack", "flapping", "slow", "late", "twice", "wrong-qn", "no-crc", "closes", "junk", "throttle")
GAP_S = 3.0  # between two beginnings, on average
TOGETHER = 0.25  # of the beginnings are of two to four faults at once


class Fault:
    def __init__(self, at_s, kind, target, lasts_s, dice):
        self.at_s, self.kind, self.target, self.lasts_s = at_s, kind, target, lasts_s
        self.dice = dice  # a seed for what else it needs: bytes, a mode

    def __str__(self):
        return "%s %s%s" % (self.kind, self.target, " for %.1f s" % self.lasts_s if self.lasts_s else "")


def plan(seed, seconds, targets, calm_from_s=None):
    """[Fault ...] by their time. targets: {"bus": [names] ...}. From calm_from_s on no program is ended, so that what grows in one has the time to."""
    chance, faults, busy, at = random.Random(seed), [], {}, 0.0
    calm_from_s = seconds if calm_from_s is None else calm_from_s
    kinds = [k for k, (what, _, _) in KINDS.items() if targets.get(what)]
    while True:
        at += chance.expovariate(1 / GAP_S)
        if at >= seconds:
            return faults
        for _ in range(chance.randint(2, 4) if chance.random() < TOGETHER else 1):
            kind = chance.choices(kinds, [KINDS[k][1] for k in kinds])[0]
            what, _, (least, most) = KINDS[kind]
            target, lasts_s, dice = chance.choice(targets[what]), chance.uniform(least, most), chance.randrange(1 << 30)
            if busy.get(target, 0) > at or (kind in ENDS_PROGRAMS and at >= calm_from_s):
                continue
            lasts_s = min(lasts_s, seconds - at)
            busy[target] = at + lasts_s
            faults.append(Fault(at, kind, target, lasts_s, dice))
