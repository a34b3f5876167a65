"""A Debian that is booted: systemd is PID 1 by systemd-nspawn, over a root that is never written to (tests/system/root). A test that uses it runs again in
name spaces of its own (network, mounts, processes), so that nothing of this machine is reached and nothing outlives it: when the test is killed, the
kernel ends everything below it. Its loopback is the container's, which is how platforms of the test are reached from inside.

    with Container() as box:
        box.boot()
        box.run("systemctl", "is-system-running")
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from suite import BUILD, PATIENCE, TOP, Failed, check, skip, wait_for

MARK = "HJ_CONTAINER"
NETWORK = "HJ_NETWORK"  # the descriptor of the network we came from: what has to be fetched is fetched there
TOOLS = ("systemd-nspawn", "mmdebstrap", "unshare", "nsenter", "ip")
BOOT_S, STOP_S, COMMAND_S = 90, 90, 120
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
JOURNAL_LINES = 60  # shown where a test fails


def enter():
    """Returns inside; outside it does not return, or skips the test."""
    if os.environ.get(MARK):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        signal.signal(signal.SIGTERM, lambda *_: os._exit(143))  # PID 1 of its name space hears only what it asks for
        return
    if os.geteuid() != 0:
        skip("only root boots a container")
    missing = [tool for tool in TOOLS if not shutil.which(tool, path=ENVIRONMENT["PATH"])]
    if missing:
        skip("%s wanted (packaging/system-needs)" % ", ".join(missing))
    ways = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run(ways + ["true"], stderr=subprocess.DEVNULL, check=False).returncode:
        skip("no name spaces are to be had here")
    os.environ[MARK] = "1"
    network = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.set_inheritable(network, True)
    os.environ[NETWORK] = str(network)
    os.execvp(ways[0], ways + [sys.executable] + sys.argv)


def fetched(*command):
    """The command, in the network we came from."""
    network = os.environ[NETWORK]
    return subprocess.run(["nsenter", "--net=/proc/self/fd/" + network, *command], stdout=subprocess.PIPE, text=True, check=False,
                          pass_fds=[int(network)], env=dict(os.environ, HJ_BUILD=BUILD))


def root_of(suite, kind="run"):
    made = fetched(os.path.join(TOP, "tests/system/root"), suite, kind)
    said = (made.stdout.strip().splitlines() or ["tests/system/root said nothing"])[-1]
    if made.returncode:
        skip(said)
    return said


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
        return [int(word) for word in f.read().split()]


class Container:
    def __init__(self, suite="bookworm", ttys=None, binds=()):
        """ttys: {name below /dev inside: pty outside}; binds: options of systemd-nspawn."""
        self.suite, self.ttys, self.binds = suite, dict(ttys or {}), list(binds)
        self.folder = tempfile.mkdtemp(prefix="box.")
        self.root = os.path.join(self.folder, "root")
        self.console = os.path.join(self.folder, "console")
        self.nspawn = self.leader = None
        for name in ("root", "upper", "work"):
            os.mkdir(os.path.join(self.folder, name))
        lower = root_of(suite)
        over = "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (lower, self.folder, self.folder)
        subprocess.run(["mount", "-t", "overlay", "box", "-o", over, self.root], check=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and self.leader:
            self.tell_trouble()
        self.stop()
        subprocess.run(["umount", "-l", self.root], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def tell_trouble(self):
        """What a reader wants to see of a box in which a test failed."""
        warned = ["journalctl", "--no-pager", "-p", "warning", "-n", str(JOURNAL_LINES)]  # what came to nothing may be long ago
        for words in (["systemctl", "--failed", "--no-legend"], warned, ["journalctl", "--no-pager", "-n", str(JOURNAL_LINES)]):
            try:
                print("---- %s\n%s" % (" ".join(words), self.run(*words, good=False, seconds=20).stdout))
            except (OSError, subprocess.TimeoutExpired) as e:
                print("---- %s: %s" % (" ".join(words), e))

    # ---- its power

    def boot(self):
        words = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--console=pipe", "--resolv-conf=off", "--timezone=off", "--boot", "-D", self.root]
        for name, pty in self.ttys.items():
            words.append("--bind=%s:/dev/%s" % (os.path.realpath(pty), name))
        with open(self.console, "ab") as console:
            self.nspawn = subprocess.Popen(words + self.binds, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)
        self.leader = wait_for(self.find_leader, 30, "the container's first process")
        return wait_for(self.state, BOOT_S, "the container to have booted", step=0.1)

    def find_leader(self):
        if self.nspawn.poll() is not None:
            with open(self.console, encoding="utf-8", errors="replace") as f:
                text = f.read()
            print(text[-2000:])
            skip("systemd-nspawn boots nothing here: status %d: %s" % (self.nspawn.returncode, (text.strip().splitlines() or [""])[-1]))
        for pid in children(self.nspawn.pid):  # another is there for a moment before it
            with open("/proc/%d/comm" % pid, encoding="ascii") as f:
                if f.read().strip() == "systemd":
                    return pid
        return None

    def state(self):
        said = self.run("systemctl", "is-system-running", good=False).stdout.strip()
        return said if said in ("running", "degraded") else None

    def reap(self):
        """What a command that was given up has left is the first process's of this name space, and that is us; unreaped it keeps the container's alive."""
        for pid in children(os.getpid()):
            with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as f:
                dead = f.read().rsplit(")", 1)[1].split()[0] == "Z"
            if dead and pid != self.nspawn.pid:
                os.waitpid(pid, os.WNOHANG)

    def stop(self):
        """As by its power button: every unit is stopped in its order."""
        if self.nspawn and self.nspawn.poll() is None:
            self.reap()
            self.nspawn.send_signal(signal.SIGTERM)
            try:
                self.nspawn.wait(STOP_S * PATIENCE)
            except subprocess.TimeoutExpired:
                print("the container did not stop within %d s" % STOP_S)
                self.pull_plug()
        self.nspawn = self.leader = None

    def pull_plug(self):
        """Its processes die at once; what they had written stays, since the kernel goes on."""
        os.kill(self.leader, signal.SIGKILL)
        self.nspawn.wait(STOP_S)
        self.nspawn = self.leader = None

    # ---- in it

    def run(self, *words, good=True, user=None, text=None, seconds=COMMAND_S):
        """One command inside, as root or as `user` with all of his groups. good: it has to succeed."""
        inside = ["nsenter", "--target", str(self.leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wd"]
        if user:
            inside += ["setpriv", "--reuid", user, "--regid", user, "--init-groups"]
        done = subprocess.run(inside + list(words), input=text, stdin=None if text is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", env=ENVIRONMENT, timeout=seconds * PATIENCE, check=False)
        check(not good or done.returncode == 0, "%s: status %d: %s" % (" ".join(words), done.returncode, done.stdout[-2000:]))
        return done

    def shell(self, line, **keys):
        return self.run("sh", "-c", line, **keys)

    def outside(self, path):
        """A path of the running container as it is reached from here, its own tmpfs included."""
        return "/proc/%d/root%s" % (self.leader, path)

    def show(self, unit, *names):
        """{name: value} of what systemd says of a unit."""
        said = self.run("systemctl", "show", "--property=" + ",".join(names), unit).stdout
        return dict(line.split("=", 1) for line in said.splitlines() if "=" in line)

    def units(self, pattern="hjgate*"):
        """{unit: (active state, sub state)} of what is loaded."""
        said = self.run("systemctl", "list-units", "--all", "--plain", "--no-legend", pattern).stdout
        return {w[0]: (w[2], w[3]) for w in (line.split() for line in said.splitlines()) if len(w) > 3}

    def failed(self):
        return {unit: state for unit, state in self.units("*").items() if state[0] == "failed"}

    def processes(self):
        """{pid here: words of its command line} of what runs inside."""
        found = {}
        for name in os.listdir("/proc"):
            if re.fullmatch(r"\d+", name):
                try:
                    with open("/proc/%s/cmdline" % name, encoding="utf-8", errors="replace") as f:
                        found[int(name)] = f.read().split("\0")[:-1]
                except OSError:
                    continue
        return found

    def pid(self, unit):
        """Of a unit's main process, as it is called here; None where it has none."""
        inner = self.show(unit, "MainPID")["MainPID"]
        for pid in self.processes() if inner != "0" else ():
            try:
                with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as f:
                    spaces = next(line.split()[1:] for line in f if line.startswith("NSpid:"))
            except (OSError, StopIteration):
                continue
            if len(spaces) > 1 and spaces[-1] == inner:
                return pid
        return None


def median(values):
    ordered = sorted(values)
    check(ordered, "nothing was measured")
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def give_up(why):
    raise Failed(why)
