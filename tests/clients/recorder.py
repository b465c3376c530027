"""A server in between that writes down what a client asks and of what shape the sandbox's answers are."""
import http.client
import http.server
import json
import ssl
import subprocess
import threading
import urllib.parse

# The org that recordings are made and replayed with: the same seed gives the same records and ids.
RECORDS = {"Account": 40, "Contact": 2300}
SEED = 20261101
# What a client says of itself; the rest is the connection's business, or secret.
KEPT_HEADERS = ("accept", "accept-encoding", "content-type", "content-encoding", "user-agent", "soapaction",
                "sforce-call-options", "sforce-query-options")
FRAMING = {"transfer-encoding", "content-length", "connection", "content-encoding", "keep-alive"}


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
        return difference(recorded[0], found[0], where + "[0]") if recorded and found else None
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


def read_chunks(stream):
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


def self_signed(folder):
    """A certificate for loopback that is its own authority: (certificate, both in one file)."""
    key, certificate, both = folder / "recorder.key", folder / "recorder.pem", folder / "recorder.both.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=recorder", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return certificate, both


class Recorder:
    """`with Recorder(folder, sandbox, file) as recorder:`; the file is written when the block ends."""

    def __init__(self, folder, sandbox, file):
        self.sandbox, self.file, self.exchanges = sandbox, file, []
        self.ca, both = self_signed(folder)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
                body = read_chunks(self.rfile) if chunked else \
                    self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.forward(self, body)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(both)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"
        self.ca = str(self.ca)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        with open(self.file, "w", encoding="utf-8") as out:
            out.write("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in self.exchanges) + "\n]\n")

    def forward(self, handler, body):
        where = urllib.parse.urlsplit(self.sandbox.url)
        connection = http.client.HTTPSConnection(where.hostname, where.port, timeout=120,
                                                 context=ssl.create_default_context(cafile=self.sandbox.ca))
        # The client knows the recorder's address; the sandbox shall know its own.
        headers = {name: value for name, value in handler.headers.items()
                   if name.lower() not in FRAMING | {"host", "accept-encoding"}}
        connection.request(handler.command, handler.path, body.replace(self.url.encode(), self.sandbox.url.encode()),
                           headers)
        reply = connection.getresponse()
        answer = reply.read()
        connection.close()
        self.note(handler, body, reply, answer)
        answer = answer.replace(self.sandbox.url.encode(), self.url.encode())
        handler.send_response(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in FRAMING | {"date", "server"}:
                handler.send_header(name, value)
        if reply.status not in (204, 304):
            handler.send_header("Content-Length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def note(self, handler, body, reply, answer):
        kept = {name.lower(): value for name, value in handler.headers.items() if name.lower() in KEPT_HEADERS}
        text = self.without_secrets(body.decode())
        form = dict(urllib.parse.parse_qsl(text)) if "form" in kept.get("content-type", "") else {}
        if "assertion" in form:
            signed = "{assertion}" if reply.status == 200 else "{forged}"
            text = urllib.parse.urlencode({**form, "assertion": signed}, safe="{}:")
        self.exchanges.append({
            "method": handler.command, "path": self.without_secrets(handler.path), "headers": kept, "body": text,
            "chunked": handler.headers.get("Transfer-Encoding", "").lower() == "chunked",
            "authorized": "Authorization" in handler.headers, "status": reply.status,
            "shape": shape_of_body(reply.getheader("Content-Type"), answer)})

    def without_secrets(self, text):
        """What differs from one sandbox to the next gets a name."""
        text = text.replace(self.url, "{url}")
        for name in ("access_token", "refresh_token", "client_id", "client_secret", "security_token", "password"):
            value = self.sandbox.ready[name]
            text = text.replace(value, "{%s}" % name).replace(urllib.parse.quote(value, safe=""), "{%s}" % name)
        return text
