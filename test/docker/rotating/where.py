"""Where everybody finds the broker, and when they stop."""

import os
import signal
import ssl
from pathlib import Path

#: Names of jobs that are done; and what publishers have had confirmed.
DONE, SENT = "done", "sent"


def url() -> str:
    """Asked for at each connection, as a deployed worker does: its login rotates."""
    return Path(os.environ["RABBITMQ_URL_FILE"]).read_text(encoding="utf-8").strip()


def tls() -> ssl.SSLContext:
    """For an amqps URL; asked for at each connection, for the authority rotates, too."""
    return ssl.create_default_context(cafile=os.environ["RABBITMQ_CA_FILE"])


class Stop:
    """True from SIGTERM on."""

    def __init__(self) -> None:
        self._is_set = False
        signal.signal(signal.SIGTERM, self._set)

    def _set(self, *_: object) -> None:
        self._is_set = True

    def __bool__(self) -> bool:
        return self._is_set
