"""The verdict: what the simulated meters logged that they answered, against what both platforms received (see judge.py)."""
from judge import judge
from texts import _


def print_verdict(demo):
    """True where every reading that was durable is in exactly one record, the same on both platforms."""
    buses = {b.name: (b.meters, b.answers()) for b in demo.suite.buses.values()}
    platforms = {p.name: p for p in (demo.county, demo.city)}
    found = judge(buses, {n: p.uploads("2051") for n, p in platforms.items()}, demo.kills, demo.suite.minute_ms)
    each = len(platforms)
    rows = [
        (found.readings // each, _("readings of the simulated meters") + " " + _("accounted for, in exactly one record, on both platforms")),
        (found.excused // each, _("in a meterd's memory at the power cut, not yet durable: lost, as promised")),
        (found.lost, _("lost though durable")), (found.differing, _("differing")), (found.doubled, _("doubled")),
    ]
    print("\n" + _("The verdict"))
    for count, text in rows:
        print("  %8d  %s" % (count, text))
    for note in found.notes[:10]:
        print("  - " + note)
    holds = found.good() and found.readings > 0
    print(_("the verdict holds") if holds else _("the verdict does NOT hold"))
    return holds
