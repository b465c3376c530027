"""Recordings of third-party clients, asked again of a fresh sandbox: the same status, the same shape of answer.

A recording is made with its client: KOPPLA_CLIENTS=1 KOPPLA_RECORD=tests/clients/recordings/sf.json
PYTHONPATH=tests:tests/clients python3 tests/clients/sf_test.py
"""
import base64
import http.client
import json
import pathlib
import ssl
import subprocess
import tempfile
import time
import unittest
import urllib.parse

from kit.sandbox import Sandbox

from recorder import RECORDS, SEED, difference, shape_of_body

RECORDINGS = pathlib.Path(__file__).resolve().parent / "recordings"
SECONDS_MAX = 60


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def assertion(ready):
    """As sf signs it: with milliseconds for the end, and a slash behind the audience."""
    claims = {"iss": ready["client_id"], "sub": ready["username"], "aud": ready["url"] + "/",
              "exp": int(time.time() * 1000) + 300, "iat": int(time.time())}
    text = b".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", ready["private_key"]], input=text, check=True,
                               capture_output=True).stdout
    return (text + b"." + base64url(signature)).decode()


class Replay(unittest.TestCase):
    def replay(self, name):
        exchanges = json.loads((RECORDINGS / name).read_text(encoding="utf-8"))
        self.assertGreater(len(exchanges), 0)
        with tempfile.TemporaryDirectory(prefix="koppla-replay-") as folder, \
                Sandbox(folder, RECORDS, seed=SEED) as sandbox:
            sandbox.post("/sandbox/bulk", {"page_rows": 1000})
            for number, exchange in enumerate(exchanges, 1):
                with self.subTest(number=number, method=exchange["method"], path=exchange["path"]):
                    status, shape = self.ask(sandbox, exchange)
                    self.assertEqual(status, exchange["status"])
                    self.assertIsNone(difference(exchange["shape"], shape))
        print(f"{name}: {len(exchanges)} requests replayed")

    def ask(self, sandbox, exchange):
        ready = sandbox.ready
        names = {"url": ready["url"]}
        if "assertion=" in exchange["body"]:
            names["assertion"] = assertion(ready)
            names["forged"] = names["assertion"].rsplit(".", 1)[0] + ".AAAA"

        def filled(text, quote):
            for name, value in {**ready, **names}.items():
                text = text.replace("{%s}" % name, urllib.parse.quote(value, safe="") if quote else value)
            return text

        headers = dict(exchange["headers"])
        is_form = "form" in headers.get("content-type", "")
        if exchange["authorized"]:
            headers["Authorization"] = f"Bearer {ready['access_token']}"
        headers.pop("accept-encoding", None)
        body = filled(exchange["body"], is_form).encode()
        # An unfinished job is asked about again, as its client did.
        for _ in range(SECONDS_MAX * 10):
            status, content_type, answer = self.send(sandbox, exchange, filled(exchange["path"], True), headers, body)
            state = json.loads(answer).get("state") if content_type and content_type.startswith("application/json") \
                and answer.startswith(b'{"id":"750') and exchange["method"] == "GET" else None
            if state not in ("UploadComplete", "InProgress"):
                break
            time.sleep(0.1)
        return status, shape_of_body(content_type, answer)

    @staticmethod
    def send(sandbox, exchange, path, headers, body):
        where = urllib.parse.urlsplit(sandbox.url)
        connection = http.client.HTTPSConnection(where.hostname, where.port, timeout=SECONDS_MAX,
                                                 context=ssl.create_default_context(cafile=sandbox.ca))
        connection.request(exchange["method"], path, iter([body]) if exchange["chunked"] else body or None, headers,
                           encode_chunked=exchange["chunked"])
        reply = connection.getresponse()
        answer = reply.read()
        connection.close()
        return reply.status, reply.getheader("Content-Type"), answer

    def test_sf(self):
        self.replay("sf.json")


if __name__ == "__main__":
    unittest.main()
