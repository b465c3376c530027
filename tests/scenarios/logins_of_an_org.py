"""The ways to log in against an org that has them: signed keys, a browser, SOAP; rotation and a wrong clock."""
import concurrent.futures

from kit.browser import agree, free_port
from kit.scenario import Scenario, main


class LoginsOfAnOrg(Scenario):
    def add(self, sandbox, auth, *more, client=True):
        self.koppla.do("init")
        client = ["--client-id", sandbox.ready["client_id"]] if client else []
        return self.koppla.do("account", "add", "acme", "--type", "salesforce", "--server", sandbox.url, "--ca",
                              sandbox.ca, "--auth", auth, *client, *more)

    def test_a_signed_login_is_proved_by_the_uploaded_certificate(self):
        sandbox = self.sandbox({"Account": 5})
        self.add(sandbox, "jwt", "--username", sandbox.ready["username"])
        before = self.koppla.do("account", "test", "acme", code=1)
        self.assertIn("koppla account certificate", before.stderr)
        self.upload(sandbox)
        self.koppla.do("account", "test", "acme")
        self.koppla.do("account", "certificate", "acme", "--new-key")
        self.assertIn("certificate", self.koppla.do("account", "test", "acme", code=1).stderr)
        self.upload(sandbox)
        self.koppla.do("account", "test", "acme")
        sandbox.post("/sandbox/auth", {"approval": "missing"})
        sandbox.post("/sandbox/session/expire")
        self.assertIn("approved", self.koppla.do("account", "test", "acme", code=1).stderr)

    def test_a_clock_ten_minutes_off_is_told_and_does_not_keep_a_signed_login_out(self):
        sandbox = self.sandbox({"Account": 5})
        self.add(sandbox, "jwt", "--username", sandbox.ready["username"])
        self.upload(sandbox)
        for seconds, words in ((600, "behind"), (-600, "ahead of")):
            sandbox.post("/sandbox/clock", {"offset_seconds": seconds})
            sandbox.post("/sandbox/session/expire")
            tested = self.koppla.do("account", "test", "acme")
            self.assertRegex(tested.stdout, rf"(599|600|601) s {words} the CRM's; .*timedatectl")
            self.assertRegex(self.koppla.do("doctor", "acme", code=1).stdout, "fail  clock: .*\n.*timedatectl")

    def test_a_password_alone_goes_by_soap(self):
        sandbox = self.sandbox({"Account": 5})
        added = self.add(sandbox, "password", "--username", sandbox.ready["username"],
                         "--password-file", self.koppla.secret_file("password", sandbox.ready["password"]),
                         "--security-token-file", self.koppla.secret_file("token", sandbox.ready["security_token"]),
                         client=False)
        self.assertIn("Summer '27", added.stderr)
        tested = self.koppla.do("account", "test", "acme")
        self.assertIn("Summer '27", tested.stderr)
        self.assertIn("/services/Soap/u/64.0", {entry["path"] for entry in sandbox.journal()})
        wrong = self.koppla.secret_file("wrong", "mistaken")
        self.koppla.do("account", "edit", "acme", "--password-file", wrong)
        self.assertIn("INVALID_LOGIN", self.koppla.do("account", "test", "acme", code=1).stderr)

    def test_a_rotated_refresh_token_survives_many_programs_at_once(self):
        sandbox = self.sandbox({"Account": 5})
        sandbox.post("/sandbox/auth", {"consent": "given", "rotation": "each_time"})
        self.log_in_by_browser(sandbox)
        for _ in range(2):
            sandbox.post("/sandbox/session/expire")
            with concurrent.futures.ThreadPoolExecutor(6) as programs:
                outcomes = list(programs.map(lambda _: self.koppla.run("account", "test", "acme"), range(6)))
            self.assertEqual([outcome.code for outcome in outcomes], [0] * 6, str(outcomes[0]))
        session = next(self.koppla.folder.glob("*-sessions/acme"))
        old = session.read_bytes()
        sandbox.post("/sandbox/session/expire")
        self.koppla.do("account", "test", "acme")
        session.write_bytes(old)
        sandbox.post("/sandbox/session/expire")
        lost = self.koppla.do("account", "test", "acme", code=1)
        self.assertIn("koppla account login acme", lost.stderr)

    def log_in_by_browser(self, sandbox):
        """A person who agrees, in a browser on this machine."""
        port = free_port()
        secret = self.koppla.secret_file("client-secret", sandbox.ready["client_secret"])
        self.add(sandbox, "browser", "--client-secret-file", secret, "--callback", f"http://localhost:{port}/back")
        process = self.started("account", "login", "acme")
        self.assertEqual(agree(process, sandbox, port), 200)
        ended = self.koppla.outcome_of(process)
        self.assertEqual(ended.code, 0, str(ended))
        self.assertIn("Logged in to the account acme", ended.stdout)

    def upload(self, sandbox):
        certificate = self.koppla.do("account", "certificate", "acme", "--json").document["certificate"]
        sandbox.post("/sandbox/auth", {"certificate": certificate})


if __name__ == "__main__":
    main()
