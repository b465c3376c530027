"""An authority made for one scenario, and certificates by it: good ones and bad ones."""
import pathlib
import subprocess

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
CA_CONFIG = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


def openssl(*words):
    subprocess.run(["openssl", *(str(word) for word in words)], check=True, capture_output=True, text=True)


class Authority:
    """Its certificate is `ca`; each certificate it gives is a PEM file with the key in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.ca, self.key = self.folder / "ca.pem", self.folder / "ca.key"
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("01\n")
        (self.folder / "ca.cnf").write_text(CA_CONFIG.format(folder=self.folder))
        openssl("req", "-x509", *KEY, "-keyout", self.key, "-out", self.ca, "-days", 30,
                "-subj", "/CN=scenario authority", "-addext", "keyUsage=critical,keyCertSign")

    def certificate(self, name, subject="IP:127.0.0.1", start="20200101000000Z", end="20990101000000Z"):
        request, key, leaf = (self.folder / f"{name}.{kind}" for kind in ("csr", "key", "crt"))
        openssl("req", "-new", *KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}",
                "-addext", f"subjectAltName={subject}")
        openssl("ca", "-batch", "-config", self.folder / "ca.cnf", "-cert", self.ca, "-keyfile", self.key,
                "-in", request, "-out", leaf, "-startdate", start, "-enddate", end, "-notext")
        return self._joined(name, leaf, key)

    def expired(self):
        return self.certificate("expired", start="20200101000000Z", end="20200201000000Z")

    def self_signed(self):
        key, leaf = self.folder / "self.key", self.folder / "self.crt"
        openssl("req", "-x509", *KEY, "-keyout", key, "-out", leaf, "-days", 30, "-subj", "/CN=self",
                "-addext", "subjectAltName=IP:127.0.0.1")
        return self._joined("self", leaf, key)

    def _joined(self, name, leaf, key):
        both = self.folder / f"{name}.pem"
        both.write_text(leaf.read_text() + key.read_text())
        return both
