"""The stand-in org, started for one scenario on a free port."""
import csv
import io
import json
import pathlib
import signal
import ssl
import subprocess
import urllib.parse
import urllib.request

from kit import setting
from kit.crm import DYNAMICS, SALESFORCE

START_SECONDS_MAX = 120


def decimal_fields(describe):
    return {field["name"] for field in describe["fields"] if field["type"] in ("double", "currency", "percent")}


class Face:
    """What both orgs of a sandbox offer: their address, their switches, and their rows as they know them."""

    def listen(self, ready):
        self.ready = ready
        self.url = ready["url"]
        self.ca = ready["ca"]
        context = ssl.create_default_context(cafile=self.ca)
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                                  urllib.request.HTTPSHandler(context=context))

    def fetch(self, path, body=None, method=None):
        """The answer's body; `body` goes as JSON."""
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        with self.opener.open(request, timeout=120) as answer:
            return answer.read()

    def post(self, path, body=None):
        return json.loads(self.fetch(path, body or {}, "POST"))

    def journal(self, since=1):
        return json.loads(self.fetch(f"/sandbox/journal?from={since}"))["requests"]

    def charged_calls(self):
        return sum(entry["calls"] for entry in self.journal())

    def change(self, name, update=0, delete=0, insert=0):
        return self.post("/sandbox/change", {"object": name, "update": update, "delete": delete, "insert": insert})

    def state(self):
        return json.loads(self.fetch("/sandbox/state"))

    def rows(self, name, fields=()):
        """All records of an object, deleted ones too, as the sandbox's own state has them; with all fields, or these."""
        asked = {"object": name, **({"fields": ",".join(fields)} if fields else {})}
        text = self.fetch("/sandbox/rows?" + urllib.parse.urlencode(asked)).decode("utf-8")
        csv.field_size_limit(1 << 30)
        return list(csv.DictReader(io.StringIO(text, newline="")))


class Dynamics(Face):
    """The Dynamics org of a sandbox; tables go by their logical names."""

    crm = DYNAMICS

    def grant_unlimited_requests(self):
        """Its service protection is a matter of other scenarios: many exports in a row would have to wait."""
        self.post("/sandbox/limits", {"requests": 10_000_000, "execution_ms": 1_000_000_000})

    def numbers(self, name):
        """The columns of a table that are decimal numbers, by its metadata."""
        attributes = self.ask(f"EntityDefinitions(LogicalName='{name}')/Attributes")["value"]
        return {each["LogicalName"] for each in attributes if each["AttributeType"] in ("Decimal", "Double", "Money")}

    def deleted(self, name):
        """Ids of a table's deleted rows."""
        return json.loads(self.fetch("/sandbox/deleted?" + urllib.parse.urlencode({"object": name})))["deleted"]

    def token(self):
        form = {"grant_type": "client_credentials", "client_id": self.ready["client_id"],
                "client_secret": self.ready["client_secret"], "scope": self.ready["url"] + "/.default"}
        login = urllib.request.Request(self.ready["authority"] + "/oauth2/v2.0/token",
                                       urllib.parse.urlencode(form).encode())
        with self.opener.open(login, timeout=60) as answer:
            return json.load(answer)["access_token"]

    def ask(self, path, body=None, method=None, headers=None):
        """An answer of the Web API, as JSON; None where it has no body. `path` is below the service root."""
        request = urllib.request.Request(
            self.url + "/api/data/v9.2/" + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token()}", "Content-Type": "application/json", **(headers or {})})
        with self.opener.open(request, timeout=120) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Sandbox(Face):
    """`with Sandbox(folder, records={"Contact": 100}) as sandbox:` — listens when the block begins. It is the
    Salesforce org itself; the other one is its `dynamics`, whose tables' names are in lower case."""

    crm = SALESFORCE

    def __init__(self, folder, records=None, org=None, seed=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ready_file = self.folder / "ready.json"
        self.log_file = self.folder / "sandbox.log"
        self.command = [setting.program("koppla-sandbox"), "serve", "--state", str(self.folder / "sandbox.db"),
                        "--seed", str(setting.SEED if seed is None else seed),
                        "--ready-file", str(self.ready_file)]
        if records:
            self.command += ["--records", ",".join(f"{name}={count}" for name, count in records.items())]
        if org:
            self.command += ["--org", str(org)]

    def __enter__(self):
        self.ready_file.unlink(missing_ok=True)
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env=setting.clean_environment())
        try:
            self._await_ready()
        except BaseException:
            self.stop()
            raise
        ready = json.loads(self.ready_file.read_text())
        self.listen(ready["salesforce"])
        self.dynamics = Dynamics()
        self.dynamics.listen(ready["dynamics"])
        return self

    def __exit__(self, *_):
        self.stop()

    def _await_ready(self):
        step = 0.02
        for _ in range(int(START_SECONDS_MAX / step)):
            if self.ready_file.exists():
                return
            try:
                self.process.wait(step)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"the sandbox ended with {self.process.returncode}: {self.log()}")
        raise AssertionError(f"the sandbox was not ready after {START_SECONDS_MAX} s: {self.log()}")

    def stop(self):
        """Ends it as an administrator would; a sandbox that doesn't end cleanly fails the scenario."""
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the sandbox did not end within 60 s of SIGTERM: {self.log()}") from None
        if code not in (0, -signal.SIGTERM):
            raise AssertionError(f"the sandbox ended with {code}: {self.log()}")

    def log(self):
        return self.log_file.read_text(errors="replace")

    def fetch_as_user(self, path):
        """An answer of the org's API, as JSON."""
        form = {"grant_type": "client_credentials", "client_id": self.ready["client_id"],
                "client_secret": self.ready["client_secret"]}
        login = urllib.request.Request(self.url + "/services/oauth2/token", urllib.parse.urlencode(form).encode())
        with self.opener.open(login, timeout=60) as answer:
            token = json.load(answer)["access_token"]
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {token}"})
        with self.opener.open(request, timeout=60) as answer:
            return json.load(answer)

    def describe(self, name):
        return self.fetch_as_user(f"/services/data/v60.0/sobjects/{name}/describe")

    def picklists(self, name, record_type):
        """The values that a record type allows, by field."""
        told = self.fetch_as_user(f"/services/data/v60.0/ui-api/object-info/{name}/picklist-values/{record_type}")
        return {field: [value["value"] for value in each["values"]] for field, each in told["picklistFieldValues"].items()}

    def grant_unlimited_requests(self):
        """The org has an allowance of a day's calls, and these scenarios never come near it."""

    def numbers(self, name):
        """The fields of an object that are decimal numbers, by its describe."""
        return decimal_fields(self.describe(name))
