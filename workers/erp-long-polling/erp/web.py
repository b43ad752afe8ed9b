"""A web worker: `python -m erp.web`, on PORT (8000).

POST /users/17 writes an event to the user's queue, GET /users/17 waits for events and takes them.
"""

import json
import logging
import os
import re
import signal
import socketserver
import time
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from pika.exceptions import AMQPError

import rabbitmq
from erp.events import Events

log = logging.getLogger(__name__)

PORT = int(os.environ.get("PORT", "8000"))
PATH = re.compile(r"/users/(\d+)")
# How long a request waits for events, and how often it looks.
WAIT_S = 20
LOOK_S = 0.2


class Application:
    def __init__(self) -> None:
        self.events = Events()
        self.stopping = False

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        status, answer = self.answer(environ)
        start_response(status, [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]

    def answer(self, environ: dict[str, Any]) -> tuple[str, Any]:
        path = PATH.fullmatch(environ["PATH_INFO"])
        if path is None:
            return "404 Not Found", "there is /users/NUMBER"
        user = int(path[1])
        try:
            if environ["REQUEST_METHOD"] == "POST":
                body = environ["wsgi.input"].read(
                    int(environ.get("CONTENT_LENGTH") or 0)
                )
                self.events.notify_user(user, body)
                return "202 Accepted", None
            return "200 OK", [event.decode() for event in self.wait_for_events(user)]
        except (AMQPError, OSError) as error:
            log.warning("no broker: %r", error)
            return "503 Service Unavailable", "no broker"

    def wait_for_events(self, user: int) -> list[bytes]:
        self.events.set_online(user)
        end = time.monotonic() + WAIT_S
        while True:
            events = self.events.of_user(user)
            if events or self.stopping or time.monotonic() > end:
                return events
            time.sleep(LOOK_S)


class Server(socketserver.ThreadingMixIn, WSGIServer):
    """A thread for each request. `server_close` waits for them."""

    timeout = 1
    daemon_threads = False


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> None:
    rabbitmq.set_up_logging()
    application = Application()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        application.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server = make_server("", PORT, application, Server, QuietHandler)
    log.info("listening on port %d", PORT)
    while not application.stopping:
        server.handle_request()
    server.server_close()
    application.events.close()
    log.info("stopped")


if __name__ == "__main__":
    main()
