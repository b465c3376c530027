"""The disk is full while an import reads, stages or merges: told with the remedy, nothing lost, and gone on with."""
import subprocess

from kit.compare import demand_equal
from kit.scenario import Scenario, main
from kit.shim import preloaded

RECORDS = 4_000


class FullDisk(Scenario):
    def setUp(self):
        super().setUp()
        self.org = self.sandbox({"Contact": RECORDS, "Account": 50})
        self.koppla.add_account(self.org)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")

    def import_full_at(self, place):
        return subprocess.run(self.koppla.command("import", "demo", "Contact"), capture_output=True, text=True,
                              env={**self.koppla.environment, **preloaded(), "KOPPLA_FULL_AT": place},
                              cwd=self.koppla.folder, timeout=300)

    def test_a_full_disk_is_told_and_an_import_goes_on_when_there_is_room(self):
        for name, before in (("first", lambda: None),
                             ("later", lambda: self.org.change("Contact", update=2_000, delete=20, insert=50))):
            before()
            tables = self.koppla.tables()
            for place in ("stage:1", "stage:40", "merge:1", "merge:30"):
                with self.subTest(f"{name}: full at {place}"):
                    done = self.import_full_at(place)
                    self.assertIn(done.returncode, (1, 3), done.stderr)
                    self.assertRegex(done.stderr, "(?i)disk|full|space")
                    self.assertEqual(self.koppla.tables(), tables)
                    print(f"{name}, full at {place}: ended with {done.returncode}, nothing changed", flush=True)
            self.koppla.do("import", "demo", "Contact")
            demand_equal(self.org, self.koppla, "demo", ["Contact"])
            self.assertTrue(self.koppla.is_alone())


if __name__ == "__main__":
    main()
