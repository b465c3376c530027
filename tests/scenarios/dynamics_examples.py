"""The examples of the vendor's documentation, asked of the sandbox: members, their order among annotations, and JSON
types are as documented. Skipped only where the shared data is absent."""
import json
import re
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

from kit import setting
from kit.sandbox import Sandbox
from kit.scenario import main
from kit.shape import differences

EXAMPLES = setting.SHARED / "data" / "dataverse" / "doc-examples"
SKIPPED = 77  # as ctest is told
ANNOTATED = {"Prefer": 'odata.include-annotations="*"'}


def example(name):
    return (EXAMPLES / name).read_text(encoding="utf-8")


class Examples(unittest.TestCase):
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="koppla-examples-")
        cls.addClassCleanup(folder.cleanup)
        sandbox = Sandbox(folder.name, {"account": 12, "contact": 40})
        sandbox.__enter__()
        cls.addClassCleanup(sandbox.stop)
        cls.org = sandbox.dynamics
        cls.token = cls.org.token()

    def exchange(self, path, method="GET", body=None, headers=None):
        """Status, headers and text of an answer, whatever its status."""
        request = urllib.request.Request(f"{self.org.url}/api/data/v9.2/{path}", data=body, method=method,
                                         headers={"Authorization": f"Bearer {self.token}", **(headers or {})})
        try:
            with self.org.opener.open(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read().decode()

    def page(self, path, headers=None):
        return json.loads(self.exchange(path, headers=headers)[2])

    def assert_same_shape(self, name, answered, **more):
        self.assertEqual(differences(json.loads(example(name)), answered, **more), [])

    def test_an_annotated_page(self):
        path = "contacts?$select=fullname,jobtitle,annualincome&$top=1&$filter=annualincome%20ne%20null%20and%20jobtitle%20ne%20null"
        status, headers, text = self.exchange(path, headers=ANNOTATED)
        self.assertEqual((status, headers["OData-Version"]), (200, "4.0"))
        self.assert_same_shape("annotated-page.json", json.loads(text))
        theirs = json.loads(example("annotated-page.json"))["value"][0]
        self.assertEqual(list(json.loads(text)["value"][0]), list(theirs))

    def test_a_page_with_a_next_link(self):
        page = self.page("accounts?$select=name", {"Prefer": "odata.maxpagesize=3"})
        self.assert_same_shape("paged-nextlink.json", page)
        pattern = (r'/accounts\?\$select=name&\$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie'
                   r'%2520page%253d%25221%2522%253e%253caccountid%2520last%253d%2522%257b[0-9A-F-]{36}%257d%2522%2520'
                   r'first%253d%2522%257b[0-9A-F-]{36}%257d%2522%2520%252f%253e%253c%252fcookie%253e%22%20')
        self.assertRegex(json.loads(example("paged-nextlink.json"))["@odata.nextLink"], pattern)
        self.assertRegex(page["@odata.nextLink"], pattern)

    def test_tracked_changes(self):
        query = "accounts?$select=name,accountnumber,telephone1,fax"
        first = self.page(query, {"Prefer": "odata.track-changes"})
        self.assert_same_shape("change-tracking-initial.json", first, may_have_more=True)
        link = first["@odata.deltaLink"]
        pattern = r"/accounts\?\$select=[a-z0-9,]+&\$deltatoken=\d+%21\d\d%2f\d\d%2f\d{4}%20\d\d%3a\d\d%3a\d\d$"
        self.assertRegex(json.loads(example("change-tracking-initial.json"))["@odata.deltaLink"], pattern)
        self.assertRegex(link, pattern)
        self.org.change("account", update=1, delete=1)
        delta = self.page(link.split("/api/data/v9.2/")[1].replace("accountnumber,", ""))
        self.assert_same_shape("change-tracking-delta.json", delta, may_have_more=True)
        self.assertTrue(delta["@odata.context"].endswith("/$delta"))

    def test_an_annotated_error(self):
        path = "accounts(00000000-0000-0000-0000-00000000dead)"
        status, _, text = self.exchange(path, headers=ANNOTATED)
        self.assertEqual(status, 404)
        self.assert_same_shape("error-annotated.json", json.loads(text))

    def test_a_batch_with_a_change_set(self):
        task = 'Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {0}\r\n\r\n' \
               'POST /api/data/v9.2/tasks HTTP/1.1\r\nContent-Type: application/json; type=entry\r\n\r\n' \
               '{{"subject":"Task {0} in batch"}}\r\n'
        changes = "".join("--changeset_1\r\n" + task.format(number) for number in (1, 2, 3))
        body = ("--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n\r\n" + changes +
                "--changeset_1--\r\n\r\n--batch_1\r\nContent-Type: application/http\r\n\r\n"
                "GET /api/data/v9.2/tasks?$select=subject&$filter=endswith(subject,'in%20batch') HTTP/1.1\r\n\r\n"
                "--batch_1--\r\n")
        status, headers, text = self.exchange("$batch", "POST", body.encode(),
                                              {"Content-Type": 'multipart/mixed; boundary="batch_1"'})
        self.assertEqual(status, 200, text)
        self.assertRegex(headers["Content-Type"], "^multipart/mixed; boundary=batchresponse_")

        def skeleton(text):
            """The lines that aren't of the rows themselves, without ids, hosts and further headers."""
            known = re.compile(r"--|HTTP/|Content-Type|Content-Transfer-Encoding|Content-ID|OData-Version|Location|OData-EntityId")
            lines = [re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|https://[^/]+", "…", line.strip()) for line in text.splitlines()]
            return [line.replace("; odata.streaming=true", "") for line in lines if known.match(line)]

        self.assertEqual(sorted(skeleton(text)), sorted(skeleton(example("batch-changeset-response.http"))))
        rows = json.loads(text[text.index('{"@odata.context"'):text.rindex("}") + 1])
        self.assertEqual(sorted(row["subject"] for row in rows["value"]), [f"Task {number} in batch" for number in (1, 2, 3)])


if __name__ == "__main__":
    if not EXAMPLES.is_dir():
        print(f"skipped: {EXAMPLES} is absent")
        sys.exit(SKIPPED)
    main()
