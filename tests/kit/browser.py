"""A person with a browser on this machine, who agrees to what koppla's login asks for."""
import contextlib
import http.client
import socket
import ssl
import urllib.parse

from kit.koppla import until_said


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def agree(process, sandbox, port):
    """Goes where a started `koppla account login` sends the person, and back; the status of koppla's answer. The
    sandbox has to give its consent unasked."""
    address = urllib.parse.urlsplit(until_said(process, r"https://\S+")[0])
    org = http.client.HTTPSConnection(urllib.parse.urlsplit(sandbox.url).netloc,
                                      context=ssl.create_default_context(cafile=sandbox.ca))
    with contextlib.closing(org):
        org.request("GET", f"{address.path}?{address.query}")
        back = urllib.parse.urlsplit(org.getresponse().headers["Location"])
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as listener:
        listener.request("GET", f"{back.path}?{back.query}")
        return listener.getresponse().status
