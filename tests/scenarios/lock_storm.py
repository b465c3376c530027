"""A lock storm: many children of 20 parents, in an order that has nothing to do with their parents, in a Salesforce org
that locks a parent while a child is saved. Sent as they come, by requests side by side and by a job, they lock each other
out by the thousand; koppla puts one parent's children together, and all of them arrive. KOPPLA_SOAK=1 makes it 50,000
children."""
import concurrent.futures
import json
import random
import time
import urllib.request

from kit import setting
from kit.scenario import Scenario, main

CHILDREN = 50_000 if setting.SOAK else 2_000
PARENTS = 20
# A job is worked on in five batches side by side, in both forms.
BATCH_ROWS, CHUNK_ROWS = CHILDREN // 5, 200 if setting.SOAK else 10
REQUEST_ROWS, SIDE_BY_SIDE = 200 if setting.SOAK else 20, 8
SERVED_MIN = CHILDREN // 50  # to a naive order: 1,000 of 50,000
FEWER = 5  # of ours: by that factor at least
DATA = "/services/data/v60.0"


class LockStorm(Scenario):
    def setUp(self):
        super().setUp()
        self.org = self.sandbox({"Account": PARENTS, "Contact": CHILDREN}, seed=setting.SEED)
        self.koppla.add_account(self.org)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--fields", "Contact=OwnerId,AccountId,Title", "--yes")
        self.random = random.Random(setting.SEED)
        self.parents = sorted(row["Id"] for row in self.org.rows("Account"))
        self.owners = sorted(row["Id"] for row in self.org.rows("User") if row["IsActive"] == "true")
        self.children = [row["Id"] for row in self.org.rows("Contact")]

    def shuffled(self, title):
        """Each child with another parent, drawn by lot, and a title that tells this time from all others."""
        self.random.shuffle(self.children)
        self.rows = [(child, self.random.choice(self.parents), title) for child in self.children]
        self.org.post("/sandbox/locks", {"enabled": True, "seed": setting.SEED, "batch_rows": BATCH_ROWS,
                                         "chunk_rows": CHUNK_ROWS})

    def served(self):
        """Lock errors since the rows were shuffled."""
        return json.loads(self.org.fetch("/sandbox/locks"))["served"]

    def arrived(self):
        """How many of the rows the org has as they are."""
        kept = {row["Id"]: (row["AccountId"], row["Title"]) for row in self.org.rows("Contact")}
        return sum(kept[child] == (parent, title) for child, parent, title in self.rows)

    def ask(self, path, body=None, method="POST", kind="application/json"):
        """An answer of the org's API to a client that knows nothing of locks."""
        request = urllib.request.Request(self.org.url + DATA + path, data=body and body.encode(), method=method,
                                         headers={"Authorization": f"Bearer {self.org.ready['access_token']}",
                                                  "Content-Type": kind})
        with self.org.opener.open(request, timeout=120) as answer:
            return json.loads(answer.read() or "null")

    def by_requests(self):
        """The rows as they come, some a request, some requests side by side; once."""
        def send(begin):
            records = [{"attributes": {"type": "Contact"}, "Id": child, "AccountId": parent, "Title": title}
                       for child, parent, title in self.rows[begin:begin + REQUEST_ROWS]]
            answer = self.ask("/composite/sobjects", json.dumps({"allOrNone": False, "records": records}), "PATCH")
            return [error["statusCode"] for result in answer for error in result["errors"]]

        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as lanes:
            told = [code for codes in lanes.map(send, range(0, CHILDREN, REQUEST_ROWS)) for code in codes]
        self.assertEqual(set(told), {"UNABLE_TO_LOCK_ROW"})
        return len(told)

    def by_job(self):
        """The rows as they come, in one job, which the org works on in batches side by side."""
        job = self.ask("/jobs/ingest", json.dumps({"object": "Contact", "operation": "update", "lineEnding": "LF"}))["id"]
        lines = "".join(",".join(row) + "\n" for row in self.rows)
        self.ask(f"/jobs/ingest/{job}/batches", "Id,AccountId,Title\n" + lines, "PUT", "text/csv")
        self.ask(f"/jobs/ingest/{job}", json.dumps({"state": "UploadComplete"}), "PATCH")
        while (state := self.ask(f"/jobs/ingest/{job}", method="GET"))["state"] != "JobComplete":
            self.assertIn(state["state"], ("UploadComplete", "InProgress"))
            time.sleep(0.2)
        self.assertEqual(state["numberRecordsProcessed"], CHILDREN)
        return state["numberRecordsFailed"]

    def by_koppla(self, batch):
        """An export of the rows as they come, their owner first, whom nobody locks; what its journal says was put off."""
        self.koppla.place.change("drop table if exists mine; "
                                 "create table mine (child text, parent text, title text, owner text)")
        rows = ", ".join(str((*row, self.random.choice(self.owners))) for row in self.rows)
        self.koppla.place.change(f"insert into mine values {rows}")
        mapping = "child=Id,owner=OwnerId,parent=AccountId,title=Title"
        done = self.koppla.do("export", "demo", "Contact", "--table", "mine", "--map", mapping,
                              "--batch", batch, "--json").document
        self.assertEqual((done["outcome"], done["done"], done["refused"], done["undecided"]), ("complete", CHILDREN, 0, 0))
        with self.koppla.connect() as store:
            return store.execute(f"select sum(attempts) - count(*) from koppla_result where run = {done['run']}").fetchone()[0]

    def test_a_naive_order_runs_into_locks_and_ours_arrives_whole(self):
        ways = {("naive", "by rows"): self.by_requests, ("naive", "in bulk"): self.by_job,
                ("koppla", "by rows"): lambda: self.by_koppla("off"), ("koppla", "in bulk"): lambda: self.by_koppla("on")}
        served, lines = {}, []
        for number, ((who, way), send) in enumerate(ways.items()):
            self.shuffled(f"Title {number}")
            begun = time.monotonic()
            told = send()
            seconds = time.monotonic() - begun
            served[who, way], arrived = self.served(), self.arrived()
            self.assertEqual(told, served[who, way], "who sends was told of each")
            self.assertEqual(arrived, CHILDREN if who == "koppla" else CHILDREN - told)
            lines.append(f"{who:<8}{way:<10}{served[who, way]:>12,}{arrived:>10,}{seconds:>8.1f}")
        print(f"{CHILDREN:,} children of {PARENTS} parents\n{'':<18}{'lock errors':>12}{'arrived':>10}{'s':>8}")
        print(*lines, sep="\n", flush=True)
        for way in ("by rows", "in bulk"):
            self.assertGreaterEqual(served["naive", way], SERVED_MIN)
            self.assertLessEqual(FEWER * served["koppla", way], served["naive", way])


if __name__ == "__main__":
    main()
