"""An export of which some rows are bad, in twelve ways: exactly those are rejects, each with the CRM's own code and words,
and nothing of them arrived; all others did. Mended and replayed, none is left. KOPPLA_SOAK=1 sends 100,000 rows.
A thirteenth way, of accounts in Salesforce, is a value that the record type doesn't allow."""
import collections
import csv
import io

from kit import setting
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main

BAD_SHARE = 0.03
DELETED = "(a deleted record's)"

# Of accounts: a record type, services, and what is said of them.
CUSTOMER, PARTNER, UNKNOWN = "012000000000001AAA", "012000000000002AAA", "012000000000009AAA"
TYPED = [
    (CUSTOMER, "Advice", None), (PARTNER, "Repair", None), ("", "Training", None),
    (PARTNER, "Delivery;Advice", ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Advice",
                                  "Services__c")),
    ("", "Repair", ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for restricted picklist field: Repair", "Services__c")),
    (UNKNOWN, "Repair", ("INVALID_CROSS_REFERENCE_KEY", f"this ID value isn't valid for the user: {UNKNOWN}", "RecordTypeId"))]


class Rejects:
    """`columns` are those that are sent: each one's field, and what a good row has in it: a text, of which {turn} is the
    export's number and # the row's, or None, which is what the record has already.
    `bad` is what makes a row bad: the column, its value, and what is said of it: a code, words of the message, the field.
    The columns email, code and home tell one row from another, and each bad row has at least one of them as it should be."""

    def test_the_bad_rows_and_no_others_are_refused_each_with_its_reason(self):
        self.turn = 0
        most = max(self.ways.values())
        self.org = self.sandbox(self.crm.records(most + 2 * int(most * BAD_SHARE) + 10, 50), crm=self.crm)
        self.org.grant_unlimited_requests()
        self.make_rules()
        self.koppla.add_account(self.org)
        fields = [field.split(".")[0] for field, _ in self.columns.values()]
        self.koppla.do("wizard", "demo", "--tables", self.crm.contact, "--fields",
                       f"{self.crm.contact}=" + ",".join([*fields, *self.crm.deleted]), "--yes")
        self.make_twin()
        for way, rows in self.ways.items():
            with self.subTest(f"{rows} rows, --batch {way}"):
                self.send(way, rows)

    def field(self, column):
        return self.columns[column][0]

    def make_twin(self):
        """One record that has what others mustn't."""
        self.koppla.place.change("create table twin as select 'Twin' as last, 'TAKEN' as code, '+1 555 TWIN' as home")
        mapping = ",".join(f"{column}={self.field(column)}" for column in ("last", "code", "home"))
        self.koppla.do("export", "demo", self.crm.contact, "--table", "twin", "--map", mapping, "--key", self.field("code"))

    def send(self, way, rows):
        self.turn += 1
        bad = self.make_rows(rows)
        before = {row[self.crm.key]: row for row in self.org.rows(self.crm.contact)}
        mapping = ",".join(f"{column}={field}{':clear' if column == 'last' else ''}"
                           for column, (field, _) in {"id": (self.crm.key, ""), **self.columns}.items())
        done = self.koppla.do("export", "demo", self.crm.contact, "--table", "mine", "--map", mapping, "--key", self.crm.key,
                              "--batch", way, "--json", code=4).document
        self.assertEqual((done["outcome"], done["done"], done["refused"], done["undecided"]),
                         ("complete", rows - len(bad), len(bad), 0))
        rejects = self.rejects(done["run"])
        self.check_reasons(rejects, bad)
        self.check_arrived(before, set(bad))
        mended = self.mend(rejects, bad)
        again = self.koppla.do("run", "replay", done["run"], "--csv", mended, "--json").document
        self.assertEqual((again["done"], again["refused"]), (len(bad), 0))
        self.check_arrived(before, set())

    def good(self, column):
        """A good row's value: a query's expression over the records and their numbers."""
        field, text = self.columns[column]
        if text is None:
            return field.split(".")[0].lower()
        return f"replace('{text.format(turn=self.turn)}', '#', row_number() over (order by {self.crm.key}))"

    def make_rows(self, rows):
        """The table `mine`; which of its rows are bad, and how, by their numbers."""
        self.koppla.do("import", "demo", self.crm.contact)
        self.koppla.place.change("drop table if exists mine")
        self.koppla.place.change(
            f"create table mine as select {self.crm.key} as id, row_number() over (order by {self.crm.key}) as number, "
            + ", ".join(f"{self.good(column)} as {column}" for column in self.columns)
            + f" from {self.crm.table()} where isdeleted is not true and {self.field('code')} is not 'TAKEN'")
        with self.koppla.connect() as store:
            ids = [row[0] for row in store.execute("select id from mine order by number")]
        count = int(rows * BAD_SHARE) // len(self.bad) * len(self.bad)
        self.spare = ids[rows:rows + count // len(self.bad)]
        first, last = rows + len(self.spare), rows + 2 * len(self.spare)
        doomed = ids[first:last]
        self.koppla.place.change(f"create table doomed as select id from mine where number > {first} and number <= {last}")
        self.koppla.do("delete", "demo", self.crm.contact, "--table", "doomed", "--key-column", "id")
        self.koppla.place.change("drop table doomed")
        bad, changes = {}, [f"delete from mine where number > {rows}"]
        for i in range(count):
            kind = list(self.bad)[i % len(self.bad)]
            column, value, *_ = self.bad[kind]
            number = 1 + i * (rows // count)
            value = doomed[i // len(self.bad)] if value == DELETED else value
            changes.append(f"update mine set {column} = {'null' if value is None else repr(value)} where number = {number}")
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
            _, _, symbol, words, field = self.bad[kind]
            told = f"{kind}: {reject}"
            self.assertEqual(reject["error_symbol"], symbol, told)
            self.assertIn(words, reject["error_message"], told)
            self.assertEqual(reject["error_fields"], field, told)
            counted[f"{symbol} {kind}"] += 1
        for reason, count in sorted(counted.items()):
            print(f"  {reason:<56} {count:>5}")
        print(f"  {len(rejects)} rejects, each as it should be", flush=True)

    def check_arrived(self, before, bad):
        """Every row that was good is there, and of the bad ones nothing."""
        told = ("last", "email", "code", "home")
        with self.koppla.connect() as store:
            sent = {row[0]: row[1:] for row in store.execute(
                f"select id, {', '.join(told)} from mine" + (f" where number not in ({','.join(bad)})" if bad else ""))}
        if not bad:  # what was mended went to records of its own
            sent = {key: value for key, value in sent.items()
                    if key in before and all(before[key][mark] != "true" for mark in self.crm.deleted)}
        arrived = 0
        for row in self.org.rows(self.crm.contact):
            key = row[self.crm.key]
            if key in sent:
                got = tuple(row[self.field(column)] for column in told)
                if bad:
                    self.assertEqual(got, sent[key])
                else:
                    self.assertEqual(got[0], f"Sent{self.turn}")
                arrived += 1
            elif key in before and bad:
                self.assertEqual(row, before[key])
        self.assertEqual(arrived, len(sent))

    def mend(self, rejects, bad):
        """The rejects as a person corrects them, in a file."""
        spare = iter(self.spare)
        for reject in rejects:
            number = self.number_of(reject)
            if self.bad[bad[number]][1] == DELETED:
                reject["id"] = next(spare)
            reject.update({column: (text or "").format(turn=self.turn).replace("#", number)
                           for column, (_, text) in self.columns.items()})
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, rejects[0].keys())
        writer.writeheader()
        writer.writerows(rejects)
        (self.koppla.folder / "mended.csv").write_text(text.getvalue())
        return "mended.csv"


class OfSalesforce(Rejects, Scenario):
    crm = SALESFORCE
    ways = {"on": 100_000 if setting.SOAK else 1_200, "off": 10_000 if setting.SOAK else 800}
    columns = {"last": ("LastName", "Sent{turn}"), "email": ("Email", "a#@example.org"), "level": ("Level__c", "Primary"),
               "account": ("AccountId", None), "discount": ("Discount__c", "12.25"), "born": ("Birthdate", "1980-02-29"),
               "code": ("ExtKey__c", "C{turn}-#"), "home": ("HomePhone", "+{turn} #")}
    bad = {
        "too long": ("last", "x" * 81, "STRING_TOO_LONG", "data value too large", "LastName"),
        "empty": ("last", None, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName"),
        "no address": ("email", "nobody at home", "INVALID_EMAIL_ADDRESS", "nobody at home", "Email"),
        "no such choice": ("level", "Nowhere", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Nowhere", "Level__c"),
        "unknown parent": ("account", "001000000000001AAA", "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id",
                           "AccountId"),
        "no id": ("account", "the large one", "MALFORMED_ID", "incorrect type", "AccountId"),
        "too large": ("discount", "123456.7", "NUMBER_OUTSIDE_VALID_RANGE", "outside of valid range", "Discount__c"),
        "no date": ("born", "yesterday", "INVALID_VALUE", "yesterday", "Birthdate"),
        "another's key": ("code", "TAKEN", "DUPLICATE_VALUE", "duplicate value found", ""),
        "against a rule": ("last", "Forbidden", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Not with us.", "LastName"),
        "a duplicate": ("home", "+1 555 TWIN", "DUPLICATES_DETECTED", "Use one of these records?", ""),
        "deleted": ("id", DELETED, "ENTITY_IS_DELETED", "entity is deleted", ""),
    }

    def make_rules(self):
        self.org.post("/sandbox/rules", {
            "validation": [{"object": "Contact", "field": "LastName", "contains": "Forbidden", "message": "Not with us."}],
            "duplicates": [{"object": "Contact", "fields": ["HomePhone"], "action": "block"}]})

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


class OfDynamics(Rejects, Scenario):
    crm = DYNAMICS
    ways = {"auto": 100_000 if setting.SOAK else 1_200}
    columns = {"last": ("lastname", "Sent{turn}"), "email": ("emailaddress1", "a#@example.org"), "level": ("gendercode", "2"),
               "account": ("parentcustomerid.account", ""), "children": ("numberofchildren", "3"),
               "score": ("new_score", "12.25"), "born": ("birthdate", "1980-02-29"), "state": ("statecode", "0"),
               "status": ("statuscode", "1"), "code": ("new_externalkey", "C{turn}-#"), "home": ("telephone2", "+{turn} #")}
    bad = {
        "too long": ("last", "x" * 51, "0x80044331", "maximum allowed length of '50'", "lastname"),
        "no such choice": ("level", "7", "0x8004431a", "'gendercode'", "gendercode"),
        "unknown parent": ("account", "00000000-0000-0000-0000-000000000001", "0x80040217", "account With Id =", ""),
        "no id": ("account", "the large one", "INVALID_VALUE", "'the large one' is no GUID", "parentcustomerid"),
        "too few": ("children", "-1", "0x8004432f", "'numberofchildren'", "numberofchildren"),
        "too large": ("score", "2000000000", "0x80044330", "'new_score'", "new_score"),
        "no date": ("born", "yesterday", "INVALID_VALUE", "yesterday", "birthdate"),
        "too early": ("born", "1752-12-31", "0x80040239", "1752-12-31", ""),
        "another state's": ("status", "2", "0x80048408", "2 is not a valid status code for state code 0", ""),
        "another's key": ("code", "TAKEN", "0x80060892", "same value for new_externalkey", ""),
        "a duplicate": ("home", "+1 555 TWIN", "0x80040333", "a duplicate of the current record already exists", ""),
        "deleted": ("id", DELETED, "0x80040217", "contact With Id =", ""),
    }

    def make_rules(self):
        self.org.post("/sandbox/duplicates", {"object": "contact", "fields": ["telephone2"]})


if __name__ == "__main__":
    main()
