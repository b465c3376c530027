"""An export of which some rows are bad, in twelve ways: exactly those are rejects, each with the CRM's own code and words,
and nothing of them arrived; all others did. Mended and replayed, none is left. KOPPLA_SOAK=1 sends 100,000 rows.
A thirteenth way, of accounts, is a value that the record type doesn't allow."""
import collections
import csv
import io

from kit import setting
from kit.scenario import Scenario, main

ROWS = {"on": 100_000 if setting.SOAK else 1_200, "off": 10_000 if setting.SOAK else 800}
BAD_SHARE = 0.03
COLUMNS = {"id": "Id", "last": "LastName", "email": "Email", "level": "Level__c", "account": "AccountId", "discount": "Discount__c",
           "born": "Birthdate", "code": "ExtKey__c", "home": "HomePhone"}
UNKNOWN_ACCOUNT = "001000000000001AAA"

# What makes a row bad: the column, its value, and what is said of it: a code, words of the message, the field.
BAD = {
    "too long": ("last", "x" * 81, "STRING_TOO_LONG", "data value too large", "LastName"),
    "empty": ("last", None, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName"),
    "no address": ("email", "nobody at home", "INVALID_EMAIL_ADDRESS", "nobody at home", "Email"),
    "no such choice": ("level", "Nowhere", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Nowhere", "Level__c"),
    "unknown parent": ("account", UNKNOWN_ACCOUNT, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", "AccountId"),
    "no id": ("account", "the large one", "MALFORMED_ID", "incorrect type", "AccountId"),
    "too large": ("discount", "123456.7", "NUMBER_OUTSIDE_VALID_RANGE", "outside of valid range", "Discount__c"),
    "no date": ("born", "yesterday", "INVALID_VALUE", "yesterday", "Birthdate"),
    "another's key": ("code", "TAKEN", "DUPLICATE_VALUE", "duplicate value found", ""),
    "against a rule": ("last", "Forbidden", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not with us.", "LastName"),
    "a duplicate": ("home", "+1 555 TWIN", "DUPLICATES_DETECTED", "Use one of these records?", ""),
    "deleted": ("id", "(a deleted record's)", "ENTITY_IS_DELETED", "entity is deleted", ""),
}

# Of accounts: a record type, services, and what is said of them.
CUSTOMER, PARTNER, UNKNOWN = "012000000000001AAA", "012000000000002AAA", "012000000000009AAA"
TYPED = [
    (CUSTOMER, "Advice", None), (PARTNER, "Repair", None), ("", "Training", None),
    (PARTNER, "Delivery;Advice", ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Advice",
                                  "Services__c")),
    ("", "Repair", ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Repair", "Services__c")),
    (UNKNOWN, "Repair", ("INVALID_CROSS_REFERENCE_KEY", f"this ID value isn't valid for the user: {UNKNOWN}", "RecordTypeId"))]


class Rejects(Scenario):
    def test_the_bad_rows_and_no_others_are_refused_each_with_its_reason(self):
        self.number = 0
        most = max(ROWS.values())
        self.org = self.sandbox({"Account": 50, "Contact": most + 2 * int(most * BAD_SHARE) + 10})
        self.org.post("/sandbox/rules", {
            "validation": [{"object": "Contact", "field": "LastName", "contains": "Forbidden", "message": "Not with us."}],
            "duplicates": [{"object": "Contact", "fields": ["HomePhone"], "action": "block"}]})
        self.koppla.add_account(self.org)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--fields", "Contact=" + ",".join([*COLUMNS.values(), "IsDeleted"]),
                       "--yes")
        self.twin()
        for way, rows in ROWS.items():
            with self.subTest(f"{rows} rows, --batch {way}"):
                self.send(way, rows)

    def test_what_a_record_type_does_not_allow_is_refused(self):
        org = self.sandbox({"Account": 60})
        self.koppla.add_account(org)
        self.koppla.do("wizard", "demo", "--tables", "Account", "--fields", "Account=Id,RecordTypeId,Services__c", "--yes")
        for shift, way in enumerate(("on", "off")):
            with self.subTest(f"--batch {way}"):
                before = {row["Id"]: row["Services__c"] for row in org.rows("Account")}
                rows = [(key, *TYPED[(number + shift) % len(TYPED)]) for number, key in enumerate(before)]
                listed = ", ".join(f"('{key}', nullif('{type}', ''), '{services}')" for key, type, services, _ in rows)
                self.koppla.place.change("drop table if exists typed; create table typed as select column1 as id, column2 as type,"
                                         f" column3 as services from (values {listed})")
                done = self.koppla.do("export", "demo", "Account", "--table", "typed", "--map",
                                      "id=Id,type=RecordTypeId:clear,services=Services__c", "--key", "Id", "--batch", way,
                                      "--json", code=4).document
                rejects = {reject["id"]: reject for reject in self.rejects(done["run"])}
                self.assertEqual(set(rejects), {key for key, _, _, why in rows if why})
                arrived = {row["Id"]: row["Services__c"] for row in org.rows("Account")}
                for key, _, services, why in rows:
                    self.assertEqual(arrived[key], before[key] if why else services)
                    if why:
                        symbol, words, field = why
                        self.assertEqual((rejects[key]["error_symbol"], rejects[key]["error_fields"]), (symbol, field))
                        self.assertIn(words, rejects[key]["error_message"])

    def twin(self):
        """One record that has what others mustn't."""
        self.koppla.place.change("create table twin as select 'Twin' as last, 'TAKEN' as code, '+1 555 TWIN' as home")
        self.koppla.do("export", "demo", "Contact", "--table", "twin", "--map", "last=LastName,code=ExtKey__c,home=HomePhone",
                       "--key", "ExtKey__c")

    def send(self, way, rows):
        self.number += 1
        bad = self.make_rows(rows)
        before = {row["Id"]: row for row in self.org.rows("Contact")}
        mapping = ",".join(f"{column}={field}{':clear' if column == 'last' else ''}" for column, field in COLUMNS.items())
        done = self.koppla.do("export", "demo", "Contact", "--table", "mine", "--map", mapping, "--key", "Id", "--batch", way,
                              "--json", code=4).document
        self.assertEqual((done["outcome"], done["done"], done["refused"], done["undecided"]),
                         ("complete", rows - len(bad), len(bad), 0))
        rejects = self.rejects(done["run"])
        self.check_reasons(rejects, bad)
        self.check_arrived(before, set(bad))
        mended = self.mend(rejects)
        again = self.koppla.do("run", "replay", done["run"], "--csv", mended, "--json").document
        self.assertEqual((again["done"], again["refused"]), (len(bad), 0))
        self.check_arrived(before, set())

    def make_rows(self, rows):
        """The table `mine`; which of its rows are bad, and how, by their codes."""
        self.koppla.do("import", "demo", "Contact")
        last = f"Sent{self.number}"
        self.koppla.place.change("drop table if exists mine")
        self.koppla.place.change(
            f"create table mine as select id, '{last}' as last, 'a' || row_number() over (order by id) || '@example.org' as email,"
            " 'Primary' as level, accountid as account, cast('12.25' as text) as discount, '1980-02-29' as born,"
            f" 'C{self.number}-' || row_number() over (order by id) as code,"
            f" '+{self.number} ' || row_number() over (order by id) as home, row_number() over (order by id) as number"
            " from demo_contact where isdeleted is not true and extkey__c is not 'TAKEN' order by id")
        with self.koppla.connect() as store:
            ids = [row[0] for row in store.execute("select id from mine order by number")]
        count = int(rows * BAD_SHARE) // len(BAD) * len(BAD)
        self.spare = ids[rows:rows + count // len(BAD)]
        doomed = ids[rows + len(self.spare):rows + 2 * len(self.spare)]
        self.koppla.place.change("create table doomed as select id from mine where number > "
                                 f"{rows + len(self.spare)} and number <= {rows + 2 * len(self.spare)}")
        self.koppla.do("delete", "demo", "Contact", "--table", "doomed", "--key-column", "id")
        self.koppla.place.change("drop table doomed")
        step = rows // count
        bad, changes = {}, [f"delete from mine where number > {rows}"]
        for i in range(count):
            kind = list(BAD)[i % len(BAD)]
            column, value, *_ = BAD[kind]
            number = 1 + i * step
            if kind == "deleted":
                value = doomed[i // len(BAD)]
            text = "null" if value is None else f"'{value}'"
            changes.append(f"update mine set {column} = {text} where number = {number}")
            bad[str(number)] = kind
        self.koppla.place.change("create index mine_number on mine (number); begin; " + "; ".join(changes) + "; commit")
        return bad

    def rejects(self, run):
        text = self.koppla.do("run", "rejects", run, "--csv").stdout
        return list(csv.DictReader(io.StringIO(text, newline="")))

    @staticmethod
    def number_of(reject):
        """By what isn't bad of it."""
        return reject["email"].split("@")[0][1:] if "@" in reject["email"] else reject["home"].split(" ")[1]

    def check_reasons(self, rejects, bad):
        self.assertEqual({self.number_of(reject) for reject in rejects}, set(bad))
        counted = collections.Counter()
        for reject in rejects:
            kind = bad[self.number_of(reject)]
            _, _, symbol, words, field = BAD[kind]
            told = f"{kind}: {reject}"
            self.assertEqual(reject["error_symbol"], symbol, told)
            self.assertIn(words, reject["error_message"], told)
            self.assertEqual(reject["error_fields"], field, told)
            counted[symbol] += 1
        for symbol, count in sorted(counted.items()):
            print(f"  {symbol:<42} {count:>5}")
        print(f"  {len(rejects)} rejects, each as it should be", flush=True)

    def check_arrived(self, before, bad):
        """Every row that was good is there, and of the bad ones nothing."""
        with self.koppla.connect() as store:
            sent = {row[0]: row[1:] for row in store.execute(
                "select id, number, email, code, home from mine" + (f" where number not in ({','.join(bad)})" if bad else ""))}
        if not bad:  # what was mended went to records of its own
            sent = {key: value for key, value in sent.items() if before.get(key, {}).get("IsDeleted") != "true"}
        arrived = 0
        for row in self.org.rows("Contact"):
            if row["Id"] in sent:
                if bad:
                    number, email, code, home = sent[row["Id"]]
                    self.assertEqual((row["LastName"], row["Email"], row["ExtKey__c"], row["HomePhone"], row["Discount__c"]),
                                     (f"Sent{self.number}", email, code, home, "12.25"), number)
                else:
                    self.assertEqual(row["LastName"], f"Sent{self.number}")
                arrived += 1
            elif row["Id"] in before and bad:
                self.assertEqual(row, before[row["Id"]])
        self.assertEqual(arrived, len(sent))

    def mend(self, rejects):
        """The rejects as a person corrects them, in a file."""
        good = {"last": f"Sent{self.number}", "level": "Primary", "account": "", "discount": "12.25", "born": "1980-02-29"}
        spare = iter(self.spare)
        for reject in rejects:
            number = self.number_of(reject)
            if reject["error_symbol"] == "ENTITY_IS_DELETED":
                reject["id"] = next(spare)
            reject.update(good, email=f"a{number}@example.org", code=f"C{self.number}-{number}", home=f"+{self.number} {number}")
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, rejects[0].keys())
        writer.writeheader()
        writer.writerows(rejects)
        (self.koppla.folder / "mended.csv").write_text(text.getvalue())
        return "mended.csv"


if __name__ == "__main__":
    main()
