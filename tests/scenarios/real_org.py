"""A real org's describes and records through account, wizard and import; then the org's own CSV files are
compared with the store by Python's csv, and sqlite3 or psql, alone. Skipped only where the shared data is absent."""
import csv
import json
import sys

from kit import setting
from kit.compare import compare
from kit.sandbox import decimal_fields
from kit.scenario import Scenario, main, soak
from kit.store import Postgres

ORG = setting.SHARED / "data" / "salesforce" / "org-npsp"
SKIPPED = 77  # as ctest is told


def records():
    """The org's CSV files, read as they lie there, and which of their fields are decimals."""
    for path in sorted((ORG / "records").glob("*.csv")):
        describe = json.loads((ORG / "describe" / f"{path.stem}.json").read_text())
        with open(path, encoding="utf-8", newline="") as file:
            yield path.stem, list(csv.DictReader(file)), decimal_fields(describe)


class RealOrg:
    def test_every_record_and_cell_of_the_org_arrives(self):
        described = sorted(path.stem for path in (ORG / "describe").glob("*.json") if not path.stem.startswith("_"))
        sandbox = self.sandbox(org=ORG)
        for misfit in sandbox.state()["misfits"]:
            print("the sandbox says:", misfit)
        self.koppla.add_account(sandbox, "npsp")
        self.koppla.do("wizard", "npsp", "--tables", ",".join(described), "--yes")
        for way in ("auto", "bulk"):
            with self.subTest(way):
                self.koppla.do("import", "npsp", "--all", "--via", way, *(["--full"] if way == "bulk" else []))
                results = [compare(rows, self.koppla, f"npsp_{name.lower()}", numbers) for name, rows, numbers in records()]
                for result in results:
                    print(result)
                different = sum(result.different for result in results)
                print(f"real org by {way}: {sum(r.records for r in results)} records, "
                      f"{sum(r.cells for r in results)} cells compared, {different} different", flush=True)
                self.assertEqual(different, 0, "\n".join(text for r in results for text in r.examples))
                self.assertGreater(sum(r.records for r in results), 7000)


class OfSqlite(RealOrg, Scenario):
    pass


@soak
class OfPostgres(RealOrg, Scenario):
    store = Postgres


if __name__ == "__main__":
    if not ORG.is_dir():
        print(f"skipped: {ORG} is absent")
        sys.exit(SKIPPED)
    main()
