"""kill -9 at random moments of an import, placed by its progress; after one rerun the store is as if nothing had
happened. First imports and later ones, in every way that the CRM can be read. KOPPLA_SOAK=1 makes it 200 moments."""
import collections
import os
import pathlib
import random
import signal
import subprocess

from kit import setting
from kit.compare import demand_equal
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main
from kit.shim import preloaded

MOMENTS = 40 if setting.SOAK else 5  # of each kind
KINDS = ("download", "stage", "merge", "before", "after")
RECORDS = 12_000 if setting.SOAK else 6_000


class Killed:
    def setUp(self):
        super().setUp()
        self.random = random.Random(setting.SEED)
        self.contact = self.crm.contact
        self.org = self.sandbox(self.crm.records(RECORDS, 200), crm=self.crm)
        self.koppla.add_account(self.org)
        fields = ["--fields", f"{self.contact}={self.crm.fields}"] if self.crm.keeps_fields_back else []
        self.koppla.do("wizard", "demo", "--tables", self.contact, *fields, "--yes")

    def import_under(self, way, **environment):
        """An import with the shim preloaded, run to its end."""
        command = self.koppla.command("import", "demo", self.contact, "--via", way)
        return subprocess.run(command, env={**self.koppla.environment, **preloaded(), **environment},
                              cwd=self.koppla.folder, capture_output=True, text=True, timeout=300)

    def moments(self, place, way):
        """How many moments of each kind an import has from here."""
        self.koppla.restore(place)
        count_file = pathlib.Path(self.folder) / "moments"
        done = self.import_under(way, KOPPLA_KILL_COUNT=str(count_file))
        self.assertEqual(done.returncode, 0, done.stderr)
        demand_equal(self.org, self.koppla, "demo", [self.contact])
        counts = dict(line.split() for line in count_file.read_text().splitlines())
        return {kind: int(count) for kind, count in counts.items()}, self.koppla.tables()

    def test_a_rerun_after_kill_9_ends_as_if_nothing_had_happened(self):
        first = self.koppla.save(self.folder + "/first")
        self.koppla.do("import", "demo", self.contact)
        self.org.change(self.contact, update=RECORDS // 3, delete=RECORDS // 50, insert=RECORDS // 10)
        later = self.koppla.save(self.folder + "/later")
        cases = [(f"{words}, {way}", place, way) for words, place in (("first", first), ("later", later))
                 for way in self.crm.ways]
        seen = {name: self.moments(place, way) for name, place, way in cases}
        killed, gone_on = collections.Counter(), collections.Counter()
        for kind in KINDS:
            for i in range(MOMENTS):
                name, place, way = cases[i % len(cases)]
                counts, wanted = seen[name]
                # A merge's own commit comes last but for the log's end: the tail is where it matters.
                span = counts[kind] if kind not in ("before", "after") else min(counts[kind], 3)
                at = counts[kind] - self.random.randrange(span)
                with self.subTest(f"{name}: killed at {kind} {at} of {counts[kind]}"):
                    self.koppla.restore(place)
                    done = self.import_under(way, KOPPLA_KILL_AT=f"{kind}:{at}")
                    if done.returncode == -signal.SIGKILL:
                        killed[kind] += 1
                    else:
                        # Threads share the work out differently each time: it may be over before that moment.
                        self.assertEqual(done.returncode, 0, done.stderr)
                    report = self.koppla.imported("demo", self.contact, "--via", way)[self.contact]
                    gone_on[kind] += any("goes on where" in notice for notice in report["notices"])
                    self.assertEqual(report["outcome"], "complete")
                    self.assertEqual(self.koppla.tables(), wanted)
                    self.assertTrue(self.koppla.is_alone(), os.listdir(self.koppla.folder))
        print(f"{self.crm}\nkilled at        times  of them gone on with from what was staged")
        for kind in KINDS:
            print(f"  {kind:<14} {killed[kind]:>5}  {gone_on[kind]:>5}")
        print(f"  {'all':<14} {killed.total():>5}  {gone_on.total():>5}", flush=True)
        for kind in KINDS:
            self.assertGreaterEqual(killed[kind], MOMENTS // 2, f"too few kills hit {kind}")
        self.assertGreater(gone_on["stage"] + gone_on["merge"], 0, "no rerun went on with what was staged")


class OfSalesforce(Killed, Scenario):
    crm = SALESFORCE


class OfDynamics(Killed, Scenario):
    crm = DYNAMICS


if __name__ == "__main__":
    main()
