"""kill -9 at random moments of an export, placed by its progress; `run resume` sends what isn't settled, and in the end
the CRM has every row once. Updates, upserts by a key and inserts without one, by every interface. What was on its way and
can be neither recognised nor asked for is undecided: listed, and not sent again."""
import collections
import itertools
import pathlib
import random
import signal
import subprocess

from kit import setting
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main, soak
from kit.shim import preloaded
from kit.store import Postgres

MOMENTS = 60 if setting.SOAK else 2  # of each kind
ROWS = 500 if setting.SOAK else 300


class KilledExport:
    KINDS = ("download", "merge", "before", "after")

    def setUp(self):
        super().setUp()
        self.random = random.Random(setting.SEED)
        self.contact = self.crm.contact
        self.org = self.sandbox(self.crm.records(20, 5), crm=self.crm)
        self.org.grant_unlimited_requests()
        self.koppla.add_account(self.org)
        fields = f"{self.contact}={self.crm.fields},{self.crm.external_key}"
        self.koppla.do("wizard", "demo", "--tables", self.contact, "--fields", fields, "--yes")
        self.number = 0

    def fresh(self):
        """Rows that the CRM hasn't seen: their names tell them from all others."""
        self.number += 1
        name = f"Run{self.number:04}"
        self.koppla.place.change("drop table if exists fresh")
        self.koppla.place.change("create table fresh (code text, last text)")
        rows = ", ".join(f"('{name}-{i}', '{name} {i}')" for i in range(ROWS))
        self.koppla.place.change(f"insert into fresh values {rows}")
        return name

    def export_under(self, words, **environment):
        command = self.koppla.command("export", "demo", self.contact, "--table", "fresh", *words)
        return subprocess.run(command, env={**self.koppla.environment, **preloaded(), **environment},
                              cwd=self.koppla.folder, capture_output=True, text=True, timeout=300)

    def made(self, name):
        """How often the CRM has each row of that name."""
        return collections.Counter(row[self.crm.last_name] for row in self.org.rows(self.contact, [self.crm.last_name])
                                   if row[self.crm.last_name].startswith(name + " "))

    def last_run(self):
        return self.koppla.do("run", "list", "--count", 1, "--json").document[0]

    def moments(self, words):
        count_file = pathlib.Path(self.folder) / "moments"
        name = self.fresh()
        done = self.export_under(words, KOPPLA_KILL_COUNT=str(count_file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(self.made(name)), ROWS)
        return {kind: int(count) for kind, count in (line.split() for line in count_file.read_text().splitlines())}

    def test_a_resumed_run_ends_as_if_nothing_had_happened(self):
        killed, resumed, undecided = collections.Counter(), collections.Counter(), 0
        key = f"code={self.crm.external_key},last={self.crm.last_name}"
        cases = [("upsert", ("--map", key, "--key", self.crm.external_key, "--batch", way)) for way in self.crm.batches]
        cases += [("insert", ("--map", f"last={self.crm.last_name}", "--batch", way))
                  for way in sorted({*self.crm.batches, *self.crm.batches_asked})]
        seen = [self.moments(words) for _, words in cases]
        turn = itertools.cycle(zip(cases, seen))
        for kind in self.KINDS:
            for _ in range(MOMENTS):
                (what, words), counts = next(turn)
                at = 1 + self.random.randrange(max(1, counts[kind]))
                with self.subTest(f"{what} {words}: killed at {kind} {at} of {counts[kind]}"):
                    name, left = self.fresh(), 0
                    before = self.last_run()["id"]
                    done = self.export_under(words, KOPPLA_KILL_AT=f"{kind}:{at}")
                    run = self.last_run()
                    if done.returncode == -signal.SIGKILL:
                        killed[kind] += 1
                    else:
                        self.assertEqual(done.returncode, 0, done.stderr)
                    if run["id"] != before and run["outcome"] in ("running", "incomplete"):
                        resumed[kind] += 1
                        done = self.koppla.run("run", "resume", run["id"], "--json")
                        self.assertEqual(done.document["outcome"], "complete", str(done))
                        left = done.document["undecided"]
                    elif not self.made(name):  # killed before the rows were frozen: nothing was begun
                        self.koppla.do("export", "demo", self.contact, "--table", "fresh", *words)
                    made = self.made(name)
                    self.assertEqual(sum(count - 1 for count in made.values()), 0, "doubled")
                    self.assertLessEqual(ROWS - len(made), left, "missing")
                    self.assertTrue(left == 0 or (what == "insert" and words[-1] not in self.crm.batches_asked))
                    self.assertLessEqual(left, ROWS)
                    undecided += left
        print(f"{self.crm}\nkilled at        times  of them resumed")
        for kind in self.KINDS:
            print(f"  {kind:<14} {killed[kind]:>5}  {resumed[kind]:>5}")
        print(f"  {'all':<14} {killed.total():>5}  {resumed.total():>5}; {undecided} rows undecided", flush=True)
        for kind in self.KINDS:
            self.assertGreaterEqual(killed[kind], MOMENTS // 2, f"too few kills hit {kind}")


class OfSalesforce(KilledExport, Scenario):
    crm = SALESFORCE


class OfDynamics(KilledExport, Scenario):
    crm = DYNAMICS


@soak
class OfSalesforceOnPostgres(KilledExport, Scenario):
    crm, store = SALESFORCE, Postgres
    KINDS = ("download",)  # the others are of SQLite's files


if __name__ == "__main__":
    main()
