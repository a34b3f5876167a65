"""A platform behind TLS, and the certificates of a test, made by the openssl program."""

import os
import ssl
import subprocess

from suite import Platform

CA_CONF = """[ca]
default_ca = here
[here]
database = %(folder)s/index
new_certs_dir = %(folder)s
serial = %(folder)s/serial
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


class Authority:
    """Signs what a test asks for; its files lie in `folder`."""

    def __init__(self, folder, name="authority"):
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        self.conf = self.path("conf")
        self.write("conf", CA_CONF % {"folder": self.folder})
        self.write("index", "")
        self.write("serial", "01\n")
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj", "/CN=Test " + name,
                     "-keyout", self.path("ca.key"), "-out", self.path("ca.pem"))
        self.ca = self.path("ca.pem")

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)

    @staticmethod
    def openssl(*arguments):
        subprocess.run(("openssl",) + arguments, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def sign(self, name, alternative="IP:127.0.0.1", begin="20200101000000Z", end="20990101000000Z"):
        """(certificate, key) of `name`, valid from begin to end."""
        key, request, certificate = self.path(name + ".key"), self.path(name + ".req"), self.path(name + ".pem")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
                     "-addext", "subjectAltName=" + alternative, "-keyout", key, "-out", request)
        self.openssl("ca", "-batch", "-notext", "-config", self.conf, "-cert", self.ca, "-keyfile", self.path("ca.key"), "-startdate", begin,
                     "-enddate", end, "-in", request, "-out", certificate)
        return certificate, key


def pin_of(certificate):
    """The SHA-256 of its public key, as tls.pin wants it."""
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, stdout=subprocess.PIPE).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True, stdout=subprocess.PIPE).stdout
    return subprocess.run(["sha256sum"], input=der, check=True, stdout=subprocess.PIPE, text=False).stdout.split()[0].decode()


class TlsPlatform(Platform):
    def __init__(self, name, certificate, key, client_ca=None, most=None, **keys):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if most:
            self.context.set_ciphers("DEFAULT@SECLEVEL=0")  # the old versions need it
            self.context.minimum_version = ssl.TLSVersion.TLSv1
            self.context.maximum_version = most
        self.context.load_cert_chain(certificate, key)
        if client_ca:
            self.context.load_verify_locations(client_ca)
            self.context.verify_mode = ssl.CERT_REQUIRED
        self.subjects, self.versions = set(), set()
        super().__init__(name, **keys)

    def serve(self, connection):
        try:
            secured = self.context.wrap_socket(connection, server_side=True)
        except (OSError, ValueError):
            self.drop(connection)
            return
        with self.lock:
            self.connections.discard(connection)
            self.connections.add(secured)
            self.newest = secured
        self.versions.add(secured.version())
        for part in (secured.getpeercert() or {}).get("subject", ()):
            self.subjects.update(value for name, value in part if name == "commonName")
        super().serve(secured)
