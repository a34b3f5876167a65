"""A minimal Debian that is not booted, of which commands are run in its root: for what apt and dpkg do before there is anything of hjgate. It has the
test's network (container.enter()), which is a loopback and nothing else.

    with Bare("bookworm") as root:
        root.run("apt-get", "update")
"""

import os
import shutil
import subprocess
import tempfile

from container import ENVIRONMENT, root_of
from suite import PATIENCE, check

COMMAND_S = 300


def make_key(name):
    """A secret key of its own, in a file; it has no passphrase."""
    home = os.path.join(os.environ["TMPDIR"], name)
    os.makedirs(home, mode=0o700)
    words = ["gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]
    subprocess.run(words + ["--quick-gen-key", name, "ed25519", "sign", "never"], check=True, stderr=subprocess.DEVNULL)
    path = home + ".key"
    with open(path, "wb") as f:
        subprocess.run(words + ["--export-secret-keys"], stdout=f, check=True)
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)
    return path


class Bare:
    def __init__(self, suite="bookworm", kind="bare"):
        """kind: of tests/system/root."""
        self.folder = tempfile.mkdtemp(prefix="bare.")
        self.root = os.path.join(self.folder, "root")
        for name in ("root", "upper", "work"):
            os.mkdir(os.path.join(self.folder, name))
        over = "lowerdir=%s,upperdir=%s/upper,workdir=%s/work" % (root_of(suite, kind), self.folder, self.folder)
        subprocess.run(["mount", "-t", "overlay", "bare", "-o", over, self.root], check=True)
        subprocess.run(["mount", "--bind", "/proc", self.outside("/proc")], check=True)
        # No source but those that a test gives it.
        shutil.rmtree(self.outside("/etc/apt/sources.list.d"), ignore_errors=True)
        self.write("/etc/apt/sources.list", "")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for path in (self.outside("/proc"), self.root):
            subprocess.run(["umount", "-l", path], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def outside(self, path):
        return self.root + path

    def write(self, path, data):
        os.makedirs(os.path.dirname(self.outside(path)), exist_ok=True)
        with open(self.outside(path), "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())

    def run(self, *words, good=True):
        done = subprocess.run(["chroot", self.root, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", env=ENVIRONMENT, timeout=COMMAND_S * PATIENCE, check=False)
        check(not good or done.returncode == 0, "%s: status %d: %s" % (" ".join(words), done.returncode, done.stdout[-2000:]))
        return done

    def version(self):
        """Of hjgate; None where it is not installed."""
        done = self.run("dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", "hjgate", good=False)
        return done.stdout.split()[1] if done.returncode == 0 and done.stdout.startswith("installed ") else None
