"""A PostgreSQL server of one's own, from Debian's package: on a free port of this machine and in a temporary folder,
as an ordinary user, since it refuses to be root's.

  python3 -m kit.postgres start ADDRESS_FILE [PID]   writes how to reach it; it ends with that process, or whoever
                                                     starts it, at the latest
  python3 -m kit.postgres stop ADDRESS_FILE
"""
import getpass
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROLE = "koppla"
PASSWORD = "Geheim-7"  # of the role, for those who come over TCP
FAST = {"fsync": "off", "full_page_writes": "off"}  # for tests in which the server doesn't crash
START_SECONDS_MAX = 60


def programs():
    """The folder of the newest server that is installed."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        sys.exit("there is no PostgreSQL server: scripts/install-packages test")
    return found[-1].parent


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def user():
    """Whose the server is."""
    return "postgres" if os.geteuid() == 0 else getpass.getuser()


class Server:
    """`with Server() as server:` — takes connections when the block begins; `server.url(…)` is a store there."""

    def __init__(self, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="koppla-postgres-"))
        self.folder.chmod(0o755)
        self.data = self.folder / "data"
        self.port = free_port()
        self.settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": self.folder,
                         "max_connections": 60, "log_min_messages": "warning", **settings}
        self.process = None
        shutil.chown(self.folder, user())
        self.password_file = self.folder / "password"
        self._write(self.password_file, PASSWORD + "\n")
        self._run("initdb", "--pgdata", self.data, "--username", "postgres", "--encoding", "UTF8", "--locale", "C.UTF-8",
                  "--auth-local", "trust", "--auth-host", "scram-sha-256", "--pwfile", self.password_file, "--no-sync")

    def _write(self, path, text):
        path.touch(0o600)
        path.write_text(text)
        shutil.chown(path, user())

    def _as_user(self, command):
        command = [str(programs() / command[0]), *(str(word) for word in command[1:])]
        return ["setpriv", "--reuid", user(), "--regid", str(pwd.getpwnam(user()).pw_gid), "--clear-groups", *command] \
            if os.geteuid() == 0 else command

    def _run(self, *command):
        done = subprocess.run(self._as_user(command), capture_output=True, text=True, cwd=self.folder,
                              stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(f"{command[0]} failed: {done.stdout}{done.stderr}")

    def __enter__(self):
        self.start()
        self.sql(f"create role {ROLE} login password '{PASSWORD}'; ")
        self.sql(f"create database {ROLE} owner {ROLE} template template0 encoding 'UTF8'")
        return self

    def __exit__(self, *_):
        self.stop("fast")
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(self._as_user(["postgres", "-D", self.data, *options]), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, cwd=self.folder)
        for _ in range(START_SECONDS_MAX * 50):
            if self.process.poll() is not None:
                break
            asked = subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port)], check=False)
            if asked.returncode == 0:
                return
            time.sleep(0.02)
        raise AssertionError("the server didn't start: " + self.log())

    def stop(self, how):
        """`fast` ends it in order; `immediate` lets it crash."""
        if self.process and self.process.poll() is None:
            self.process.send_signal({"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[how])
            self.process.wait(60)

    def use_certificate(self, both):
        """A PEM file with the key in it: from now on who comes over TCP may ask for TLS."""
        self._write(self.data / "server.pem", pathlib.Path(both).read_text())
        for setting, value in (("ssl_cert_file", "server.pem"), ("ssl_key_file", "server.pem"), ("ssl", "on")):
            self.sql(f"alter system set {setting} = '{value}'")
        self.sql("select pg_reload_conf()")

    def start_again(self):
        """After it was stopped, or crashed."""
        if self.process.poll() is not None:
            self.start()

    def log(self):
        return (self.folder / "server.log").read_text(errors="replace")

    def url(self, database=ROLE, schema="koppla", role=ROLE):
        return f"postgres://{role}@127.0.0.1:{self.port}/{database}?schema={schema}"

    def psql(self, sql, database=ROLE, role="postgres"):
        """What psql prints of statements, as the administrator."""
        return subprocess.run([programs() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p",
                               str(self.port), "-U", role, "-d", database], input=sql, text=True, check=True,
                              stdout=subprocess.PIPE, encoding="utf-8").stdout

    def sql(self, sql):
        return self.psql(sql, "postgres")


class SmallDisk:
    """`with SmallDisk(server, database, megabytes) as disk:` — the database lies there; nobody may be connected when the
    block begins or ends. Where none can be mounted (only root can), the test is skipped."""

    def __init__(self, server, database, megabytes):
        self.server, self.database, self.size = server, database, megabytes << 20
        self.folder = server.folder / "small"
        self.filler = self.folder / "filler"

    def __enter__(self):
        self.folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.size}", "none", self.folder], capture_output=True,
                                 text=True, check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"no small disk can be made here: {mounted.stderr.strip()}")
        shutil.chown(self.folder, user())
        self.server.sql(f"create tablespace small location '{self.folder}'")
        self.server.sql(f"alter database {self.database} set tablespace small")
        return self

    def __exit__(self, *_):
        self.filler.unlink(missing_ok=True)
        self.server.sql(f"alter database {self.database} set tablespace pg_default")
        self.server.sql("drop tablespace small")
        subprocess.run(["umount", self.folder], check=True)

    def leave(self, room):
        """Fills it but for so many bytes."""
        self.filler.unlink(missing_ok=True)
        state = os.statvfs(self.folder)
        with open(self.filler, "wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, state.f_bavail * state.f_frsize - room)

    def forget_catalogues(self):
        """Removes what new connections start from; how many there were."""
        caches = list(self.folder.rglob("pg_internal.init"))
        for cache in caches:
            cache.unlink()
        return len(caches)


def is_running(process_id):
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def serve(address_file, keeper):
    """Runs a server until the keeper is gone, the address file is, or SIGTERM ends it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with Server(**FAST) as server:
        address = pathlib.Path(address_file)
        fresh = address.with_suffix(".new")
        fresh.write_text(f"{server.url()}\n{PASSWORD}\n")
        fresh.replace(address)
        try:
            while is_running(keeper) and address.exists():
                time.sleep(0.2)
        finally:
            address.unlink(missing_ok=True)


def start(address_file, keeper):
    """Starts one that serves beside, and waits until it takes connections."""
    pathlib.Path(address_file).unlink(missing_ok=True)
    with open(address_file + ".log", "wb") as log:
        beside = subprocess.Popen([sys.executable, "-m", "kit.postgres", "serve", address_file, str(keeper)], stdout=log,
                                  stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    for _ in range(START_SECONDS_MAX * 10):
        if os.path.exists(address_file):
            return
        if beside.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit("the server didn't start: " + pathlib.Path(address_file + ".log").read_text(errors="replace"))


if __name__ == "__main__":
    if sys.argv[1:2] == ["start"] and len(sys.argv) in (3, 4):
        start(sys.argv[2], int(sys.argv[3]) if len(sys.argv) == 4 else os.getppid())
    elif sys.argv[1:2] == ["serve"] and len(sys.argv) == 4:
        serve(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["stop"] and len(sys.argv) == 3:
        pathlib.Path(sys.argv[2]).unlink(missing_ok=True)
    else:
        sys.exit(__doc__)
