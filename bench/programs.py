"""Programs that are measured, and the sandbox that they talk to."""
import json
import os
import signal
import subprocess
import sys
import time


def run(command, **kwargs):
    """Runs a command; answers wall seconds, CPU seconds and peak MiB of it and its children."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    out = process.stdout.read()
    err = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} failed with {process.returncode}: {err.decode()[-2000:]}")
    return {"wall": time.monotonic() - begun, "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss / 1024, "out": out.decode()}


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
