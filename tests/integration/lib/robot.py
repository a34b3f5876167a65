"""A robot that is none: an HTTPS server that answers as DingTalk's robot/send does, or as the test says. What it was told lies in `messages`;
a script says what becomes of the next requests, one entry each: a number (errcode), "status N", "hang" (no answer), "reset", "garbage",
"late" (told, but the answer does not come), "endless" (told, and the answer has no end), "drips" (likewise, a byte now and then)."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import socket
import ssl
import struct
import threading
import time
import urllib.parse

WINDOW_MS = 3600000  # a signature is good for an hour


class Robot:
    """kind "dingtalk" judges token, signature and keyword of each message; "webhook" takes everything."""

    def __init__(self, authority, kind="dingtalk", secret="SECtest", token="tok-1", keyword="", names="IP:127.0.0.1", name="robot", host="127.0.0.1"):
        self.kind, self.secret, self.token, self.keyword = kind, secret, token, keyword
        self.messages, self.requests, self.script, self.answers = [], [], [], []
        self.lock = threading.Lock()
        self.resets = 0
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.sign(name, names))
        robot = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            disable_nagle_algorithm = True

            def do_POST(self):
                robot.answer(self)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def finish_request(self, request, client_address):
                request.settimeout(30)
                try:
                    secured = context.wrap_socket(request, server_side=True)
                except (OSError, ValueError):
                    return
                try:
                    super().finish_request(secured, client_address)
                except OSError:
                    pass

            def handle_error(self, request, client_address):
                pass

        self.server = Server((host, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path="/robot/send"):
        return "https://127.0.0.1:%d%s" % (self.port, path)

    def next(self, *behaviours):
        with self.lock:
            self.script.extend(behaviours)

    def judge(self, handler, body):
        """The errcode that DingTalk would give."""
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(handler.path).query)
        if query.get("access_token") != [self.token]:
            return 300001
        if self.secret:
            stamp = query.get("timestamp", [""])[0]
            want = base64.b64encode(hmac.new(self.secret.encode(), ("%s\n%s" % (stamp, self.secret)).encode(), hashlib.sha256).digest()).decode()
            if query.get("sign") != [want] or abs(time.time() * 1000 - int(stamp)) > WINDOW_MS:
                return 310000
        message = json.loads(body)
        text = message["markdown"]["title"] + message["markdown"]["text"]
        return 310000 if message["msgtype"] != "markdown" or self.keyword not in text else 0

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        with self.lock:
            does = self.script.pop(0) if self.script else 0
            self.requests.append((time.time(), handler.path, dict(handler.headers), body.decode("utf-8", "replace")))
            if does == 0 and self.kind == "dingtalk":
                does = self.judge(handler, body)
            if does in (0, "late", "endless", "drips"):
                self.messages.append((time.time(), body.decode()))
            self.answers.append(does)
        if does in ("hang", "late"):
            time.sleep(30)
        elif does == "reset":
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.shutdown(socket.SHUT_RDWR)
            handler.close_connection = True
        elif isinstance(does, str) and does.startswith("status"):
            self.say(handler, int(does.split()[1]), "no")
        elif does in ("endless", "drips"):
            self.say_on(handler, *((65536, 0) if does == "endless" else (1, 0.2)))
        elif does == "garbage":
            self.say(handler, 200, "<html>please log in</html>")
        elif self.kind == "dingtalk":
            self.say(handler, 200, json.dumps({"errcode": does, "errmsg": "ok" if does == 0 else "in words"}))
        else:
            self.say(handler, 200, "ok")

    @staticmethod
    def say(handler, status, text):
        data = text.encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(data)))
        if status in (301, 302):
            handler.send_header("Location", handler.path + "&again=1")
        handler.end_headers()
        handler.wfile.write(data)

    @staticmethod
    def say_on(handler, size, pause):
        handler.send_response(200)
        handler.end_headers()
        handler.close_connection = True
        end = time.time() + 30
        while time.time() < end:
            handler.wfile.write(b" " * size)
            time.sleep(pause)

    def texts(self):
        with self.lock:
            return [json.loads(m)["markdown"]["text"] if self.kind == "dingtalk" else m for _, m in self.messages]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def secret_file(suite, name, text):
    folder = os.path.join(suite.root, "etc/hjgate/secrets")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o400), "w", encoding="utf-8") as f:
        f.write(text + "\n")
    return path
