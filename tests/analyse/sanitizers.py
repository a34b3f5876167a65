"""The tests under gcc's sanitizers for addresses, leaks and undefined behaviour: all units, every fuzz corpus and a sample of the integration tests,
with FULL=1 all of them. What a program has to say of itself goes to a file of its own, whichever test it was of and whether that passed or not."""

import glob
import os
import re
import shutil
import subprocess

import shared

BUILD = "build/analyse/san-address-undefined"  # tests look for `san-` in it
LOGS = os.path.join(shared.BUILD, "sanitizers.logs")
# One of each way in and out: buses, foreign slaves, the store, every kind of request, export, backup, TLS, judging, alerts, configuration, garbage.
SAMPLE = ("015-run 020-foreign 022-cjt188 023-listen 028-meter-swap 030-history 040-bad-config 053-backup 056-verify 067-preview 077-link-tls "
          "082-misbehaviour 090-judge 098-alerts 105-apply 130-garbage").split()
PATIENCE = 4
# Who asked for memory is known through libraries without frame pointers, too; units take more than four times as long. Without it a leak may be "unplaced".
WHOLE_STACKS = "fast_unwind_on_malloc=0:"
BEGINS = re.compile(r"runtime error: (.*)|ERROR: (\w+Sanitizer: [\w-]+)|(Direct leak|Indirect leak) of")
SUPPRESSED = re.compile(r"^-+\nSuppressions used:\n.*?^-+\n", re.M | re.S)


def findings(text):
    """{(file:function, what): line} of one program's reports. One begins with what it is, and the first line of ours below it says where."""
    found, what, line = {}, None, ""
    text = SUPPRESSED.sub("", text)
    for now in text.splitlines():
        begins = BEGINS.search(now)
        if begins:
            what, line = kind_of(begins), now.strip()
        place = shared.ours(now)
        if what and place:
            found["%s:%s" % (place[0], shared.function_at(*place)), what] = line
            what = None
    return found or ({("-", "unplaced"): text.strip().splitlines()[0]} if text.strip() else {})


def kind_of(begins):
    undefined, error, leak = begins.groups()
    if leak:
        return "leak"
    return error.split()[-1] if error else "-".join(re.sub(r"[^a-z ]", "", undefined).split()[:3])


def build():
    folder = os.path.join(shared.TOP, BUILD)
    os.makedirs(folder, exist_ok=True)
    hooks = os.path.join(folder, "undefined.o")
    subprocess.run(["gcc", "-fPIC", "-c", "-o", hooks, "tests/analyse/undefined.c"], cwd=shared.TOP, check=True)
    return shared.make("B=" + BUILD, "SAN=address,undefined", "LDFLAGS=" + hooks, "tests")


def run():
    if not build():
        return [shared.figure("analyse.sanitizers", 1, "builds", "0", False)]
    shutil.rmtree(LOGS, ignore_errors=True)
    os.makedirs(LOGS)
    path = os.path.join(LOGS, "said")
    options = {"ASAN_OPTIONS": "detect_leaks=1:%slog_path=%s" % (WHOLE_STACKS if shared.FULL else "", path), "HJ_UNDEFINED_LOG": path, "UBSAN_OPTIONS": "print_stacktrace=1"}
    names = ["unit/", "fuzz/"] + (["integration/"] if shared.FULL else ["integration/" + n for n in SAMPLE])
    passed, failed = shared.tests(BUILD, *names, patience=PATIENCE, **options)
    said = {}
    for name in glob.glob(path + ".*"):
        with open(name, encoding="utf-8", errors="replace") as f:
            said.update(findings(f.read()))
    return shared.watched("sanitizers", said, passed, failed)
