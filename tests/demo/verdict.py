"""The verdict: what the simulated meters logged that they answered, against what both platforms received (see judge.py)."""
import json
import os
import subprocess

from judge import judge
from suite import BUILD
from texts import _


def memory_mb(demo):
    """PSS of all programs together, as `hjgate status` has it; None where it cannot be had."""
    done = subprocess.run([os.path.join(BUILD, "bin/hjgate"), "status", "--json", "--root", demo.suite.root], stdout=subprocess.PIPE, check=False)
    try:
        return json.loads(done.stdout)["suite_pss_kb"] / 1024
    except (ValueError, KeyError, TypeError):
        return None


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
    memory = memory_mb(demo)
    if memory:
        print("  %8.1f  %s" % (memory, _("MB of memory, all programs together")))
    for note in found.notes[:10]:
        print("  - " + note)
    holds = found.good() and found.readings > 0
    print(_("the verdict holds") if holds else _("the verdict does NOT hold"))
    return holds
