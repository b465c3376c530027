"""Bad input gets a clear error and loses nothing: wrong addresses, certificates, credentials, names, filters,
stores, keys, and result pages that came damaged."""
import contextlib
import json
import shutil
import socketserver
import sqlite3
import subprocess
import threading

from kit.between import Between
from kit.certificates import Authority
from kit.compare import demand_equal
from kit.scenario import Scenario, main


class BadInput(Scenario):
    def refuses(self, *words, tells, code=1, given=""):
        """The command ends with `code`, and standard error has every one of the words in `tells`."""
        outcome = self.koppla.do(*words, code=code, given=given)
        for word in [tells] if isinstance(tells, str) else tells:
            self.assertIn(word.lower(), outcome.stderr.lower(), str(outcome))
        self.assertNotIn("terminate called", outcome.stderr)
        return outcome

    def account(self, name, server, *more, secret="s3cret"):
        """An account that may be refused when it is added or when it is tested; returns how it failed."""
        if not self.koppla.store.exists():
            self.koppla.do("init")
        added = self.koppla.run("account", "add", name, "--type", "salesforce", "--server", server, "--auth",
                                "client-credentials", "--client-id", "id", "--client-secret-file", "-", *more,
                                given=secret)
        tested = added if added.code else self.koppla.run("account", "test", name)
        self.assertEqual(tested.code, 1, str(tested))
        return tested.stderr.lower()


class Surroundings(BadInput):
    def test_a_proxy_that_answers_with_a_web_page_is_named(self):
        page = b"<html><body>Please log in to the guest network</body></html>"
        for status in (b"403 Forbidden", b"407 Proxy Authentication Required", b"502 Bad Gateway", b"200 OK"):
            with self.subTest(status), socketserver.ThreadingTCPServer(("127.0.0.1", 0), answering(status, page)) as proxy:
                threading.Thread(target=proxy.serve_forever, daemon=True).start()
                self.addCleanup(proxy.shutdown)
                address = f"http://127.0.0.1:{proxy.server_address[1]}"
                told = self.account("a" + status[:3].decode(), "https://acme.my.salesforce.com", "--proxy", address)
                self.assertIn("proxy", told)

    def test_a_proxy_password_is_refused_where_it_would_be_shown(self):
        told = self.account("open", "https://acme.my.salesforce.com", "--proxy", "http://me:hush@127.0.0.1:3128")
        self.assertIn("https_proxy", told)
        self.assertNotIn("hush", told)

    def test_a_store_that_another_program_holds_is_told_and_waited_for(self):
        org = self.sandbox({"Contact": 200, "Account": 5})
        self.koppla.add_account(org)
        self.koppla.do("wizard", "demo", "--tables", "Contact", "--yes")
        self.koppla.imported("demo", "Contact")
        org.change("Contact", update=50)
        with contextlib.closing(sqlite3.connect(self.koppla.store, isolation_level=None)) as other:
            other.execute("begin immediate")
            waiting = self.koppla.start("import", "demo", "Contact")
            with self.assertRaises(subprocess.TimeoutExpired):
                waiting.wait(3)
            stopped = self.koppla.interrupt(waiting)
            self.assertEqual(stopped.code, 130, stopped)
            other.execute("rollback")
        self.assertEqual(self.koppla.imported("demo", "Contact")["Contact"]["changed"], 50)
        demand_equal(org, self.koppla, "demo", ["Contact"])

    def test_an_allowance_of_ten_calls_stops_the_import_before_it_is_used_up(self):
        org = self.sandbox({"Contact": 9_000, "Account": 50})
        self.koppla.add_account(org)
        self.koppla.do("wizard", "demo", "--tables", "Contact,Account", "--yes")
        org.post("/sandbox/limits", {"daily_max": 10, "used": 6})
        for _ in range(2):
            stopped = self.koppla.run("import", "demo", "Contact", "--via", "pages")
            self.assertIn(stopped.code, (1, 3), stopped)
            self.assertIn("allowance", stopped.stderr)
        self.assertLess(org.post("/sandbox/limits")["used"], 10)
        org.post("/sandbox/limits", {"daily_max": 15_000, "used": 6})
        self.koppla.imported("demo", "Contact", "--via", "pages")
        demand_equal(org, self.koppla, "demo", ["Contact"])


def answering(status, page):
    """A proxy that answers every request with a page of its own."""
    class Proxy(socketserver.StreamRequestHandler):
        def handle(self):
            while self.rfile.readline().strip():
                pass
            self.wfile.write(b"HTTP/1.1 " + status + b"\r\nContent-Type: text/html\r\nContent-Length: "
                             + str(len(page)).encode() + b"\r\n\r\n" + page)
    return Proxy


class Addresses(BadInput):
    def test_an_http_address_is_refused(self):
        self.assertIn("https", self.account("plain", "http://127.0.0.1:9"))

    def test_an_unknown_host_is_named(self):
        self.assertIn("nowhere.invalid", self.account("nowhere", "https://nowhere.invalid"))

    def test_bad_certificates_each_have_their_words(self):
        authority = Authority(self.folder + "/authority")
        elsewhere = authority.certificate("elsewhere", subject="DNS:elsewhere.example")
        for name, certificate, trusted, words in (
                ("expired", authority.expired(), True, ["expired"]),
                ("selfsigned", authority.self_signed(), False, ["self-signed", "--ca"]),
                ("unknown", authority.certificate("unknown"), False, ["--ca"]),
                ("wrongname", elsewhere, True, ["127.0.0.1", "name"])):
            with self.subTest(name), Between(certificate) as server:
                told = self.account(name, server.url, *(["--ca", authority.ca] if trusted else []))
                for word in words:
                    self.assertIn(word, told.replace("self signed", "self-signed"))
                self.assertEqual(server.requests, [], "something was sent over a connection that nobody vouches for")

    def test_a_login_that_leads_outside_the_allowed_hosts_is_not_followed(self):
        authority = Authority(self.folder + "/authority")

        def leads_away(_, answer):
            answer.status, answer.headers = 200, [("Content-Type", "application/json")]
            answer.body = json.dumps({"access_token": "00D000000000001!AQ", "token_type": "Bearer",
                                      "id": "https://login.example/id/00D/005", "issued_at": "1",
                                      "instance_url": "https://elsewhere.example"}).encode()

        with Between(authority.certificate("good"), tamper=leads_away) as server:
            told = self.account("astray", server.url, "--ca", authority.ca)
            self.assertIn("elsewhere.example", told)
            self.assertEqual({path for _, path in server.requests}, {"/services/oauth2/token"})


class Credentials(BadInput):
    def test_wrong_secrets_and_passwords_name_the_setting(self):
        sandbox = self.sandbox({"Account": 5})
        wrong = self.koppla.secret_file("wrong", "not-the-secret")
        self.koppla.add_account(sandbox, "one")
        self.koppla.add_account(sandbox, "two", "password")
        self.koppla.do("account", "test", "one")
        self.koppla.do("account", "test", "two")
        self.koppla.do("account", "edit", "one", "--client-secret-file", wrong)
        self.refuses("account", "test", "one", tells="client-secret")
        self.koppla.do("account", "edit", "two", "--password-file", wrong)
        self.refuses("account", "test", "two", tells="password")

    def test_a_retired_api_version_is_refused(self):
        sandbox = self.sandbox({"Account": 5})
        self.koppla.do("init")
        secret = self.koppla.secret_file("secret", sandbox.ready["client_secret"])
        for version in ("20.0", "banana"):
            with self.subTest(version):
                self.refuses("account", "add", "old", "--type", "salesforce", "--server", sandbox.url, "--ca", sandbox.ca,
                             "--auth", "client-credentials", "--client-id", sandbox.ready["client_id"],
                             "--client-secret-file", secret, "--api-version", version, tells=["version", version])


class Names(BadInput):
    def test_what_is_not_there_is_named_and_nothing_is_lost(self):
        sandbox = self.sandbox({"Account": 40})
        self.koppla.add_account(sandbox)
        self.refuses("wizard", "demo", "--tables", "Acount", "--yes", tells="Acount")
        self.refuses("wizard", "demo", "--tables", "Account", "--fields", "Account=Naem", "--yes", tells="Naem")
        self.koppla.do("wizard", "demo", "--tables", "Account", "--yes")
        self.koppla.do("import", "demo", "Account")
        before = self.koppla.tables()
        sandbox.change("Account", update=10)
        for words, tells in ((["Acount"], "Acount"), (["Account", "--fields", "Naem"], "Naem"),
                             (["Account", "--filter", "Naem__c = 1", "--full"], "Naem__c"),
                             (["Account", "--filter", "AnnualRevenue is 'much'", "--full"], "AnnualRevenue"),
                             (["Account", "--filter", "Name = 'a' AND", "--full"], "column 15"),
                             (["Account", "--filter", "Id is 'a') or (Id is 'b'", "--full"], "column 10"),
                             (["Account", "--filter", "Name = 'open", "--full"], "never closed"),
                             (["Account", "--crm-filter", "Name = 5", "--full"], "Name"),
                             (["Account", "--crm-filter", "Name = 'a' AND", "--full"], "filter"),
                             (["Account", "--crm-filter", "Id != null) OR (Id = null", "--full"], "filter"),
                             (["Account", "--crm-filter", "Name = 'open", "--full"], "filter"),
                             (["Account", "--filter", "Industry = 'Energy'"], "--full"),
                             (["Account", "--fields", "Name"], "--accept-index")):
            with self.subTest(words):
                self.refuses("import", "demo", *words, tells=tells)
                self.assertEqual(self.koppla.tables(), before)
        self.koppla.do("import", "demo", "Account")
        demand_equal(sandbox, self.koppla, "demo", ["Account"])


class Stores(BadInput):
    def test_wrong_usage_is_told_as_json_too(self):
        for words in (["export"], ["run", "resume", "twelve"], ["exprot", "demo"], ["import", "demo", "--by", "mail"]):
            told = self.koppla.do(*words, "--json", code=2).document["error"]
            self.assertEqual((told["kind"], told["symbol"]), ("invalid", "USAGE"))

    def test_only_init_makes_a_store(self):
        for words in (["account", "list"], ["run", "list"], ["import", "demo", "--all"], ["wizard", "demo", "--yes", "--all"]):
            with self.subTest(words):
                self.refuses(*words, tells=[str(self.koppla.store), "koppla init"])
                self.assertFalse(self.koppla.store.exists())

    def test_init_leaves_a_store_alone_that_is_there(self):
        self.koppla.do("init")
        before = self.koppla.store_bytes()
        self.refuses("init", tells=str(self.koppla.store))
        self.assertEqual(self.koppla.store_bytes(), before)

    def test_a_damaged_store_is_told_and_left_as_it_is(self):
        self.koppla.do("init")
        whole = self.koppla.store.read_bytes()
        for name, damaged in (("noise", bytes(range(256)) * 64), ("cut", whole[:len(whole) // 2 + 100]),
                              ("no Koppla store", None)):
            with self.subTest(name):
                for end in ("-wal", "-shm"):
                    self.koppla.store.with_name(self.koppla.store.name + end).unlink(missing_ok=True)
                if damaged is None:
                    self.koppla.store.unlink()
                    self.make_other_database()
                else:
                    self.koppla.store.write_bytes(damaged)
                before = self.koppla.store.read_bytes()
                self.refuses("account", "list", tells=[str(self.koppla.store), "backup"])
                self.assertEqual(self.koppla.store.read_bytes(), before)

    def make_other_database(self):
        import sqlite3
        with sqlite3.connect(self.koppla.store) as other:
            other.execute("create table something (else_ text)")
        other.close()

    def test_a_wrong_or_open_sealing_key_is_told(self):
        self.koppla.do("init")
        key = self.koppla.store.with_name(self.koppla.store.name + ".key")
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        right = self.koppla.folder / "right.key"
        shutil.copy2(key, right)
        key.unlink()
        self.refuses("account", "list", tells=str(key))
        other = type(self.koppla)(self.folder + "/other")
        other.do("init")
        shutil.copy2(other.store.with_name(other.store.name + ".key"), key)
        self.refuses("account", "list", tells=["key", str(key)])
        shutil.copy2(right, key)
        self.koppla.do("account", "list")
        key.chmod(0o644)
        self.refuses("account", "list", tells="chmod 600")


def csv_page(change):
    """Tampers with the body of bulk result pages alone."""
    def tamper(path, answer):
        if "/results" in path and answer.status == 200:
            change(answer)
    return tamper


def cut_in_transfer(answer):
    answer.body = answer.body[:len(answer.body) * 2 // 3]


def cut_with_right_length(answer):
    answer.body = answer.body[:len(answer.body) * 2 // 3]
    answer.declared_bytes = len(answer.body)


def last_row_missing(answer):
    answer.body = answer.body[:answer.body.rstrip(b"\n").rfind(b'\n"001') + 1]
    answer.declared_bytes = len(answer.body)


def broken_quote(answer):
    at = answer.body.find(b'","', len(answer.body) // 2)
    answer.body = answer.body[:at + 3] + b'a"b' + answer.body[at + 3:]
    answer.declared_bytes = len(answer.body)


def short_row(answer):
    answer.body = answer.body.rstrip(b"\n") + b'\n"001000000000001AAA","short"\n'
    answer.declared_bytes = len(answer.body)


def column_missing(answer):
    answer.body = answer.body.replace(b'"Name"', b'"Nome"', 1)


class Pages(BadInput):
    def test_damaged_result_pages_are_refused_and_nothing_is_lost(self):
        sandbox = self.sandbox({"Account": 200})
        authority = Authority(self.folder + "/authority")
        with Between(authority.certificate("good"), sandbox) as between:
            self.koppla.add_account(sandbox)
            self.koppla.do("account", "edit", "demo", "--server", between.url, "--ca", authority.ca)
            self.koppla.do("wizard", "demo", "--tables", "Account", "--yes")
            self.koppla.do("import", "demo", "Account", "--via", "bulk")
            demand_equal(sandbox, self.koppla, "demo", ["Account"])
            before = self.koppla.tables()
            position = self.koppla.do("option", "list", "--json").document
            sandbox.change("Account", update=50)
            for change in (cut_in_transfer, cut_with_right_length, last_row_missing, broken_quote, short_row,
                           column_missing):
                with self.subTest(change.__name__):
                    between.tamper = csv_page(change)
                    outcome = self.koppla.run("import", "demo", "Account", "--full", "--via", "bulk")
                    self.assertEqual(outcome.code, 1, str(outcome))
                    self.assertIn("Account", outcome.stderr)
                    self.assertEqual(self.koppla.tables(), before)
                    self.assertEqual(self.koppla.do("option", "list", "--json").document, position)
                    self.assertTrue(self.koppla.is_alone())
                    run = self.koppla.do("run", "list", "--json").document[0]
                    self.assertEqual(run["outcome"], "failed")
            between.tamper = None
            self.koppla.do("import", "demo", "Account")
            demand_equal(sandbox, self.koppla, "demo", ["Account"])

    def test_invalid_utf8_rejects_its_row_and_no_other(self):
        sandbox = self.sandbox({"Account": 200})
        authority = Authority(self.folder + "/authority")

        def spoil(answer):
            answer.body = answer.body.replace(b'"false","', b'"false","\xc3\x28', 1)
            answer.declared_bytes = len(answer.body)

        with Between(authority.certificate("good"), sandbox, csv_page(spoil)) as between:
            self.koppla.add_account(sandbox)
            self.koppla.do("account", "edit", "demo", "--server", between.url, "--ca", authority.ca)
            self.koppla.do("wizard", "demo", "--tables", "Account", "--fields", "Account=Name,Description", "--yes")
            report = self.koppla.imported("demo", "Account", "--via", "bulk", code=4)["Account"]
            self.assertEqual((report["read"], report["added"], report["rejected"]), (200, 199, 1))
            run = self.koppla.do("run", "show", report["run"], "--json").document
            self.assertEqual(len(run["rejects"]), 1)
            self.assertRegex(run["rejects"][0]["error_message"], "^Name: .*UTF-8")


if __name__ == "__main__":
    main()
