"""Whether the tests would notice: one thing changed at a time in src/hj212 and src/series (tests/analyse/mutants.py), each such mutant run against the unit
tests and fuzz corpora that reach its line. It is killed when one of them fails, dies or takes too long; twice, since a test may fail by itself.

The objects are those of the build; the library is a shared object here, so a mutant is one file more, loaded in front of it. What compiles to the same
bytes is no mutant. A test that fails in front of the counters (the two that refuse requests to the heap) is left out and said.

Who survives stands in tests/analyse/survivors with a verdict (see the opening there); what is not in it is printed, and counts as unjudged. A sample by
default, the same one as long as the lines are; SEED=n takes another, FULL=1 all of them: hours. T=mutation SURVIVORS=1 makes the sample of those listed."""

import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import threading

import mutants
import shared

HERE = "build/analyse/mutation"
FOLDERS = ("hj212", "series")
HEADERS = re.compile(r"hjgate/(hj212_\w+|fold|gaps|rate|rollup|total)\.h")
SAMPLE = 26  # mutants of each folder
LIBRARIES = "$(pkg-config --libs jansson libsystemd sqlite3 libconfig libmodbus libserialport libcrypto libcurl) -lm"
MUTATIONS = "300"  # inputs of a fuzz target, besides its corpus
TEST_MOST_S = 5.0  # of processor time; a test that takes longer is left out
CPU_S, WALL_S = 2, 600  # of processor time more than a test takes by itself; of any time: after that a mutant hangs
SURVIVORS = os.path.join(shared.TOP, "tests", "analyse", "survivors")
LISTED = os.path.join(shared.BUILD, "mutation.txt")
SEED = os.environ.get("SEED", "1")


def absolute(path):
    return os.path.join(shared.TOP, path)


# ---- the tests, and the lines that each reaches


class Test:
    def __init__(self, path):
        self.path, self.name = path, os.path.basename(path)
        self.arguments = []
        if self.name.startswith("fuzz_"):
            self.arguments = ["-n", MUTATIONS, absolute("tests/fuzz/corpus/" + self.name[len("fuzz_"):])]
        self.seconds = self.took = 0.0  # of processor time
        self.reached = {}  # file: {line: times}; lines that no code stands for are not among them

    def run(self, preload, more=None):
        """None where it passes, else how it failed."""
        cpu = int(self.seconds) + CPU_S
        with tempfile.TemporaryDirectory(prefix="hj.") as folder:
            environment = dict(os.environ, HJ_BUILD=absolute("build"), TMPDIR=folder, LC_ALL="C.UTF-8", LD_PRELOAD=preload, MALLOC_PERTURB_="165", **(more or {}))
            process = subprocess.Popen([self.path, *self.arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True, cwd=folder if self.arguments else shared.TOP,
                                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1)))
            late = threading.Timer(WALL_S, end_group, (process.pid,))
            late.start()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            late.cancel()
            end_group(process.pid)
        self.took = used.ru_utime + used.ru_stime
        if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
            return "hangs"
        return None if process.returncode in (0, 77) else process.returncode


def end_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def compiled(command, text, path, out, flags=""):
    """Compiles that text in place of the file; False where it is no C."""
    done = subprocess.run("%s -g0 -w -iquote %s %s -x c -c -o %s -" % (command, os.path.dirname(path), flags, out), shell=True, cwd=shared.TOP,
                          input='# 1 "%s"\n%s' % (path, text), text=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def compiler(path):
    """How make compiles that file."""
    said = subprocess.run(["make", "-n", "-W", path, "V=1", "build/obj/%s.o" % path[:-2]], cwd=shared.TOP, stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(line for line in said.splitlines() if " -c -o " in line).split(" -MMD ")[0]


def about(path):
    """Does that test, or a header of it, name a header of the folders?"""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    beside = [os.path.join(os.path.dirname(path), n) for n in re.findall(r'#include "(\w+\.h)"', text)]
    return bool(HEADERS.search(text)) or any(os.path.exists(p) and about(p) for p in beside)


def link(kind, name):
    """The test, with the library as a shared object."""
    service = "build/lib%s.a" % name.split("_")[1]
    objects = ["build/obj/tests/%s/%s.o" % (kind, n) for n in ([name] if kind == "unit" else [name, "driver", "mend"])]
    objects += [service] if os.path.exists(absolute(service)) else []
    subprocess.run("gcc -pie -o %s/%s %s %s/libhjgate.so -Wl,-rpath,%s %s -lcmocka" % (HERE, name, " ".join(objects), HERE, absolute(HERE), LIBRARIES),
                   shell=True, cwd=shared.TOP, check=True)
    return Test(absolute("%s/%s" % (HERE, name)))


def build():
    tests = [(kind, os.path.basename(p)[:-2]) for kind, prefix in (("unit", "test"), ("fuzz", "fuzz"))
             for p in sorted(glob.glob(absolute("tests/%s/%s_*.c" % (kind, prefix)))) if about(p)]
    if not shared.make(*("build/%s/%s" % t for t in tests)):
        raise SystemExit("mutation: it does not build")
    os.makedirs(absolute(HERE), exist_ok=True)
    subprocess.run("gcc -shared -o %s/libhjgate.so -Wl,-soname,libhjgate.so,--whole-archive build/libhjgate.a -Wl,--no-whole-archive %s" % (HERE, LIBRARIES), shell=True,
                   cwd=shared.TOP, check=True)
    return [link(*t) for t in tests]


def sources():
    return sorted(os.path.relpath(p, shared.TOP) for f in FOLDERS for p in glob.glob(absolute("src/%s/*.c" % f)))


def counting(commands):
    """All files under test once more, with gcc's counters, as one shared object that goes in front of the library."""
    folder = absolute(HERE + "/counting")
    os.makedirs(folder, exist_ok=True)
    for path in sources():
        with open(absolute(path), encoding="utf-8") as f:
            if not compiled(commands[path], f.read(), path, "%s/%s.o" % (folder, path.replace("/", "-")[:-2]), "-O0 --coverage"):
                raise SystemExit("mutation: %s does not compile" % path)
    subprocess.run("gcc -shared --coverage -o counting.so *.o", shell=True, cwd=folder, check=True)
    return folder


def reach(test, folder):
    """Runs a test with the counters, which land in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hj.") as own:
        test.seconds = TEST_MOST_S
        failed = test.run(folder + "/counting.so", {"GCOV_PREFIX": own, "GCOV_PREFIX_STRIP": "99"})
        test.seconds = test.took
        counts = sorted(n for n in os.listdir(own) if n.endswith(".gcda"))
        if failed is not None or test.seconds > TEST_MOST_S or not counts:
            return "fails" if failed is not None else "slow" if counts else ""
        for name in counts:
            os.symlink("%s/%sgcno" % (folder, name[:-4]), "%s/%sgcno" % (own, name[:-4]))
        said = subprocess.run(["gcov", "--json-format", "--stdout", *counts], cwd=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout
    for line in said.splitlines():
        for f in json.loads(line)["files"]:
            if f["file"].endswith(".c"):
                lines = test.reached.setdefault(f["file"], collections.Counter())
                for w in f["lines"]:
                    lines[w["line_number"]] += w["count"]
    return ""


# ---- the mutants


def function_of(lines, number):
    """The name of the function around that line: what its head, the line before the brace in the first column, says."""
    for at in range(number - 1, 0, -1):
        if lines[at].startswith("{"):
            head = at - 1
            while head > 0 and lines[head].startswith(("\t", " ")):
                head -= 1
            return (re.findall(r"(\w+)\(", lines[head]) or ["-"])[0]
    return "-"


class Mutant:
    def __init__(self, path, text, lines, found):
        self.path, self.number, self.operator = path, found.number, found.operator
        self.text = "\n".join([*lines[:found.number - 1], found.line, *lines[found.number:]])
        self.key = ("%s:%s" % (path, function_of(lines, found.number)), found.operator, found.line.strip())
        self.rank = hashlib.sha256((SEED + "|".join(self.key)).encode()).hexdigest()
        self.verdict = ""

    def judge(self, command, original, tests):
        """killed, survived, not run, the same, or no C."""
        with tempfile.TemporaryDirectory(prefix="hj.") as folder:
            if not compiled(command, self.text, self.path, folder + "/m.o"):
                return "no C"
            with open(folder + "/m.o", "rb") as f:
                if f.read() == original[self.path]:
                    return "the same"
            subprocess.run(["gcc", "-shared", "-o", folder + "/m.so", folder + "/m.o"], check=True)
            reaching = [t for t in tests if reaches(t, self.path, self.number)]
            for test in reaching:
                how = test.run(folder + "/m.so")
                if how == "hangs" or how is not None and test.run(folder + "/m.so") is not None:
                    return "killed"
        return "survived" if reaching else "not run"


def reaches(test, path, number):
    """Was that line run? One that no code stands for (a row of what a variable is set to) belongs to the next above that does."""
    lines = test.reached.get(path, {})
    while number and number not in lines:
        number -= 1
    return bool(lines.get(number))


def every_mutant():
    for path in sources():
        with open(absolute(path), encoding="utf-8") as f:
            text = f.read()
        lines, seen = text.split("\n"), set()
        for found in mutants.of_file(text):
            m = Mutant(path, text, lines, found)
            if m.key not in seen:
                seen.add(m.key)
                yield m


def listed():
    """{key: verdict} of tests/analyse/survivors."""
    found = {}
    with open(SURVIVORS, encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if line.startswith("#") or not line.strip():
                continue
            words = [w.strip() for w in line.split(" :: ")]
            if len(words) != 5 or words[3] not in ("equivalent", "missing"):
                raise SystemExit("%s:%d: a line is `file:function :: operator :: what it becomes :: equivalent|missing :: reason`" % (SURVIVORS, number))
            found[tuple(words[:3])] = words[3]
    return found


def sample(of_folder, verdicts):
    if os.environ.get("SURVIVORS"):
        return [m for m in of_folder if m.key in verdicts]
    return of_folder if shared.FULL else sorted(of_folder, key=lambda m: m.rank)[:SAMPLE]


def prepared():
    tests = build()
    commands = {path: compiler(path) for path in sources()}
    folder = counting(commands)
    with concurrent.futures.ThreadPoolExecutor(shared.AT_A_TIME) as pool:
        for test, trouble in zip(tests, pool.map(lambda t: reach(t, folder), tests)):
            if trouble:
                print("mutation: %s is left out: it %s" % (test.name, "fails by itself" if trouble == "fails" else "takes %.0f s" % test.seconds))
    original = {}
    for path in sources():
        with open(absolute(path), encoding="utf-8") as f, tempfile.TemporaryDirectory(prefix="hj.") as own:
            compiled(commands[path], f.read(), path, own + "/m.o")
            with open(own + "/m.o", "rb") as o:
                original[path] = o.read()
    return commands, original, sorted((t for t in tests if t.reached), key=lambda t: t.seconds)


def told(chosen, verdicts, stale):
    """Lists who survived, and says who has no verdict and which verdict has no survivor: how many of each."""
    alive = [m for m in chosen if m.verdict in ("survived", "not run")]
    unjudged = [m for m in alive if m.key not in verdicts]
    with open(LISTED, "w", encoding="utf-8") as f:
        for m in alive:
            f.write("%s :: %s :: %s\n" % (" :: ".join(m.key), verdicts.get(m.key, "?"), m.verdict))
    for m in unjudged:
        print("mutation: %s:%d: %s: not judged: %s" % (m.path, m.number, m.verdict, " :: ".join(m.key)))
    for key in stale:
        print("mutation: stale: %s: take it from tests/analyse/survivors" % " :: ".join(key))
    return len(unjudged)


def run():
    commands, original, tests = prepared()
    verdicts, every, figures, chosen, sums = listed(), list(every_mutant()), [], [], [0, 0]
    for folder in FOLDERS:
        these = sample([m for m in every if m.path.startswith("src/%s/" % folder)], verdicts)
        with concurrent.futures.ThreadPoolExecutor(shared.AT_A_TIME) as pool:
            for m, verdict in zip(these, pool.map(lambda m: m.judge(commands[m.path], original, tests), these)):
                m.verdict = verdict
        killed = sum(m.verdict == "killed" for m in these)
        mattering = killed + sum(m.verdict in ("survived", "not run") and verdicts.get(m.key) != "equivalent" for m in these)
        sums = [sums[0] + killed, sums[1] + mattering]
        chosen += these
        figures.append(shared.figure("mutation.%s" % folder, "%.1f" % (100.0 * killed / max(1, mattering)), "%%_of_%d" % mattering, "-", True))
    gone = [k for k in verdicts if k not in {m.key for m in every}] + [m.key for m in chosen if m.verdict == "killed" and m.key in verdicts]
    unjudged = told(chosen, verdicts, gone)
    return figures + [shared.figure("mutation.score", "%.1f" % (100.0 * sums[0] / max(1, sums[1])), "%%_of_%d" % sums[1], "-", True),
                      shared.figure("mutation.unjudged", unjudged, "survivors", "0", not unjudged),
                      shared.figure("mutation.stale", len(gone), "verdicts", "0", not gone)]
