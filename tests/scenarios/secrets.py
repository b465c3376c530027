"""After a full run no secret stands in the store, what the programs said, or the sandbox's journal."""
import base64
import json
import urllib.parse

from kit.scenario import Scenario, main

NAMES = ("client_secret", "password", "security_token", "access_token")


def disguises(secret):
    """The forms in which a secret may slip through."""
    return {secret, urllib.parse.quote(secret), urllib.parse.quote(secret, safe=""), json.dumps(secret)[1:-1],
            base64.b64encode(secret.encode()).decode(), secret.encode().hex()}


class Secrets(Scenario):
    def test_no_secret_is_left_behind(self):
        sandbox = self.sandbox({"Account": 50, "Contact": 100})
        self.koppla.add_account(sandbox, "one", "client-credentials")
        self.koppla.add_account(sandbox, "two", "password")
        for account in ("one", "two"):
            self.koppla.do("account", "test", account)
            self.koppla.do("wizard", account, "--tables", "Account,Contact", "--yes")
            self.koppla.do("import", account, "--all")
            sandbox.post("/sandbox/session/expire")
            self.koppla.do("import", account, "--all", "--full")
        self.koppla.do("account", "show", "two")
        self.koppla.do("account", "list", "--json")
        self.koppla.do("run", "list", "--json")
        wrong = self.koppla.secret_file("wrong", "mistaken-" + sandbox.ready["client_secret"])
        self.koppla.do("account", "edit", "one", "--client-secret-file", wrong)
        self.koppla.run("account", "test", "one")

        places = {name: data for name, data in self.koppla.store_bytes().items() if not name.endswith(".key")}
        places["what koppla said"] = "".join(o.said for o in self.koppla.outcomes).encode()
        places["the sandbox's log"] = sandbox.log().encode()
        places["the journal"] = json.dumps(sandbox.journal()).encode()
        self.assertIn(b"client-secret", b"".join(places.values()), "the search looks at the wrong places")
        found = [f"{name} in {place}" for name in NAMES for form in disguises(sandbox.ready[name])
                 for place, data in places.items() if form.encode() in data]
        self.assertEqual(found, [])


if __name__ == "__main__":
    main()
