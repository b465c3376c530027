"""Programs that are measured, and the sandbox that they talk to."""
import json
import os
import signal
import subprocess
import sys
import time


# A child's peak counts the size of whoever started it, so something small does.
STARTER = """
import os, sys, time
begun = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.monotonic() - begun
os.write(int(sys.argv[1]), f"{wall} {usage.ru_utime + usage.ru_stime} {usage.ru_maxrss}".encode())
sys.exit(os.waitstatus_to_exitcode(status) & 255)
"""


def run(command, **kwargs):
    """Runs a command; answers wall seconds, CPU seconds and peak MiB of it and its children, and what it printed."""
    told, tells = os.pipe()
    done = subprocess.run([sys.executable, "-ISc", STARTER, str(tells), *(str(word) for word in command)], pass_fds=[tells],
                          capture_output=True, **kwargs)
    os.close(tells)
    with open(told) as usage:
        wall, cpu, peak = (float(each) for each in usage.read().split())
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return {"wall": wall, "cpu": cpu, "peak": peak / 1024, "out": done.stdout.decode()}


class Sandbox:
    def __init__(self, bin_dir, directory, records, type):
        self.ready_file = directory / "ready.json"
        self.log = open(directory / "sandbox.log", "w")
        self.process = subprocess.Popen(
            [bin_dir / "koppla-sandbox", "serve", "--state", directory / "org.db", "--seed", "7", "--records", records,
             "--ready-file", self.ready_file], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 600
        while not self.ready_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit("the sandbox didn't start: " + (directory / "sandbox.log").read_text()[-2000:])
            time.sleep(0.1)
        self.org = json.loads(self.ready_file.read_text())[type]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
