"""A simulated GPIO chip of the kernel (gpio-sim), whose lines a test pulls up and down. Where the kernel has none the test is skipped: a chip made up by us
would prove only itself."""

import fcntl
import os
import struct
import subprocess

from suite import skip, wait_for

CONFIGFS = "/sys/kernel/config"
# struct gpio_v2_line_request of linux/gpio.h: offsets, consumer, flags of the configuration and the rest of it, lines, buffer, padding, descriptor.
REQUEST = struct.Struct("=64I32sQ264sII20si")
GET_LINE = 3 << 30 | REQUEST.size << 16 | 0xB4 << 8 | 7
FLAG_INPUT = 1 << 2


def take_line(path, line, consumer):
    """The line is somebody else's until the descriptor that is given is closed."""
    fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        request = bytearray(REQUEST.pack(line, *[0] * 63, consumer.encode(), FLAG_INPUT, bytes(264), 1, 0, bytes(20), -1))
        fcntl.ioctl(fd, GET_LINE, request)
        return REQUEST.unpack(bytes(request))[-1]
    finally:
        os.close(fd)


class Chip:
    def __init__(self, name, label, lines, hogs=None):
        """`hogs`: {line: name} of lines that the kernel itself holds."""
        self.folder = os.path.join(CONFIGFS, "gpio-sim", name)
        self.bank = os.path.join(self.folder, "bank")
        os.mkdir(self.folder)
        os.mkdir(self.bank)
        self.put("bank/num_lines", lines)
        self.put("bank/label", label)
        for line, holder in (hogs or {}).items():
            os.mkdir(os.path.join(self.bank, "line%d" % line))
            os.mkdir(os.path.join(self.bank, "line%d" % line, "hog"))
            self.put("bank/line%d/hog/name" % line, holder)
            self.put("bank/line%d/hog/direction" % line, "input")
        self.lines, self.hogs = lines, hogs or {}
        self.live(True)

    def put(self, path, value):
        with open(os.path.join(self.folder, path), "w", encoding="ascii") as f:
            f.write("%s\n" % value)

    def get(self, path):
        with open(os.path.join(self.folder, path), encoding="ascii") as f:
            return f.read().strip()

    def live(self, on):
        self.put("live", int(on))
        if on:
            self.path = os.path.join("/dev", self.get("bank/chip_name"))
            wait_for(lambda: os.path.exists(self.path), 5, self.path)
            self.levels = os.path.join("/sys/devices/platform", self.get("dev_name"), self.get("bank/chip_name"))

    def pull(self, line, high):
        with open(os.path.join(self.levels, "sim_gpio%d" % line, "pull"), "w", encoding="ascii") as f:
            f.write("pull-up" if high else "pull-down")

    def remove(self):
        self.put("live", 0)
        for line in self.hogs:
            os.rmdir(os.path.join(self.bank, "line%d" % line, "hog"))
            os.rmdir(os.path.join(self.bank, "line%d" % line))
        os.rmdir(self.bank)
        os.rmdir(self.folder)


def need_chips():
    """Skips the test where no chip can be simulated."""
    if os.geteuid() != 0:
        skip("only root can make a gpio-sim chip")
    if not os.path.isdir(os.path.join(CONFIGFS, "gpio-sim")):
        for command in (["modprobe", "gpio-sim"], ["mount", "-t", "configfs", "configfs", CONFIGFS]):
            try:
                subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            except FileNotFoundError:
                pass
    if not os.path.isdir(os.path.join(CONFIGFS, "gpio-sim")):
        skip("this kernel (%s) has no gpio-sim: what crosses to the kernel is not tested here, but by tests/guest" % os.uname().release)
