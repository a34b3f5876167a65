"""A file system of the suite's own, ext4 in an image, which can be filled, and failed, and made read-only. Needs root."""

import ctypes
import os
import signal
import subprocess
import time

from suite import check, skip, wait_for

WELL_S = 45  # until the store is well again
CLONE_NEWNS = 0x20000


def own_mounts():
    if os.getuid() != 0:
        skip("mounting needs root")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS) or subprocess.run(["mount", "--make-rprivate", "/"], check=False).returncode:
        skip("no mount name space of our own")


class Disk:
    """An ext4 image as the state folder."""

    def __init__(self, suite, megabytes=12, inodes=64):
        self.image = os.path.join(suite.root, "disk.img")
        self.folder = os.path.join(suite.root, "var/lib/hjgate")
        self.fillers = []
        os.makedirs(self.folder)
        with open(self.image, "wb") as f:
            f.truncate(megabytes << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-N", str(inodes), self.image], check=True)
        self.mount()

    def mount(self, options=""):
        done = subprocess.run(["mount", "-o", "loop,errors=remount-ro" + options, self.image, self.folder], check=False, stderr=subprocess.PIPE)
        if done.returncode:
            skip("no loop device: %s" % done.stderr.decode().strip())

    def umount(self):
        subprocess.run(["umount", "-l", self.folder], check=True)

    def device(self):
        with open("/proc/self/mounts", encoding="ascii") as f:
            return [line.split()[0] for line in f if line.split()[1] == self.folder][-1]

    # ---- trouble, and its end

    def fill(self):
        path = os.path.join(self.folder, "filler")
        self.fillers.append(path)
        with open(path, "wb", buffering=0) as f:
            for piece in (1 << 20, 1 << 10):
                try:
                    while True:
                        f.write(bytes(piece))
                except OSError:
                    pass

    def fill_inodes(self, suite):
        """The one of the log that an orderly stop takes away, too, before the next start can have it."""
        suite.kill("stored", signal.SIGTERM)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            path = os.path.join(self.folder, "filler%d" % len(self.fillers))
            try:
                open(path, "wb").close()
            except OSError:
                continue
            self.fillers.append(path)

    def empty(self):
        for path in self.fillers:
            os.unlink(path)
        self.fillers = []

    def fail(self):
        """The kernel finds an error, and the file system goes read-only of itself."""
        path = "/sys/fs/ext4/%s/trigger_fs_error" % os.path.basename(self.device())
        with open(path, "w", encoding="ascii") as f:
            f.write("1")
        try:
            open(os.path.join(self.folder, "probe"), "wb").close()
        except OSError:
            return
        check(False, "the file system did not go read-only")

    def read_only(self, suite, number=signal.SIGKILL):
        """Nobody may have a file open for writing at that moment."""
        def done():
            for program in "stored", "eventd":
                suite.kill(program, number)
            return subprocess.run(["mount", "-o", "remount,ro", self.folder], check=False, capture_output=True).returncode == 0
        wait_for(done, 15, "the remount", step=0.02)

    def writable(self):
        subprocess.run(["mount", "-o", "remount,rw", self.folder], check=True)

    def repair(self):
        """What a person does: checks the image, mounts it again. The old mount lives on as long as somebody has it open."""
        device = self.device()
        self.umount()
        wait_for(lambda: subprocess.run(["losetup", device], check=False, capture_output=True).returncode != 0, WELL_S, "the old mount to be let go")
        done = subprocess.run(["e2fsck", "-p", "-f", self.image], check=False, capture_output=True)
        check(done.returncode <= 2, "e2fsck: %s" % done.stdout.decode())
        self.mount()
