"""A server in between that writes down what a client asks and of what shape the sandbox's answers are."""
import json
import urllib.parse

from kit.between import Between
from kit.certificates import Authority

# The org that recordings are made and replayed with: the same seed gives the same records and ids.
RECORDS = {"Account": 40, "Contact": 2300}
SEED = 20261101
# What a client says of itself; the rest is the connection's business, or secret.
KEPT_HEADERS = ("accept", "accept-encoding", "content-type", "content-encoding", "user-agent", "soapaction",
                "sforce-call-options", "sforce-query-options")


def shape(value):
    """What of a JSON value has to stay the same: keys and types; of an array its first element."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return "null" if value is None else "boolean" if isinstance(value, bool) else \
        "number" if isinstance(value, (int, float)) else "string"


def difference(recorded, found, where="the answer"):
    """Where an answer has lost what the recorded one had; None where it has all. Null stands for any type."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        for key, one in recorded.items():
            if key not in found:
                return f"{where} has no {key}"
            if lost := difference(one, found[key], f"{where}.{key}"):
                return lost
        return None
    if isinstance(recorded, list) and isinstance(found, list):
        if recorded and not found:
            return f"{where} is empty"
        return difference(recorded[0], found[0], where + "[0]") if recorded else None
    if recorded == found or "null" in (recorded, found):
        return None
    return f"{where} was {recorded} and is {found}"


def shape_of_body(content_type, body):
    """JSON by its keys and types, CSV by its header, anything else by its kind."""
    kind = (content_type or "").split(";")[0]
    if kind == "application/json" and body:
        return shape(json.loads(body))
    if kind == "text/csv":
        return body.split(b"\n")[0].decode()
    return kind if body else ""


class Recorder(Between):
    """`with Recorder(folder, sandbox, file) as recorder:`; the file is written when the block ends."""

    def __init__(self, folder, sandbox, file):
        authority = Authority(folder / "recorder")
        super().__init__(authority.certificate("recorder"), sandbox)
        self.ca, self.file, self.exchanges = str(authority.ca), file, []

    def __exit__(self, *_):
        super().__exit__()
        with open(self.file, "w", encoding="utf-8") as out:
            out.write("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in self.exchanges) + "\n]\n")

    def forward(self, method, path, headers, body):
        # The client knows the recorder's address; the sandbox shall know its own.
        answer = super().forward(method, path, headers, body.replace(self.url.encode(), self.sandbox.url.encode()))
        self.note(method, path, headers, body, answer)
        return answer

    def note(self, method, path, headers, body, answer):
        kept = {name.lower(): value for name, value in headers.items() if name.lower() in KEPT_HEADERS}
        text = self.without_secrets(body.decode())
        form = dict(urllib.parse.parse_qsl(text)) if "form" in kept.get("content-type", "") else {}
        if "assertion" in form:
            signed = "{assertion}" if answer.status == 200 else "{forged}"
            text = urllib.parse.urlencode({**form, "assertion": signed}, safe="{}:")
        self.exchanges.append({
            "method": method, "path": self.without_secrets(path), "headers": kept, "body": text,
            "chunked": headers.get("Transfer-Encoding", "").lower() == "chunked",
            "authorized": "Authorization" in headers, "status": answer.status,
            "shape": shape_of_body(dict(answer.headers).get("Content-Type"), answer.body)})

    def without_secrets(self, text):
        """What differs from one sandbox to the next gets a name."""
        text = text.replace(self.url, "{url}")
        for name in ("access_token", "refresh_token", "client_id", "client_secret", "security_token", "password"):
            value = self.sandbox.ready[name]
            text = text.replace(value, "{%s}" % name).replace(urllib.parse.quote(value, safe=""), "{%s}" % name)
        return text
