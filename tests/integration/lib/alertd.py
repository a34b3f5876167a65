"""alertd alone, started by its sockets as systemd does, and somebody who offers it alerts as eventd does."""

import json
import os
import signal
import socket
import subprocess
import threading
import time

from suite import BUILD, PATIENCE, Failed, conf_group

RIGHTS = ("look", "change", "peer")


class Alertd:
    def __init__(self, root, program="alertd"):
        self.root, self.program = root, program
        self.folder = os.path.join(root, "run/hjgate")
        os.makedirs(self.folder, exist_ok=True)
        os.makedirs(os.path.join(root, "var/lib/hjgate"), exist_ok=True)
        self.sockets, self.process, self.stopping = [], None, False
        self.starts = 0
        for right in RIGHTS:
            s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            s.bind(self.path(right))
            s.listen(64)
            self.sockets.append(s)
        self.log = open(os.path.join(root, program + ".log"), "ab")

    def path(self, right):
        return os.path.join(self.folder, "%s.%s" % (self.program, right))

    def configure(self, keys):
        os.makedirs(os.path.join(self.root, "etc/hjgate"), exist_ok=True)
        with open(os.path.join(self.root, "etc/hjgate/alerts.conf"), "w", encoding="utf-8") as f:
            f.write(conf_group(keys))

    def start(self):
        fds = [s.fileno() for s in self.sockets]
        # The descriptors have to be 3, 4, 5, and the environment has to name the process itself.
        moves = " ".join("%d<&%d" % (10 + i, fd) for i, fd in enumerate(fds))
        places = " ".join("%d<&%d %d<&-" % (3 + i, 10 + i, 10 + i) for i in range(3))
        command = "exec %s; exec %s; LISTEN_PID=$$ LISTEN_FDS=3 LISTEN_FDNAMES=%s exec %s --root %s" % (
            moves, places, ":".join("%s.%s" % (self.program, r) for r in RIGHTS), os.path.join(BUILD, "bin/hjgate-" + self.program), self.root)
        self.process = subprocess.Popen(["bash", "-c", command], pass_fds=fds, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.starts += 1

    def keep_up(self):
        """Starts it again whenever it has died, until stop()."""
        def watch():
            while not self.stopping:
                if self.process is None or self.process.poll() is not None:
                    self.start()
                time.sleep(0.01)

        self.watcher = threading.Thread(target=watch, daemon=True)
        self.watcher.start()

    def kill(self):
        process = self.process
        if process and process.poll() is None:
            process.send_signal(signal.SIGKILL)

    def stop(self):
        self.stopping = True
        time.sleep(0.05)
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        for s in self.sockets:
            s.close()
        self.log.close()

    def call(self, right, method, parameters=None, timeout=5):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(timeout * PATIENCE)
            s.connect(self.path(right))
            s.sendall(json.dumps({"method": method, "parameters": parameters or {}}).encode() + b"\0")
            data = b""
            while not data.endswith(b"\0"):
                got = s.recv(65536)
                if not got:
                    raise ConnectionError("closed")
                data += got
        reply = json.loads(data[:-1])
        if "error" in reply:
            raise Failed("%s: %s" % (method, reply))
        return reply["parameters"]


def alert(number, key, meter, phase="begin", code="meter-lost", **more):
    return dict({"id": number, "code": code, "class": "fault", "key": key, "begin": 1790000000000 + number, "phase": phase,
                 "values": {"meter": meter, "bus": "north"}}, **more)
