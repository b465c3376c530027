"""Salesforce's own command line, unchanged from npm, against the sandbox; every answer is compared with the
sandbox's own state. Heavy: runs only where KOPPLA_CLIENTS is set, as scripts/test --clients does.

With KOPPLA_RECORD=FILE its requests go by way of a recorder, for replay_test.py.
"""
import csv
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import unittest

from kit import setting, sf
from kit.sandbox import Sandbox

from recorder import RECORDS, SEED, Recorder

SECONDS_MAX = 300


class SalesforceCommandLine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="koppla-sf-")))
        cls.sandbox = cls.enterClassContext(Sandbox(cls.folder, RECORDS, seed=SEED))
        cls.url, ca = cls.sandbox.url, cls.sandbox.ca
        if file := os.environ.get("KOPPLA_RECORD"):
            recorder = cls.enterClassContext(Recorder(cls.folder, cls.sandbox, file))
            cls.url, ca = recorder.url, recorder.ca
        cls.environment = sf.environment(cls.folder, ca, cls.sandbox.ready["access_token"])
        cls.sf("org", "login", "access-token", "--instance-url", cls.url, "--alias", "org", "--no-prompt")

    @classmethod
    def sf(cls, *arguments, fails=False):
        run = subprocess.run([*sf.COMMAND, *arguments, "--json"], cwd=cls.folder, env=cls.environment,
                             capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        try:
            answer = json.loads(run.stdout)
        except json.JSONDecodeError:
            raise AssertionError(f"sf {arguments}: {run.stdout}{run.stderr}") from None
        if (answer["status"] != 0) != fails:
            raise AssertionError(f"sf {arguments}: {answer}\n{cls.sandbox.log()[-2000:]}")
        return answer.get("result", answer)

    def rows(self, name, live=True):
        rows = {row["Id"]: row for row in self.sandbox.rows(name)}
        return {key: row for key, row in rows.items() if not live or row["IsDeleted"] != "true"}

    def test_login_by_access_token_finds_the_user(self):
        self.assertEqual(self.sf("org", "display", "-o", "org")["username"], self.sandbox.ready["username"])

    def test_login_by_jwt_works_as_the_same_user(self):
        self.sf("org", "login", "jwt", "--username", self.sandbox.ready["username"], "--client-id",
                self.sandbox.ready["client_id"], "--jwt-key-file", self.sandbox.ready["private_key"],
                "--instance-url", self.url, "--alias", "org")
        self.assertEqual(self.sf("data", "query", "-q", "SELECT Id FROM Account", "-o", "org")["totalSize"],
                         len(self.rows("Account")))

    def test_login_by_jwt_with_another_key_is_refused(self):
        key = self.folder / "other.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        answer = self.sf("org", "login", "jwt", "--username", self.sandbox.ready["username"], "--client-id",
                         self.sandbox.ready["client_id"], "--jwt-key-file", str(key), "--instance-url", self.url,
                         "--alias", "other", fails=True)
        self.assertIn("invalid assertion", json.dumps(answer))

    def test_describe_names_every_field(self):
        describe = self.sf("sobject", "describe", "-s", "Contact", "-o", "org")
        names = {field["name"] for field in describe["fields"] if field["type"] not in ("address", "location")}
        self.assertEqual(names, set(self.sandbox.rows("Contact")[0]))

    def test_query_by_rest_brings_every_record_over_several_pages(self):
        result = self.sf("data", "query", "-q", "SELECT Id, LastName, Email FROM Contact", "-o", "org")
        state = self.rows("Contact")
        self.assertGreater(len(state), 2000)
        self.assertEqual({record["Id"]: (record["LastName"], record["Email"] or "") for record in result["records"]},
                         {key: (row["LastName"], row["Email"]) for key, row in state.items()})

    def test_query_of_an_unknown_field_says_so(self):
        answer = self.sf("data", "query", "-q", "SELECT Nothing__c FROM Contact", "-o", "org", fails=True)
        self.assertIn("No such column", answer["message"])

    def test_bulk_export_writes_every_record(self):
        file = self.folder / "contacts.csv"
        self.sandbox.post("/sandbox/bulk", {"page_rows": 1000})
        self.sf("data", "export", "bulk", "-q", "SELECT Id, LastName, MailingStreet FROM Contact", "-o", "org",
                "--output-file", str(file), "--result-format", "csv", "--wait", "5")
        with open(file, encoding="utf-8", newline="") as lines:
            found = {row["Id"]: (row["LastName"], row["MailingStreet"]) for row in csv.DictReader(lines)}
        self.assertEqual(found, {key: (row["LastName"], row["MailingStreet"])
                                 for key, row in self.rows("Contact").items()})

    def bulk(self, command, name, header, lines, *more):
        """One of sf's bulk commands over a file of these lines; how many rows it says were processed."""
        file = self.folder / f"{command}.csv"
        file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return self.sf("data", command, "bulk", "-s", name, "-f", str(file), "-o", "org", "--wait", "5", *more)

    def test_bulk_commands_upsert_and_delete(self):
        keys = [f"sf-{number}" for number in range(300)]
        self.bulk("upsert", "Account", "ExtKey__c,Name", [f'{key},"Bulk ""{key}"""' for key in keys],
                  "--external-id", "ExtKey__c")
        rows = {row["ExtKey__c"]: row for row in self.rows("Account").values() if row["ExtKey__c"] in keys}
        self.assertEqual({key: row["Name"] for key, row in rows.items()}, {key: f'Bulk "{key}"' for key in keys})
        self.bulk("delete", "Account", "Id", [row["Id"] for row in rows.values()])
        self.assertEqual([row for row in self.rows("Account").values() if row["ExtKey__c"] in keys], [])

    def test_a_record_is_created_read_updated_and_deleted(self):
        name = 'Comma, "quote" & ünï 漢字'
        key = self.sf("data", "create", "record", "-s", "Account", "-v", "Name='First' Phone=030-1",
                      "-o", "org")["id"]
        self.assertEqual(self.rows("Account")[key]["Name"], "First")
        self.assertEqual(self.sf("data", "get", "record", "-s", "Account", "-i", key, "-o", "org")["Name"], "First")
        self.sf("data", "update", "record", "-s", "Account", "-i", key, "-v", f"Name='{name}'", "-o", "org")
        self.assertEqual(self.rows("Account")[key]["Name"], name)
        self.sf("data", "delete", "record", "-s", "Account", "-i", key, "-o", "org")
        self.assertEqual(self.rows("Account", live=False)[key]["IsDeleted"], "true")

    def test_a_tree_of_records_is_imported(self):
        file = self.folder / "tree.json"
        file.write_text(json.dumps({"records": [
            {"attributes": {"type": "Account", "referenceId": "a1"}, "Name": "Tree",
             "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "c1"}, "LastName": "Leaf"}]}},
            {"attributes": {"type": "Account", "referenceId": "a2"}, "Name": "Bush"}]}))
        made = {one["refId"]: one["id"] for one in self.sf("data", "import", "tree", "-f", str(file), "-o", "org")}
        self.assertEqual(self.rows("Account")[made["a2"]]["Name"], "Bush")
        leaf = self.rows("Contact")[made["c1"]]
        self.assertEqual((leaf["LastName"], leaf["AccountId"]), ("Leaf", made["a1"]))

    def test_limits_are_those_of_the_org(self):
        limits = {one["name"]: one for one in self.sf("org", "list", "limits", "-o", "org")}
        self.assertEqual(limits["DailyApiRequests"]["max"], 100000)


if __name__ == "__main__":
    if not os.environ.get("KOPPLA_CLIENTS"):
        print("heavy: scripts/test --clients runs it")
        sys.exit(77)
    if platform.machine() != "x86_64":
        print(f"the node that npm brings for sf is of x64, this machine is {platform.machine()}")
        sys.exit(77)
    if not sf.COMMAND[1].exists():
        sys.exit("sf is not installed; scripts/test --clients installs it, or: cd tests/clients/sf && npm ci")
    unittest.main()
