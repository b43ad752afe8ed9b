"""What all applications do alike: find the broker, and say what they do."""

import logging
import os
import ssl
import sys
from pathlib import Path


def url() -> str:
    """The broker's URL, with user and password. Ask again for each connection: credentials rotate."""
    file = os.environ.get("RABBITMQ_URL_FILE")
    if file is None:
        sys.exit(
            "RABBITMQ_URL_FILE is not set: it names the file that holds the broker's URL"
        )
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        sys.exit(f"RABBITMQ_URL_FILE: {error}")


def tls_context() -> ssl.SSLContext:
    """For amqps: with the authority that RABBITMQ_CA_FILE names, else with those of the system."""
    return ssl.create_default_context(cafile=os.environ.get("RABBITMQ_CA_FILE"))


def queues(default: tuple[str, ...]) -> tuple[str, ...]:
    """Those that the fleet consumes from, where its containers say so."""
    given = os.environ.get("WARREN_QUEUES")
    return tuple(given.split(",")) if given else default


def set_up_logging() -> None:
    logging.basicConfig(
        stream=sys.stdout,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
    )
    # The clients tell every step of a connection, and each failure with its stack trace.
    for client in ("pika", "aio_pika", "aiormq"):
        logging.getLogger(client).setLevel(logging.CRITICAL)
