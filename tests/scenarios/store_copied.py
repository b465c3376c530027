"""The demo's store, both CRMs in it, copied to the other database and back: every table gives the same bytes from all
three, and an import goes on in each copy with the changes alone. KOPPLA_SOAK=1 takes the demo's full size."""
import csv
import io

from kit import setting
from kit.compare import demand_equal
from kit.koppla import Koppla
from kit.scenario import FIVE, Scenario, main
from kit.store import Postgres, Sqlite

CONTACTS = 50_000 if setting.SOAK else 400
SHARES = [("Account", 5), ("Contact", 1), ("Lead", 4), ("Opportunity", 3), ("Order", 10)]
TABLES = {"demo": FIVE, "dyn": ["account", "contact", "lead", "opportunity", "salesorder"]}


def written(cell):
    if isinstance(cell, float):
        return repr(cell).removesuffix(".0")
    return "\\N" if cell is None else str(cell)


def exported(place):
    """Every table of records as CSV, by name: columns and rows in one order."""
    files = {}
    with place.connect() as store:
        for table in place.table_names():
            columns = ", ".join(f'"{name}"' for name in sorted(place.columns(table)))
            rows = store.execute(f'select {columns} from "{table}"').fetchall()
            text = io.StringIO(newline="")
            csv.writer(text).writerows(sorted([written(cell) for cell in row] for row in rows))
            files[table] = columns.encode() + b"\n" + text.getvalue().encode("utf-8", "surrogateescape")
    return files


class StoreCopied(Scenario):
    def setUp(self):
        super().setUp()
        names = TABLES["demo"] + TABLES["dyn"]
        records = {name: CONTACTS // share for name, (_, share) in zip(names, SHARES * 2)}
        self.org = self.sandbox({**records, "User": 25})
        self.koppla.add_account(self.org)
        self.koppla.add_account(self.org.dynamics, "dyn")
        for account, tables in TABLES.items():
            self.koppla.do("wizard", account, "--tables", ",".join(tables), "--yes")
            self.koppla.do("import", account, "--all")

    def copied(self, of, folder, kind):
        """A koppla with a copy of that one's store, in a folder and a database of its own."""
        copy = Koppla(f"{self.folder}/{folder}", kind)
        both = {**of.environment, **copy.environment}
        from_, to = (each.environment["KOPPLA_STORE"] for each in (of, copy))
        of.environment, own = both, of.environment
        try:
            tables = of.do("store", "copy", from_, to, "--json").document["tables"]
        finally:
            of.environment = own
        print(f"{of.place.name} to {copy.place.name}: {len(tables)} tables, {sum(each['rows'] for each in tables)} rows", flush=True)
        return copy

    def test_a_store_there_and_back_is_the_same_and_goes_on(self):
        there = self.copied(self.koppla, "there", Postgres)
        back = self.copied(there, "back", Sqlite)
        wanted = exported(self.koppla.place)
        self.assertGreater(sum(map(len, wanted.values())), 2_000 * 100)
        for copy in (there, back):
            found = exported(copy.place)
            self.assertEqual(sorted(found), sorted(wanted))
            for table, text in wanted.items():
                lines = zip(text.splitlines(), found[table].splitlines(), strict=True)
                differing = [pair for pair in lines if pair[0] != pair[1]]
                self.assertEqual(differing[:2], [], f"{table} differs in {copy.place.name}")
        print(f"{len(wanted)} tables, {sum(map(len, wanted.values()))} bytes of exports, equal from all three", flush=True)

        for crm, account, contact in ((self.org, "demo", "Contact"), (self.org.dynamics, "dyn", "contact")):
            crm.change(contact, update=40, delete=5, insert=10)
            for copy in (there, back):
                report = copy.imported(account, contact)[contact]
                self.assertLess(report["read"], CONTACTS // 2, "it began anew")
                self.assertEqual((report["outcome"], report["rejected"]), ("complete", 0))
        for copy in (there, back):
            demand_equal(self.org, copy, "demo", ["Contact"])
        self.assertEqual(exported(there.place), exported(back.place))
        self.assertNotEqual(exported(back.place), wanted)


if __name__ == "__main__":
    main()
