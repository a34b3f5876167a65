"""bench/uplink_sink.py as a process: what the rows of uplinks and of peers send to."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Sink:
    def __init__(self, root, name):
        self.log = os.path.join(root, name + ".frames")
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "uplink_sink.py"), "--log", self.log], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.port = int(self.process.stdout.readline().split()[1])

    def tell(self, line):
        """{"frames": n, "bad": n, "bytes": n} after it."""
        self.process.stdin.write(line + "\n")
        words = self.process.stdout.readline().split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def close(self):
        self.process.stdin.close()
        self.process.wait()
