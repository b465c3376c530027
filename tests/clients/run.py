"""Runs a client's tests in node with a sandbox beside them: run.py NODE FILE."""
import pathlib
import subprocess
import sys
import tempfile

from kit import setting
from kit.sandbox import Sandbox

HERE = pathlib.Path(__file__).resolve().parent
RECORDS = {"Account": 60, "Contact": 2600}


def main(node, file):
    if not (HERE / "node_modules" / "jsforce").is_dir():
        sys.exit("jsforce is not installed; scripts/test installs it, or: cd tests/clients && npm ci")
    with tempfile.TemporaryDirectory(prefix="koppla-clients-") as folder, Sandbox(folder, RECORDS) as sandbox:
        # Node reads its authorities when it starts; jsforce would take a proxy for loopback too.
        environment = setting.clean_environment(NODE_EXTRA_CA_CERTS=sandbox.ca, SANDBOX_READY=str(sandbox.ready_file))
        return subprocess.run([node, "--test", file], cwd=HERE, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
