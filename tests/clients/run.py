"""Runs a client's tests in node with a sandbox beside them: run.py [--alone] NODE FILE.

With --alone both have a network of their own, in which the sandbox's Dynamics face is at port 443 too: for clients
that ask no other. It takes root; without it the test is skipped.
"""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.parse

from kit import setting
from kit.sandbox import Sandbox

HERE = pathlib.Path(__file__).resolve().parent
RECORDS = {"Account": 60, "Contact": 2600, "account": 60, "contact": 2600}
SKIPPED = 77


def carry(source, target):
    """Bytes of one side to the other, until it has no more."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def forward(listener, port):
    """Whatever connects is connected to that port."""
    while True:
        try:
            near, _ = listener.accept()
        except OSError:
            return
        far = socket.create_connection(("127.0.0.1", port))
        for ends in ((near, far), (far, near)):
            threading.Thread(target=carry, args=ends, daemon=True).start()


def run(node, file, at_443):
    with tempfile.TemporaryDirectory(prefix="koppla-clients-") as folder, Sandbox(folder, RECORDS) as sandbox:
        if at_443:
            port = urllib.parse.urlsplit(sandbox.dynamics.url).port
            listener = socket.create_server(("127.0.0.1", 443))
            threading.Thread(target=forward, args=(listener, port), daemon=True).start()
        # Node reads its authorities when it starts; jsforce would take a proxy for loopback too.
        environment = setting.clean_environment(NODE_EXTRA_CA_CERTS=sandbox.ca, SANDBOX_READY=str(sandbox.ready_file))
        return subprocess.run([node, "--test", file], cwd=HERE, env=environment, check=False).returncode


def alone(node, file):
    """The same again inside a network namespace, whose loopback has to be woken first."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None:
        print("skipped: a network of its own takes root, unshare and ip")
        return SKIPPED
    if subprocess.run(["unshare", "--net", "true"], check=False).returncode != 0:
        print("skipped: no network namespace can be made here")
        return SKIPPED
    wake = 'ip link set lo up && exec "$@"'
    inner = [sys.executable, str(pathlib.Path(__file__).resolve()), "--inside", node, file]
    return subprocess.run(["unshare", "--net", "sh", "-c", wake, "sh", *inner], check=False).returncode


def main(arguments):
    if not (HERE / "node_modules" / "jsforce").is_dir():
        sys.exit("the clients are not installed; scripts/test installs them, or: cd tests/clients && npm ci")
    if arguments[0] == "--alone":
        return alone(*arguments[1:])
    at_443 = arguments[0] == "--inside"
    return run(*arguments[1 if at_443 else 0:], at_443)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
