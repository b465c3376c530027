"""What live orgs were recorded to answer, asked of the sandbox: the same status, JSON keys and JSON types. Each
exchange is asked of an org that holds what its reply shows. Skipped only where the shared data is absent."""
import collections
import concurrent.futures
import datetime
import json
import re
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from kit import setting
from kit.past_org import PastOrg
from kit.sandbox import Sandbox
from kit.scenario import main
from kit.shape import differences, shapes

RECORDED = setting.SHARED / "data" / "salesforce" / "recorded"
SKIPPED = 77  # as ctest is told
D = "/services/data/v60.0"

# What can't be answered as it was recorded, and why: it isn't asked.
UNASKED = [(r"^https?:", "another server's"),
           (r"/services/async/", "Bulk API 1: the sandbox has 2.0 alone"),
           (r"/tooling/", "objects of Apex and packages: the sandbox holds no code"),
           (r"/connect/", "communities: the sandbox has none"),
           (r"/limits/recordCount|/recent |/search\?|/listviews/", "the sandbox doesn't serve it"),
           (r"/sobjects/Organization/", "the sandbox's Organization has fewer fields: no access defaults, no preferences"),
           (r"network_errors", "the recording feigns a server's fault")]

# Of all that was recorded. What is asked has to be answered alike: in status, keys and types.
RECORDED_EXCHANGES, EQUAL = 269, 136
WORKERS = 2

Case = collections.namedtuple("Case", "source method path body status reply more")


def as_text(body):
    return body if isinstance(body, str) else json.dumps(body) if body is not None else ""


def sessions():
    """Requests with their replies; a part that stands in a file of its own is replayed from there."""
    for file in sorted((RECORDED / "cumulusci").glob("*.json")):
        for entry in json.loads(file.read_text()):
            if "uri" in entry:
                target = re.sub(r"^https?://[^/]*salesforce\.com", "", entry["uri"])
                yield Case(file.stem, entry["method"], target.replace("vxx.0", "v60.0"),
                           as_text(entry.get("reqbody")).replace("vxx.0", "v60.0") or None,
                           entry["status"], as_text(entry.get("body")), "ManualEdit" in file.stem)


def fixture(name, method, path, body=None, status=200):
    """A reply that was recorded without its request, from an org of long ago: it may have grown since."""
    return Case(name, method, path, body, status, (RECORDED / "restforce" / f"{name}.json").read_text(), True)


def grant(**form):
    return urllib.parse.urlencode({"grant_type": "password", "client_id": "{client_id}",
                                   "client_secret": "{client_secret}", **form}, safe="{}")


def query(soql):
    return f"{D}/query?q=" + urllib.parse.quote(soql)


def fixtures():
    good = {"username": "{username}", "password": "{password}{security_token}"}
    now = datetime.datetime.now(datetime.timezone.utc)
    window = "?" + urllib.parse.urlencode({name: (now + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
                                           for name, minutes in (("start", -60), ("end", 60))})
    token = "/services/oauth2/token"
    row, key = f"{D}/sobjects/Whizbang/foo", f"{D}/sobjects/Whizbang/nokey/23foo"
    return [
        fixture("auth_success_response", "POST", token, grant(**good)),
        fixture("reauth_success_response", "POST", token, grant(**good)),
        fixture("refresh_success_response", "POST", token, grant(**good)),
        fixture("auth_error_response", "POST", token, grant(username="{username}", password="wrong"), 400),
        fixture("refresh_error_response", "POST", token, grant(grant_type="refresh_token", refresh_token="gone"), 400),
        fixture("expired_session_response", "GET", f"{D}/limits", "expired", 401),
        fixture("services_data_success_response", "GET", "/services/data"),
        fixture("sobject.describe_sobjects_success_response", "GET", f"{D}/sobjects"),
        fixture("sobject.list_sobjects_success_response", "GET", f"{D}/sobjects"),
        fixture("sobject.sobject_describe_success_response", "GET", f"{D}/sobjects/Whizbang/describe"),
        fixture("sobject.sobject_describe_error_response", "GET", f"{D}/sobjects/Nothing/describe", status=404),
        fixture("sobject.create_success_response", "POST", f"{D}/sobjects/Whizbang", '{"Text_Field":"a"}', 201),
        fixture("sobject.write_error_response", "POST", f"{D}/sobjects/Whizbang", '{"foo":"bar"}', 400),
        fixture("sobject.delete_error_response", "DELETE", key, status=404),
        fixture("sobject.upsert_error_response", "PATCH", key, '{"Text_Field":"a"}', 404),
        fixture("sobject.sobject_find_error_response", "GET", key, status=404),
        fixture("sobject.sobject_find_success_response", "GET", f"{D}/sobjects/Whizbang/23foo"),
        fixture("sobject.sobject_select_success_response", "GET",
                f"{D}/sobjects/Whizbang/23foo?fields=External_Field__c"),
        fixture("sobject.upsert_created_success_response", "PATCH",
                f"{D}/sobjects/Whizbang/Text_Field/new", '{"Phone_Field":"1"}', 201),
        fixture("sobject.upsert_multiple_error_response", "PATCH",
                f"{D}/sobjects/Whizbang/Text_Field/twice", '{"Phone_Field":"1"}', 300),
        fixture("sobject.query_success_response", "GET", query(
            "SELECT Checkbox_Label, Text_Label, Date_Label, DateTime_Label, Picklist_Multiselect_Label, "
            "ParentWhizbang__r.Name, ParentWhizbang__r.Text_Label, (SELECT Name FROM Whizbangs__r) "
            "FROM Whizbang WHERE Date_Label != null")),
        fixture("sobject.query_aggregate_success_response", "GET",
                query("SELECT CampaignId, SUM(Amount) FROM Opportunity GROUP BY CampaignId")),
        fixture("sobject.query_empty_response", "GET", query("SELECT Id FROM Whizbang WHERE Id = null")),
        fixture("sobject.query_error_response", "GET", query("SELECT Nothing FROM Whizbang"), status=400),
        fixture("sobject.org_query_response", "GET", query("SELECT Id FROM Organization")),
        fixture("sobject.query_paginated_first_page_response", "GET", query("SELECT Text_Label FROM Whizbang")),
        fixture("sobject.query_paginated_last_page_response", "GET", query("SELECT Text_Label FROM Whizbang LIMIT 1")),
        fixture("sobject.get_deleted_success_response", "GET", f"{D}/sobjects/Whizbang/deleted/{window}"),
        fixture("sobject.get_updated_success_response", "GET", f"{D}/sobjects/Whizbang/updated/{window}"),
        fixture("sobject.recent_success_response", "GET", f"{D}/recent"),
        fixture("sobject.search_success_response", "GET", f"{D}/search?q=FIND+%7Bbar%7D"),
        fixture("sobject.search_error_response", "GET", f"{D}/search?q=FIND+bar", status=400),
        fixture("sobject.list_view_results_success_response", "GET",
                f"{D}/sobjects/Whizbang/listviews/foo/results"),
        Case("limits", "GET", f"{D}/limits", None, 200, (RECORDED / "limits.json").read_text(), False)]


def recorded_describes():
    """Describes by object: whole ones first, then those that only an answer within an answer holds."""
    found = {}
    for file in sorted((RECORDED / "cumulusci").glob("GET_sobjects_*_describe.json")):
        if "Global" not in file.stem and "PersonAccount" not in file.stem:
            describe = json.loads(json.loads(file.read_text())[0]["body"])
            found[describe["name"]] = describe
    return found


def whizbang():
    """The describe of the fixtures' object, with the fields of its replies, which go by their labels."""
    describe = json.loads((RECORDED / "restforce" / "sobject.sobject_describe_success_response.json").read_text())
    by_name = {field["name"]: field for field in describe["fields"]}
    for field in list(describe["fields"]):
        if "_Field" in field["name"]:
            describe["fields"].append({**field, "name": field["name"].replace("_Field", "_Label")})
    plain = by_name["Text_Field"]
    describe["fields"] += [{**plain, "name": name} for name in ("External_Field__c",)]
    plain["idLookup"] = plain["externalId"] = True
    by_name["ParentWhizbang__c"].update(relationshipName="ParentWhizbang__r", referenceTo=["Whizbang"])
    describe["childRelationships"].append({"childSObject": "Whizbang", "field": "ParentWhizbang__c",
                                           "relationshipName": "Whizbangs__r"})
    return describe


class Asked:
    """One exchange, asked of a sandbox made for it."""

    def __init__(self, case, folder):
        self.case, self.folder = case, Path(folder)
        try:
            self.reply = json.loads(case.reply) if case.reply else None
        except json.JSONDecodeError:
            self.reply = None
        told = f"{case.path} {case.body} {case.reply}"
        self.org = PastOrg({name: d for name, d in recorded_describes().items() if name in told})
        if "Whizbang" in told:
            self.org.describes["Whizbang"] = whizbang()

    def prepare(self):
        body, reply = self.case.body, self.reply
        if isinstance(reply, dict) and "sobjects" in reply:
            self.org.listed = reply
        if self.case.path.endswith("/describe") and isinstance(reply, dict):
            self.org.describes[reply["name"]] = {**self.org.describes.get(reply["name"], {}), **reply}
        for part in (reply or {}).get("compositeResponse", []) if isinstance(reply, dict) else []:
            inner = part.get("body")
            if isinstance(inner, dict) and inner.get("name") and inner["name"] not in self.org.describes:
                self.org.describes[inner["name"]] = {**inner, "queryable": True}
        if "/sobjects/" in self.case.path and self.case.method == "GET" or "query" in self.case.path + str(body):
            self.org.add_reply(self.settled(reply))
            self.org.fulfil(urllib.parse.unquote_plus(self.case.path).partition("q=")[2])
        self.org.add_mentioned(body)
        if self.case.method == "PATCH" and "/composite/sobjects/" in self.case.path and body:
            key = self.case.path.rsplit("/", 1)[-1]
            for record, result in zip(json.loads(body)["records"], reply):
                if result.get("created") is False and key != "Id":
                    self.org.add_row(record["attributes"]["type"], result["id"], {key: record[key]})
        if "twice" in self.case.path:
            for recorded in ("the one", "the other"):
                self.org.add_row("Whizbang", recorded, {"Text_Field": "twice"})
        self.add_amounts()

    def settled(self, reply):
        """The reply, so that as many rows are there as it was counted of."""
        if not isinstance(reply, dict) or "totalSize" not in reply:
            return reply
        if reply["done"] is False:  # the fixture's pages hold one record each; ours hold 200 at least
            first = reply["records"][0]
            many = [{**first, "attributes": {"type": "Whizbang", "url": f"/x/{n}"}} for n in range(201)]
            return {**reply, "records": many}
        records = [{**record, "attributes": {**record["attributes"], "type": "Whizbang"}}
                   if record["attributes"]["type"].startswith("Whizbang") else record for record in reply["records"]]
        for record in records:
            for value in record.values():
                if isinstance(value, dict) and "records" in value:
                    for child in value["records"]:
                        if child["attributes"]["type"] == "Whizbang__c":
                            child["attributes"]["type"] = "Whizbang"
        return {**reply, "records": [r for r in records if r["attributes"]["type"] != "AggregateResult"]}

    def add_amounts(self):
        if "deleted" in self.case.path or "updated" in self.case.path:
            self.org.add_row("Whizbang", "foo", {"Text_Field": "a"})
        if "SUM(Amount)" not in urllib.parse.unquote(self.case.path):
            return
        campaign = self.org.id_of("Account", "campaign")  # any id: nothing is looked up
        for n, values in enumerate([{"CampaignId": campaign, "Amount": 300}, {"Amount": 400}]):
            self.org.add_row("Opportunity", f"deal {n}", values)

    def run(self):
        """(status, JSON or None)"""
        self.prepare()
        with Sandbox(self.folder / "sandbox", org=self.org.write(self.folder / "org"), seed=1) as sandbox:
            return self.send(sandbox)

    def send(self, sandbox):
        path, body = self.org.translated(self.case.path), self.case.body
        if body is not None and body != "expired":
            body = self.org.translated(body)
        if "/deleted/" in path:
            self.fetch(sandbox, path.partition("/deleted/")[0] + "/" + self.org.ids["foo"], None,
                       {"Authorization": f"Bearer {sandbox.ready['access_token']}"}, "DELETE")
        path = re.sub(r"(?<=sobjects/Organization/)\w+", lambda _: self.organization(sandbox), path)
        if body and path.startswith("/services/oauth2"):
            for name, value in sandbox.ready.items():
                body = body.replace("{" + name + "}", urllib.parse.quote(str(value)))
        headers = {"Authorization": f"Bearer {sandbox.ready['access_token']}", "Sforce-Query-Options": "batchSize=200",
                   "Content-Type": "application/x-www-form-urlencoded" if "oauth2" in path else "application/json"}
        # Metadata that was older than the date it was asked with; this org's is of today.
        if self.reply and '"httpStatusCode": 304' in json.dumps(self.reply):
            body = re.sub(r'("If-Modified-Since": ")[^"]+', r"\1Thu, 01 Jan 2099 00:00:00 GMT", body)
        if body == "expired":
            headers["Authorization"], body = "Bearer 00Dx!gone", None
        return self.fetch(sandbox, path, body, headers, self.case.method)

    def organization(self, sandbox):
        headers = {"Authorization": f"Bearer {sandbox.ready['access_token']}"}
        _, answer = self.fetch(sandbox, query("SELECT Id FROM Organization"), None, headers)
        return answer["records"][0]["Id"]

    @staticmethod
    def fetch(sandbox, path, body, headers, method="GET"):
        safe = urllib.parse.quote(path, safe="/?&=%+,:;'()*!$@~<>")
        request = urllib.request.Request(sandbox.url + safe, method=method,
                                         data=None if body is None else body.encode(), headers=headers)
        try:
            with sandbox.opener.open(request, timeout=60) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            status, text = refusal.code, refusal.read()
        return status, json.loads(text) if text else None


def endpoint(case):
    path = re.sub(r"\?.*", "", case.path).rstrip("/")
    path = re.sub(r"/services/data/v[\d.]+|https://[^/]+", "", path)
    return f"{case.method} " + re.sub(r"(?<=/)(?=[^/]*\d)[0-9A-Za-z]{15,18}", "{id}", path)


def alike(case):
    """What exchanges have in common that ask for the same and were answered in the same shape."""
    def blank(text):
        return re.sub(r"[0-9A-Za-z]{18}|\d{4,}", "", text or "")
    try:
        reply = repr(sorted((path, sorted(kinds)) for path, kinds in shapes(json.loads(case.reply)).items()))
    except json.JSONDecodeError:
        reply = case.reply
    return case.method, blank(case.path), blank(case.body), case.status, reply


def unasked(case):
    for pattern, why in UNASKED:
        if re.search(pattern, case.path + " " + case.source):
            return why
    if case.method != "GET" and case.body and "oauth2" not in case.path:
        try:
            json.loads(case.body)
        except json.JSONDecodeError:
            return "the recorded request was edited by hand and is no JSON"
    return None


class Recordings(unittest.TestCase):
    def test_the_sandbox_answers_as_live_orgs_were_recorded_to(self):
        cases = [*sessions(), *fixtures()]
        apart = {alike(case): case for case in reversed(cases)}
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
            outcomes = dict(zip(apart, workers.map(self.outcome, apart.values())))
        counted, faults = collections.defaultdict(collections.Counter), []
        for case in cases:
            row = counted[endpoint(case)]
            row["recorded"] += 1
            outcome, text = outcomes[alike(case)]
            row[outcome] += 1
            if outcome == "skipped":
                row["why: " + text] += 1
            elif outcome == "different":
                faults.append(f"{case.source}: {case.method} {case.path[:200]}\n    {text}")
        total = self.report(counted)
        self.assertEqual(faults, [], "\n" + "\n".join(dict.fromkeys(faults)))
        self.assertEqual((total["recorded"], total["equal"]), (RECORDED_EXCHANGES, EQUAL))

    def outcome(self, case):
        why = unasked(case)
        if why:
            return "skipped", why
        with tempfile.TemporaryDirectory(prefix="koppla-recording-") as folder:
            asked = Asked(case, folder)
            status, answer = asked.run()
        if status != case.status:
            return "different", f"status {status}, not {case.status}: {str(answer)[:300]}"
        reply = asked.reply
        if case.path.endswith("/limits") and case.status == 200:  # an org has the limits of what it has
            reply = {name: value for name, value in reply.items() if name in answer}
            answer = {name: value for name, value in answer.items() if name in reply}
        found = differences(reply, answer, case.more)
        if found:
            return "different", "; ".join(found[:8]) + f"\n    {json.dumps(answer)[:400]}"
        return "equal", ""

    @staticmethod
    def report(counted):
        print(f"\n{'endpoint':<58}{'recorded':>9}{'served':>8}{'equal':>7}{'skipped':>9}")
        total = collections.Counter()
        for name, row in sorted(counted.items()):
            total.update({k: v for k, v in row.items() if not k.startswith("why")})
            why = ", ".join(k[5:] for k in row if k.startswith("why"))
            print(f"{name[:57]:<58}{row['recorded']:>9}{row['recorded'] - row['skipped']:>8}{row['equal']:>7}"
                  f"{row['skipped']:>9}  {why}")
        print(f"{'in all':<58}{total['recorded']:>9}{total['recorded'] - total['skipped']:>8}{total['equal']:>7}"
              f"{total['skipped']:>9}", flush=True)
        return total


if __name__ == "__main__":
    if not RECORDED.is_dir():
        print(f"skipped: {RECORDED} is absent")
        sys.exit(SKIPPED)
    main()
