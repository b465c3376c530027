"""After a full run no secret stands in the store, what the programs said, or the sandbox's journal."""
import base64
import json
import urllib.parse

from kit.between import Between
from kit.browser import agree, free_port
from kit.certificates import Authority, openssl
from kit.scenario import Scenario, main

NAMES = ("client_secret", "password", "security_token", "access_token")


def disguises(secret):
    """The forms in which a secret may slip through."""
    return {secret, urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1],
            base64.b64encode(secret.encode()).decode(), secret.encode().hex()}


class Secrets(Scenario):
    def setUp(self):
        super().setUp()
        self.org = self.sandbox({"Account": 50, "Contact": 100})
        self.secrets = [self.org.ready[name] for name in NAMES]

    def add(self, name, auth, server, ca, *more):
        self.koppla.do("account", "add", name, "--type", "salesforce", "--server", server, "--ca", ca, "--auth", auth,
                       "--client-id", self.org.ready["client_id"], *more)

    def add_browser_account(self, name):
        """Its logins go by way of a server that takes down which tokens it was given."""
        authority = Authority(self.folder + "/authority")
        between = Between(authority.certificate("between"), self.org, self.take_tokens_down)
        between.__enter__()
        self.addCleanup(between.__exit__)
        self.org.post("/sandbox/auth", {"consent": "given", "rotation": "each_time"})
        port, secret = free_port(), self.koppla.secret_file("client-secret", self.org.ready["client_secret"])
        self.add(name, "browser", between.url, authority.ca, "--client-secret-file", secret,
                 "--callback", f"http://localhost:{port}/back")
        process = self.started("account", "login", name)
        self.assertEqual(agree(process, self.org, port), 200)
        self.assertEqual(self.koppla.outcome_of(process).code, 0)

    def take_tokens_down(self, path, answer):
        if path.endswith("/token") and answer.status == 200:
            tokens = json.loads(answer.body)
            self.secrets += [tokens[name] for name in ("access_token", "refresh_token") if name in tokens]

    def add_signed_account(self, name):
        key = self.koppla.folder / "key.pem"
        openssl("genrsa", "-out", key, "2048")
        self.secrets += key.read_text().splitlines()[1:-1]
        self.add(name, "jwt", self.org.url, self.org.ca, "--username", self.org.ready["username"],
                 "--private-key-file", key)
        certificate = self.koppla.do("account", "certificate", name, "--json").document["certificate"]
        self.org.post("/sandbox/auth", {"certificate": certificate})

    def test_no_secret_is_left_behind(self):
        self.koppla.add_account(self.org, "one", "client-credentials")
        self.koppla.add_account(self.org, "two", "password")
        self.add_browser_account("three")
        self.add_signed_account("four")
        for account in ("one", "two", "three", "four"):
            self.koppla.do("account", "test", account)
            self.koppla.do("wizard", account, "--tables", "Account,Contact", "--yes")
            self.koppla.do("import", account, "--all")
            self.org.post("/sandbox/session/expire")
            self.koppla.do("import", account, "--all", "--full")
            self.koppla.do("account", "show", account)
        self.koppla.do("account", "list", "--json")
        self.koppla.do("run", "list", "--json")
        wrong = self.koppla.secret_file("wrong", "mistaken-" + self.org.ready["client_secret"])
        self.koppla.do("account", "edit", "one", "--client-secret-file", wrong)
        self.koppla.run("account", "test", "one")

        places = {name: data for name, data in self.koppla.store_bytes().items() if not name.endswith(".key")}
        places["what koppla said"] = "".join(o.said for o in self.koppla.outcomes).encode()
        places["the sandbox's log"] = self.org.log().encode()
        places["the journal"] = json.dumps(self.org.journal()).encode()
        self.assertIn(b"client-secret", b"".join(places.values()), "the search looks at the wrong places")
        self.assertGreater(len(set(self.secrets)), len(NAMES) + 4 + 20, "too few secrets are looked for")
        found = [f"{secret[:6]}… in {place}" for secret in set(self.secrets) for form in disguises(secret)
                 for place, data in places.items() if form.encode() in data]
        self.assertEqual(found, [])


if __name__ == "__main__":
    main()
