"""Tries guest:guest on each node that is named, over AMQP (from the node's own loopback, by the PROXY protocol) and HTTP.

Ends with 0 where all refuse guest, and let this worker's own login in.
"""

import base64
import os
import socket
import sys
import urllib.error
import urllib.request

import pika
from pika import frame, spec

BEHIND_PROXY = b"PROXY TCP4 127.0.0.1 127.0.0.1 50000 5672\r\n"


def amqp_answer(node: str, username: str, password: str) -> str:
    """The name of the method that answers a login."""
    with socket.create_connection((node, 5672), timeout=30) as stream:
        stream.sendall(BEHIND_PROXY + frame.ProtocolHeader().marshal())
        read_method(stream)
        login = spec.Connection.StartOk(
            client_properties={"capabilities": {"authentication_failure_close": True}},
            mechanism="PLAIN",
            response=f"\0{username}\0{password}",
            locale="en_US",
        )
        stream.sendall(frame.Method(0, login).marshal())
        return read_method(stream)


def read_method(stream: socket.socket) -> str:
    data = b""
    while True:
        more = stream.recv(4096)
        if not more:
            return "closed"
        data += more
        size, found = frame.decode_frame(data)
        if size > 0:
            return found.method.NAME


def http_answer(node: str, username: str, password: str) -> int:
    login = base64.b64encode(f"{username}:{password}".encode()).decode()
    request = urllib.request.Request(
        f"http://{node}:15672/api/whoami", headers={"Authorization": f"Basic {login}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


with open(os.environ["RABBITMQ_URL_FILE"], encoding="utf-8") as file:
    own = pika.URLParameters(file.read()).credentials
for node in sys.argv[1:]:
    answers = (
        amqp_answer(node, own.username, own.password),
        amqp_answer(node, "guest", "guest"),
        http_answer(node, "guest", "guest"),
    )
    print(node, *answers, flush=True)
    if answers != ("Connection.Tune", "Connection.Close", 401):
        sys.exit(f"{node} answers {answers}")
