"""A relay on the way from koppla to a server: counts what koppla sends, and does something at a byte of it."""
import contextlib
import socket
import threading


class Relay:
    """`with Relay(port) as relay:`; `relay.at(byte, action)` is done once, before that byte is passed on. What the server
    answers goes through `answered`."""

    def __init__(self, port, answered=lambda data: data):
        self.target = ("127.0.0.1", port)
        self.answered = answered
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.begin()

    def begin(self):
        """Counts from 0 again, with nothing to be done."""
        self.sent, self.moment, self.action = 0, None, None
        self.reached, self.done = threading.Event(), threading.Event()

    def at(self, byte, action):
        self.moment, self.action = byte, action

    def __enter__(self):
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        with client, contextlib.suppress(OSError), socket.create_connection(self.target, timeout=10) as server:
            server.settimeout(None)
            back = threading.Thread(target=self._pass, args=(server, client, self.answered), daemon=True)
            back.start()
            self._pass(client, server, self._count)
            back.join()

    def _count(self, data):
        with self.lock:
            self.sent += len(data)
            is_due = self.moment is not None and self.sent >= self.moment
            if is_due:
                self.moment = None
        if is_due:
            self.reached.set()
            self.action()
            self.done.set()
        return data

    @staticmethod
    def _pass(source, target, through):
        with contextlib.suppress(OSError):
            while data := source.recv(16384):
                target.sendall(through(data))
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
