"""Requests of an export that are lost on the way, or carried out with their answers cut or lost: whatever request of
whatever interface it is, in the end the CRM has every row once, by the run itself or by `run resume`; only creations
without a key can end as undecided, listed, and no more than were on their way. KOPPLA_SOAK=1 tries every request of each."""
import collections
import json
import random

from kit import setting
from kit.crm import DYNAMICS, SALESFORCE
from kit.scenario import Scenario, main

ROWS = 700 if setting.SOAK else 250
MOMENTS = None if setting.SOAK else 2  # of each case; None: all
FAULTS = ({"kind": "lost"}, {"kind": "no-answer"}, {"kind": "cut"})


class CutExport:
    def setUp(self):
        super().setUp()
        self.random = random.Random(setting.SEED)
        self.contact, self.number = self.crm.contact, 0
        self.org = self.sandbox(self.crm.records(20, 5), crm=self.crm)
        self.org.grant_unlimited_requests()
        self.koppla.add_account(self.org)
        fields = f"{self.contact}={self.crm.fields},{self.crm.external_key}"
        self.koppla.do("wizard", "demo", "--tables", self.contact, "--fields", fields, "--yes")

    def cases(self):
        """What is done, by which words, and how many rows can be on their way when nothing can be asked."""
        key, last, identifier = self.crm.external_key, self.crm.last_name, self.crm.key
        for way in self.crm.batches:
            undecided = 0 if way in self.crm.batches_asked else self.crm.rows_a_request
            batch = ("--batch", way)
            yield "upsert", ("export", "--map", f"code={key},last={last}", "--key", key, *batch), 0
            yield "insert", ("export", "--map", f"last={last}", *batch), undecided
            yield "update", ("export", "--map", f"id={identifier},last={last}", *batch), 0
            yield "delete", ("delete", "--key-column", "id", *batch), 0

    def write(self, words, code=None):
        verb, *others = words
        done = self.koppla.run(verb, "demo", self.contact, "--table", "fresh", *others, "--json")
        self.assertIn(done.code, (0, 3, 4) if code is None else (code,), str(done))
        return done.document

    def fresh(self, what):
        """Rows that the CRM hasn't seen, or, where there has to be something, has under an older name."""
        self.number += 1
        name = f"Run{self.number:04}"
        self.koppla.place.change("drop table if exists fresh; create table fresh (code text, id text, last text)")
        rows = [(f"{name}-{i}", "", f"{name} {i}") for i in range(ROWS)]
        self.koppla.place.change("insert into fresh values " + ", ".join(f"('{code}', null, 'Old {last}')" for code, _, last in rows))
        if what in ("update", "delete"):
            key = self.crm.external_key
            self.write(("export", "--map", f"code={key},last={self.crm.last_name}", "--key", key, "--batch", "auto"), code=0)
            ids = {row[key]: row[self.crm.key] for row in self.org.rows(self.contact, [key, self.crm.key])
                   if row[key].startswith(name + "-")}
            rows = [(code, ids[code], last) for code, _, last in rows]
        self.koppla.place.change("delete from fresh; insert into fresh values " +
                                 ", ".join(f"('{code}', '{identifier}', '{last}')" for code, identifier, last in rows))
        return name

    def arrived(self, what, name):
        """How often the CRM has each row, or what is left of those that were to go."""
        rows = [row for row in self.org.rows(self.contact, [self.crm.last_name, *self.crm.deleted])
                if all(row[flag] != "true" for flag in self.crm.deleted)]
        prefix = ("Old " if what == "delete" else "") + name + " "
        return collections.Counter(row[self.crm.last_name] for row in rows if row[self.crm.last_name].startswith(prefix))

    def requests(self, what, words):
        """How many requests an untroubled run makes of the API."""
        self.fresh(what)
        before = len(self.org.journal())
        self.write(words, code=0)
        return sum(self.crm.api in entry["path"] for entry in self.org.journal()[before:])

    def suffers(self, what, words, undecided_max, at, fault):
        name = self.fresh(what)
        self.org.post("/sandbox/faults", {"next": [{**fault, "match": f"{self.crm.api}*", "skip": at}]})
        report = self.write(words)
        struck = [f"{each['method']} {each['kind']}" for each in json.loads(self.org.fetch("/sandbox/faults"))["done"]
                  if each["struck"]]
        self.org.fetch("/sandbox/faults", method="DELETE")
        if report["outcome"] == "interrupted":
            self.resumed += 1
            report = self.koppla.do("run", "resume", report["run"], "--json").document
        self.assertEqual((report["outcome"], report["refused"]), ("complete", 0))
        self.assertLessEqual(report["undecided"], undecided_max)
        self.undecided += report["undecided"]
        arrived = self.arrived(what, name)
        self.assertEqual(sum(count - 1 for count in arrived.values()), 0, "doubled")
        wanted = 0 if what == "delete" else ROWS
        self.assertLessEqual(abs(wanted - len(arrived)), report["undecided"], "missing")
        self.struck.update(struck)

    def test_every_row_arrives_once_whatever_is_cut(self):
        for what, words, undecided_max in self.cases():
            self.struck, self.resumed, self.undecided = collections.Counter(), 0, 0
            count = self.requests(what, words)
            moments = [(at, fault) for at in range(count) for fault in FAULTS]
            for at, fault in moments if MOMENTS is None else self.random.sample(moments, min(MOMENTS, len(moments))):
                with self.subTest(f"{what} {words}: {fault['kind']} at request {at} of {count}"):
                    self.suffers(what, words, undecided_max, at, fault)
            told = ", ".join(f"{kind} {times}" for kind, times in sorted(self.struck.items()))
            print(f"{self.crm} {what:<6} --batch {words[-1]:<4} {count:>3} requests; {told}; resumed {self.resumed}, "
                  f"undecided rows {self.undecided}", flush=True)


class OfSalesforce(CutExport, Scenario):
    crm = SALESFORCE


class OfDynamics(CutExport, Scenario):
    crm = DYNAMICS


if __name__ == "__main__":
    main()
