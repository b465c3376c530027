"""An https server on the way from koppla to the sandbox, which can change or withhold what comes back."""
import http.server
import ssl
import threading
import urllib.error
import urllib.request

FRAMING = {"transfer-encoding", "content-length", "connection", "keep-alive"}
ADDED = FRAMING | {"content-encoding", "date", "server"}


def read_body(headers, stream):
    """A request's body, however it is framed."""
    if headers.get("Transfer-Encoding", "").lower() != "chunked":
        return stream.read(int(headers.get("Content-Length") or 0))
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


class Answer:
    """What goes back; a scenario's `tamper` may change it. With `declared_bytes` above the body's, the
    connection is cut after the body; with `hold`, after half of the body until the event is set."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.declared_bytes = len(body)
        self.hold = None


class Between:
    """`with Between(certificate, sandbox, tamper) as between:`; without a sandbox, tamper makes the answers."""

    def __init__(self, certificate, sandbox=None, tamper=None):
        self.sandbox, self.tamper, self.requests = sandbox, tamper, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self):
                body = read_body(self.headers, self.rfile)
                outer.requests.append((self.command, self.path))
                try:
                    outer.send(self, outer.make(self.command, self.path, self.headers, body))
                except (ConnectionError, ssl.SSLError):
                    self.close_connection = True

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def make(self, method, path, headers, body):
        answer = Answer(404, [], b"")
        if self.sandbox:
            answer = self.forward(method, path, headers, body)
        if self.tamper:
            self.tamper(path, answer)
        return answer

    def forward(self, method, path, headers, body):
        passed = {name: value for name, value in headers.items()
                  if name.lower() not in FRAMING | {"host", "accept-encoding"}}
        request = urllib.request.Request(self.sandbox.url + path, data=body or None, method=method, headers=passed)
        try:
            with self.sandbox.opener.open(request, timeout=60) as reply:
                status, given, body = reply.status, reply.headers.items(), reply.read()
        except urllib.error.HTTPError as reply:
            status, given, body = reply.code, reply.headers.items(), reply.read()
        return Answer(status, [(name, value) for name, value in given if name.lower() not in ADDED],
                      body.replace(self.sandbox.url.encode(), self.url.encode()))

    @staticmethod
    def send(handler, answer):
        handler.send_response(answer.status)
        for name, value in answer.headers:
            handler.send_header(name, value)
        if answer.status not in (204, 304):
            handler.send_header("Content-Length", str(max(answer.declared_bytes, len(answer.body))))
        handler.end_headers()
        half = len(answer.body) // 2 if answer.hold else 0
        if answer.hold:
            handler.wfile.write(answer.body[:half])
            handler.wfile.flush()
            answer.hold.wait(60)
        handler.wfile.write(answer.body[half:])
        handler.wfile.flush()
        if answer.declared_bytes > len(answer.body):
            handler.close_connection = True
