"""A build for another machine, so that its programs are called as those of this one are: a folder with a line of shell for each, which runs it under
qemu-user. So the tests that start programs below HJ_BUILD need not know. qemu is the one that is linked dynamically, since that one can be
given another clock (HJ_CLOCK, a library loaded before its own): the guest then lives in a year of the kernel's, in all of its system calls."""

import os
import shutil
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITE = "bookworm"  # its armhf has libraries with a time_t of 4 bytes, that of Debian 13 has none
MACHINES = {  # architecture: triplet, emulator
    "arm64": ("aarch64-linux-gnu", "qemu-aarch64"),
    "armhf": ("arm-linux-gnueabihf", "qemu-arm"),
}
WRAPPER = """#!/bin/sh
LD_PRELOAD=${HJ_CLOCK:-} exec %s -U LD_PRELOAD -L %s %s "$@"
"""


def sysroot(arch):
    return subprocess.run(["packaging/sysroot", arch, SUITE], cwd=TOP, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def build(arch, root, jobs):
    """What packaging/debian/rules does for a foreign machine, with the tests' programs. The folder built into."""
    triplet, emulator = MACHINES[arch]
    folder = os.path.join("build/arm", arch)
    environment = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=root,
                       PKG_CONFIG_LIBDIR="%s/usr/lib/%s/pkgconfig:%s/usr/share/pkgconfig" % (root, triplet, root))
    for name in ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "ARCH"):
        environment.pop(name, None)
    targets = [os.path.join(folder, kind, name[:-2]) for kind, begin in (("unit", "test_"), ("sim", "hjsim-"))
               for name in sorted(os.listdir(os.path.join(TOP, "tests", kind))) if name.startswith(begin) and name.endswith(".c")]
    subprocess.run(["make", "--no-print-directory", "-s", "-j%d" % jobs, "B=" + folder, "CC=%s-gcc --sysroot=%s" % (triplet, root),
                    "AR=%s-ar" % triplet, "RUN=%s -L %s" % (emulator, root), "all"] + targets, cwd=TOP, env=environment, check=True)
    return os.path.join(TOP, folder)


def wrap(path, command):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(WRAPPER % command)
    os.chmod(path, 0o755)


def emulated(arch, root, built):
    """The folder of the same programs, to be called here. Who looks for the daemons beside itself has to find their wrappers there: so `hjgate run` is copied
    to a folder with them, and the unit tests to one beside such a folder."""
    folder, emulator = os.path.join(built, "emulated"), MACHINES[arch][1]
    shutil.rmtree(folder, ignore_errors=True)
    for kind in ("bin", "sim", "unit"):
        for name in os.listdir(os.path.join(built, kind)):
            real = os.path.join(built, kind, name)
            if kind == "unit":
                os.makedirs(os.path.join(folder, "real/unit"), exist_ok=True)
                os.link(os.path.realpath(real), os.path.join(folder, "real/unit", name))
                real = os.path.join(folder, "real/unit", name)
            if name.endswith(".so"):
                os.symlink(real, os.path.join(folder, kind, name))
            elif os.access(real, os.X_OK):
                wrap(os.path.join(folder, kind, name), (emulator, root, real))
    os.symlink("../bin", os.path.join(folder, "real/bin"))
    beside = os.path.join(folder, "beside")
    shutil.copytree(os.path.join(folder, "bin"), beside, symlinks=True)
    os.unlink(os.path.join(beside, "hjgate"))
    shutil.copy2(os.path.join(built, "bin/hjgate"), beside)
    wrap(os.path.join(folder, "bin/hjgate"), (emulator, root, os.path.join(beside, "hjgate")))
    os.symlink(os.path.join(built, "locale"), os.path.join(folder, "locale"))
    return folder
