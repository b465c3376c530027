"""The program under test, with a store of its own."""
import json
import pathlib
import re
import shutil
import signal
import subprocess

from kit import setting
from kit.store import Sqlite


class Outcome:
    """How a command ended."""

    def __init__(self, command, code, stdout, stderr):
        self.command, self.code, self.stdout, self.stderr = command, code, stdout, stderr

    @property
    def document(self):
        """What --json printed: one JSON document."""
        return json.loads(self.stdout)

    @property
    def said(self):
        return self.stdout + self.stderr

    def __str__(self):
        return (f"{' '.join(self.command)}\nended with {self.code}\n--- stdout\n{self.stdout[-4000:]}\n"
                f"--- stderr\n{self.stderr[-4000:]}")


def by_object(document):
    return {report["object"]: report for report in document["imports"]}


def until_said(process, pattern):
    """Reads what a started command says on stderr until it fits the pattern; the match."""
    said = ""
    while not (match := re.search(pattern, said)):
        line = process.stderr.readline()
        if line == "":
            raise AssertionError(f"it ended without saying {pattern!r}: {said[-4000:]}")
        said += line
    return match


def end(process):
    """Ends a started command, if it hasn't ended."""
    with process:
        process.kill()


class Koppla:
    def __init__(self, folder, store=Sqlite):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.place = store(self.folder)
        self.store = self.folder / "koppla.db"  # where it is a file
        self.environment = setting.clean_environment(**self.place.environment, NO_PROXY="127.0.0.1,localhost")
        self.outcomes = []

    def command(self, *words):
        return [setting.program("koppla"), *(str(word) for word in words)]

    def run(self, *words, given="", seconds=600):
        """Runs a command to its end; whatever it answers is returned."""
        done = subprocess.run(self.command(*words), input=given, capture_output=True, text=True, timeout=seconds,
                              encoding="utf-8", errors="surrogateescape", env=self.environment, cwd=self.folder)
        self.outcomes.append(Outcome(done.args[1:], done.returncode, done.stdout, done.stderr))
        return self.outcomes[-1]

    def do(self, *words, given="", code=0):
        """Runs a command that has to end with `code`."""
        outcome = self.run(*words, given=given)
        if outcome.code != code:
            raise AssertionError(f"expected exit code {code}: {outcome}")
        return outcome

    def start(self, *words):
        """Starts a command that the scenario itself will end; it can't read from a terminal."""
        return subprocess.Popen(self.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.folder)

    def save(self, place):
        """Copies the store as it is now, to begin from again and again; where to."""
        shutil.copytree(self.folder, place)
        self.place.save(place)
        return pathlib.Path(place)

    def restore(self, place):
        shutil.rmtree(self.folder)
        shutil.copytree(place, self.folder)
        self.place.restore(place)

    def interrupt(self, process):
        """Ctrl-C, as the terminal sends it."""
        process.send_signal(signal.SIGINT)
        return self.outcome_of(process)

    def outcome_of(self, process):
        """Waits for the end of a started command."""
        stdout, stderr = process.communicate(timeout=60)
        self.outcomes.append(Outcome(process.args[1:], process.returncode, stdout, stderr))
        return self.outcomes[-1]

    def secret_file(self, name, text):
        path = self.folder / name
        path.touch(0o600)
        path.write_text(text)
        return path

    def add_account(self, sandbox, name="demo", auth=None, **settings):
        """Makes the store where there is none, and the account with the sandbox's credentials."""
        if not self.place.exists():
            self.do("init")
        words = ["account", "add", name, "--type", sandbox.crm.type, "--server", sandbox.url, "--ca", sandbox.ca,
                 "--auth", auth or sandbox.crm.secret_login, "--client-id", sandbox.ready["client_id"],
                 "--client-secret-file", self.secret_file("client-secret", sandbox.ready["client_secret"])]
        if "authority" in sandbox.ready:
            words += ["--authority", sandbox.ready["authority"]]
        if auth == "password":
            words += ["--username", sandbox.ready["username"],
                      "--password-file", self.secret_file("password", sandbox.ready["password"]),
                      "--security-token-file", self.secret_file("token", sandbox.ready["security_token"])]
        for setting_name, value in settings.items():
            words += ["--" + setting_name.replace("_", "-"), value]
        return self.do(*words)

    def move_account(self, sandbox, name="demo"):
        """The account now leads to this sandbox."""
        words = ["account", "edit", name, "--server", sandbox.url, "--ca", sandbox.ca, "--client-id",
                 sandbox.ready["client_id"], "--client-secret-file",
                 self.secret_file("client-secret", sandbox.ready["client_secret"])]
        if "authority" in sandbox.ready:
            words += ["--authority", sandbox.ready["authority"]]
        return self.do(*words)

    def imported(self, *words, code=0):
        """`koppla import … --json`; the reports of the objects, by name."""
        return by_object(self.do("import", *words, "--json", code=code).document)

    def connect(self):
        """The store, read-only."""
        return self.place.connect()

    def tables(self):
        """Everything in the store's data tables, to compare before with after."""
        with self.connect() as store:
            return {name: sorted(store.execute(f'select * from "{name}"').fetchall(), key=repr)
                    for name in self.place.table_names()}

    def store_bytes(self):
        """Each part of the store as it lies there: data, write-ahead log, sessions, what lies beside it."""
        return self.place.contents()

    def is_alone(self):
        """True where no run has left rows on their way."""
        return self.place.is_alone()
