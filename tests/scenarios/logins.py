"""The ways to log in that need no org of their own kind; keys and certificates; what the doctor says."""
import json
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from kit.between import Between
from kit.browser import free_port
from kit.certificates import Authority
from kit.koppla import until_said
from kit.scenario import Scenario, main

ACME = ("account", "add", "acme", "--type", "salesforce", "--server")


class Logins(Scenario):
    def test_a_ready_access_token_works_until_it_ends(self):
        sandbox = self.sandbox({"Account": 5})
        self.koppla.do("init")
        token = self.koppla.secret_file("token", sandbox.ready["access_token"])
        self.koppla.do(*ACME, sandbox.url, "--ca", sandbox.ca, "--auth", "access-token", "--access-token-file", token)
        tested = self.koppla.do("account", "test", "acme")
        self.assertIn("can't be renewed", tested.stderr)
        self.koppla.do("wizard", "acme", "--tables", "Account", "--yes")
        self.assertEqual(self.koppla.imported("acme", "Account")["Account"]["read"], 5)
        sandbox.post("/sandbox/session/expire")
        ended = self.koppla.do("account", "test", "acme", code=1)
        self.assertIn("koppla account edit acme --access-token-file FILE", ended.stderr)

    def test_a_key_is_made_and_its_certificate_written(self):
        self.koppla.do("init")
        added = self.koppla.do(*ACME, "https://127.0.0.1:1", "--auth", "jwt", "--client-id", "app", "--username", "jo")
        self.assertIn("koppla account certificate acme --out acme.crt", added.stdout)
        written = self.koppla.do("account", "certificate", "acme", "--out", "acme.crt", "--days", "10")
        self.assertIn("Enable JWT Bearer Flow", written.stderr)
        read = self.openssl("x509", "-in", "acme.crt", "-noout", "-subject", "-checkend", str(9 * 86400))
        self.assertIn("koppla acme", read)
        self.assertIn("will not expire", read)
        key = self.openssl("x509", "-in", "acme.crt", "-noout", "-pubkey")
        self.koppla.do("account", "certificate", "acme", "--out", "acme.crt", code=1)
        again = self.koppla.do("account", "certificate", "acme", "--json").document["certificate"]
        self.assertEqual(self.openssl("x509", "-noout", "-pubkey", given=again), key)
        other = self.koppla.do("account", "certificate", "acme", "--new-key").stdout
        self.assertNotEqual(self.openssl("x509", "-noout", "-pubkey", given=other), key)
        self.assertIn("private-key", self.koppla.do("account", "show", "acme").stdout)
        for name, data in self.koppla.store_bytes().items():
            self.assertNotIn(b"PRIVATE KEY", data, name)

    def test_a_key_of_ones_own_is_checked_when_it_is_given(self):
        self.koppla.do("init")
        self.openssl("genrsa", "-out", "key.pem", "3072")
        self.openssl("genrsa", "-aes128", "-passout", "pass:x", "-out", "locked.pem", "2048")
        add = (*ACME, "https://127.0.0.1:1", "--auth", "jwt", "--client-id", "app", "--username", "jo")
        refused = self.koppla.do(*add, "--private-key-file", "locked.pem", code=1)
        self.assertIn("passphrase", refused.stderr)
        self.koppla.do(*add, "--private-key-file", "key.pem")
        certificate = self.koppla.do("account", "certificate", "acme").stdout
        self.assertEqual(self.openssl("x509", "-noout", "-pubkey", given=certificate),
                         self.openssl("pkey", "-in", "key.pem", "-pubout"))

    def test_what_a_login_lacks_is_named(self):
        self.koppla.do("init")
        for auth, lacks in (("client-credentials", "client-id"), ("jwt", "client-id"), ("browser", "client-id"),
                            ("password", "username"), ("access-token", "access-token")):
            refused = self.koppla.do(*ACME, "https://acme.my.salesforce.com", "--auth", auth, code=1)
            self.assertIn(f"setting '{lacks}' is missing", refused.stderr)
        self.koppla.do(*ACME, "https://acme.my.salesforce.com", "--auth", "browser", "--client-id", "app")
        refused = self.koppla.do("account", "test", "acme", code=1)
        self.assertIn("koppla account login acme", refused.stderr)

    def test_the_doctor_says_what_is_wrong_and_what_to_do(self):
        sandbox = self.sandbox({"Account": 5, "Contact": 5})
        self.koppla.add_account(sandbox, "demo")
        self.koppla.do("wizard", "demo", "--tables", "Account,Contact", "--yes")
        self.koppla.do("import", "demo", "--all")
        well = self.koppla.do("doctor", "--json").document
        self.assertEqual({finding["level"] for finding in well}, {"ok"}, well)
        self.assertEqual({"store", "account demo"}, {finding["of"] for finding in well})
        with self.koppla.connect() as store:
            option = next(name for (name,) in store.execute("select name from koppla_option"))
        self.koppla.do("option", "set", option, "2020-01-01T00:00:00Z")
        wrong = self.koppla.secret_file("wrong", "mistaken")
        self.koppla.do("account", "edit", "demo", "--client-secret-file", wrong)
        ill = self.koppla.do("doctor", "demo", code=1)
        self.assertRegex(ill.stdout, r"fail  login: .*'client-secret'")
        self.assertRegex(ill.stdout, rf"fail  {option}: .*deleted over 15 days")
        self.assertIn("--full", ill.stdout)
        self.koppla.do("doctor", "nobody", code=1)

    def test_a_person_logs_in_with_a_browser_on_this_machine(self):
        with self.org() as org:
            port = self.add_browser_account(org)
            process = self.started("account", "login", "acme")
            address = until_said(process, r"https://\S+/services/oauth2/authorize\?(\S+)")
            asked = urllib.parse.parse_qs(address[1])
            callback = asked["redirect_uri"][0]
            self.assertEqual(callback, f"http://localhost:{port}/OauthRedirect")
            for wrong in ("/favicon.ico", "/OauthRedirect?code=evil&state=guessed"):
                with self.assertRaises(urllib.error.HTTPError):
                    self.browse(f"http://127.0.0.1:{port}{wrong}")
            page = self.browse(f"http://127.0.0.1:{port}/OauthRedirect?code=c1&state={asked['state'][0]}")
            self.assertIn("close this page", page)
            ended = self.koppla.outcome_of(process)
            self.assertEqual(ended.code, 0, str(ended))
            self.assertIn("Logged in to the account acme", ended.stdout)
            self.koppla.do("account", "test", "acme")
            self.assertEqual(org.logins, 1)

    def test_a_login_without_a_browser_takes_the_pasted_address_and_no_other(self):
        with self.org() as org:
            port = self.add_browser_account(org)
            refused = self.koppla.do("account", "login", "acme", "--no-browser", code=1,
                                     given=f"http://localhost:{port}/OauthRedirect?code=c1&state=other\n")
            self.assertIn("state differs", refused.stderr)
            self.assertEqual(org.logins, 0)
            self.koppla.do("account", "edit", "acme", "--safety-lag", "5m")
            self.koppla.do("account", "edit", "acme", "--auth", "access-token", code=1)
            self.koppla.do("account", "login", "nobody", "--no-browser", code=1)

    def test_a_port_that_is_taken_is_told(self):
        with self.org() as org, socket.socket() as taken:
            port = self.add_browser_account(org)
            taken.bind(("127.0.0.1", port))
            taken.listen()
            self.assertIn("--no-browser", self.koppla.do("account", "login", "acme", code=1).stderr)

    def org(self):
        """An org that answers a login by code, and enough of the API for a test of the account."""
        authority = Authority(self.folder + "/authority")

        def answer(path, reply):
            reply.status, reply.headers = 200, [("Content-Type", "application/json")]
            document = {"totalSize": 1, "done": True, "records": [{"Id": "00D000000000001EAA", "Name": "Acme"}]}
            if path.endswith("/token"):
                org.logins += 1
                document = {"access_token": "session", "refresh_token": "refresh", "instance_url": org.url}
            elif path == "/services/data":
                document = [{"version": "60.0"}]
            reply.body = json.dumps(document).encode()

        org = Between(authority.certificate("org"), tamper=answer)
        org.logins, org.authority = 0, authority
        return org

    def add_browser_account(self, org):
        """The account acme of that org, with a callback on a free port, which is answered."""
        port = free_port()
        self.koppla.do("init")
        added = self.koppla.do(*ACME, org.url, "--ca", org.authority.ca, "--auth", "browser", "--client-id", "app",
                               "--callback", f"http://localhost:{port}/OauthRedirect")
        self.assertIn("koppla account login acme", added.stdout)
        return port

    @staticmethod
    def browse(address):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(address, timeout=30) as page:
            return page.read().decode()

    def openssl(self, *words, given=""):
        done = subprocess.run(["openssl", *words], input=given, capture_output=True, text=True, cwd=self.koppla.folder,
                              check=True)
        return done.stdout


if __name__ == "__main__":
    main()
