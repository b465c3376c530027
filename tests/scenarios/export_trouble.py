"""What goes wrong in the middle of an export: it says so, and in the end every row has arrived once."""
import collections
import json

from kit import setting
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main

ROWS = 2_500
LARGE_ROWS = 6_500 if setting.SOAK else 1_500  # of 32,000 letters: more than a job takes


class ExportTrouble:
    def setUp(self):
        super().setUp()
        self.contact, self.key, self.last = self.crm.contact, self.crm.external_key, self.crm.last_name
        self.org = self.sandbox(self.crm.records(20, 5), crm=self.crm)

    def make_tables(self):
        self.koppla.do("wizard", "demo", "--tables", self.contact, "--fields",
                       f"{self.contact}={self.last},{self.key},{self.long_text}", "--yes")
        self.koppla.place.change("create table fresh (code text, last text)")
        self.koppla.place.change("insert into fresh values " + ", ".join(f"('T{i}', '')" for i in range(ROWS)))

    def words(self, batch, name):
        """Of an export of rows that all have a new name."""
        self.koppla.place.change(f"update fresh set last = 'Trouble {name} ' || code")
        return ("export", "demo", self.contact, "--table", "fresh", "--map", f"code={self.key},last={self.last}", "--key",
                self.key, "--batch", batch, "--json")

    def strike(self, kind, match, **more):
        self.org.post("/sandbox/faults", {"next": [{"kind": kind, "match": match, **more}]})

    def demand_interrupted(self, done, *tells):
        self.assertEqual((done.code, done.document["outcome"]), (3, "interrupted"), str(done))
        for each in (*tells, f"koppla run resume {done.document['run']}"):
            self.assertIn(each, done.stderr)

    def demand_all_once(self, name):
        made = collections.Counter(row[self.last] for row in self.org.rows(self.contact, [self.last])
                                   if row[self.last].startswith(f"Trouble {name} "))
        self.assertEqual((len(made), made.total()), (ROWS, ROWS))

    def demand_end_by_resuming(self, done, name):
        report = self.koppla.do("run", "resume", done.document["run"], "--json").document
        self.assertEqual((report["outcome"], report["undecided"], report["refused"]), ("complete", 0, 0))
        self.demand_all_once(name)

    def test_a_user_that_is_locked_out_in_the_middle_is_told_as_such(self):
        self.add_account()
        self.make_tables()
        for batch in self.crm.batches:
            with self.subTest(batch):
                self.strike("latency", f"{self.crm.api}*", ms=500, times=1_000)
                process = self.started(*self.words(batch, batch))
                while not any(each["struck"] for each in json.loads(self.org.fetch("/sandbox/faults"))["done"]):
                    self.assertIsNone(process.poll())
                self.org.post("/sandbox/auth", self.locked_out)
                self.org.post("/sandbox/session/expire")
                done = self.koppla.outcome_of(process)
                self.demand_interrupted(done, self.told)
                self.org.fetch("/sandbox/faults", method="DELETE")
                self.org.post("/sandbox/auth", self.let_in)
                self.demand_end_by_resuming(done, batch)


class OfSalesforce(ExportTrouble, Scenario):
    crm, long_text = SALESFORCE, "Description"
    JOB = "/services/data/*/jobs/ingest/*"
    locked_out, let_in, told = {"approval": "missing"}, {"approval": "given"}, "approve"

    def add_account(self):
        self.koppla.add_account(self.org, auth="jwt", username=self.org.ready["username"])
        self.org.post("/sandbox/auth", {"certificate": self.koppla.do("account", "certificate", "demo").stdout})

    def test_a_job_that_somebody_deleted_aborted_or_broke_is_sent_again(self):
        self.add_account()
        self.make_tables()
        for kind in ("job-gone", "job-aborted", "job-failed"):
            with self.subTest(kind):
                self.strike(kind, self.JOB, method="GET")
                done = self.koppla.do(*self.words("on", kind)).document
                self.assertEqual((done["outcome"], done["refused"], done["undecided"]), ("complete", 0, 0))
                self.demand_all_once(kind)

    def test_what_is_more_than_a_job_takes_goes_in_several(self):
        self.add_account()
        self.make_tables()
        self.koppla.place.change(f"""create table large as with recursive numbers(i) as
                                     (select 1 union all select i + 1 from numbers where i < {LARGE_ROWS})
                                     select 'L' || i as code, hex(randomblob(16000)) as story from numbers""")
        done = self.koppla.do("export", "demo", self.contact, "--table", "large", "--map",
                              f"code={self.key},code={self.last},story={self.long_text}", "--key", self.key, "--batch", "on",
                              "--json").document
        self.assertEqual((done["outcome"], done["created"], done["refused"]), ("complete", LARGE_ROWS, 0))
        with self.koppla.connect() as store:
            sent = dict(store.execute("select code, story from large").fetchall())
        arrived = {row[self.key]: row[self.long_text] for row in self.org.rows(self.contact, [self.key, self.long_text])}
        self.assertTrue(sent.items() <= arrived.items())
        print(f"{sum(map(len, sent.values())):,} letters, peak memory {done['peak_memory_mib']:.0f} MiB", flush=True)
        if setting.SOAK:
            self.assertLess(done["peak_memory_mib"], 45)

    def test_an_allowance_that_ends_in_the_middle_stops_the_run(self):
        self.add_account()
        self.make_tables()
        for batch, left in (("on", 3), ("off", 2)):
            with self.subTest(batch):
                self.org.post("/sandbox/limits", {"used": 10_000 - left, "daily_max": 10_000})
                done = self.koppla.run(*self.words(batch, batch))
                self.demand_interrupted(done, "allowance")
                self.org.post("/sandbox/limits", {"used": 0, "daily_max": 1_000_000})
                self.demand_end_by_resuming(done, batch)


class OfDynamics(ExportTrouble, Scenario):
    crm, long_text = DYNAMICS, "description"
    locked_out, let_in, told = {"member": "disabled"}, {"member": "enabled"}, "disabled"

    def add_account(self):
        self.koppla.add_account(self.org)


if __name__ == "__main__":
    main()
