"""Publishes notifications, for the API: `Publisher("outbox.sqlite").publish("notification.email.send", {…})`.

A notification counts as sent when the broker has confirmed it. While there is no broker it waits in a
file, from which `send_waiting` takes it later: call that now and then, e.g. from a background task.
"""

import json
import logging
import sqlite3
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, UnroutableError

import pika_broker
from notifications import api_topology

log = logging.getLogger(__name__)

EXCHANGE = api_topology.EXCHANGES["notifications"].name
OLDEST = "SELECT number, id, key, body FROM waiting WHERE refused IS NULL ORDER BY number LIMIT 1"
# No request of a user waits for long: also not for a broker in an alarm, which takes nothing.
TIMEOUT_S = 5
# After a failure, so long nobody tries to connect.
PAUSE_S = 2


class Publisher:
    """For all threads of a process; the file may be shared by processes."""

    def __init__(self, outbox: str | Path) -> None:
        self._lock = threading.Lock()
        self._channel: BlockingChannel | None = None
        self._connect_from = 0.0
        self._outbox = sqlite3.connect(
            outbox,
            timeout=10 * TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        self._outbox.execute(
            "CREATE TABLE IF NOT EXISTS waiting"
            " (number INTEGER PRIMARY KEY, id TEXT, key TEXT, body BLOB, refused TEXT)"
        )

    def publish(
        self, key: str, notification: dict[str, Any], name: str | None = None
    ) -> bool:
        """Returns whether the broker has it; else it waits in the outbox. Raises where no queue takes it."""
        name = name or str(uuid.uuid4())
        body = json.dumps(notification).encode()
        with self._lock:
            try:
                self._send(name, key, body)
                return True
            except UnroutableError:
                raise
            except (AMQPError, OSError) as error:
                log.warning("no broker, %s waits: %r", name, error)
                self._outbox.execute(
                    "INSERT INTO waiting (id, key, body) VALUES (?, ?, ?)",
                    (name, key, body),
                )
                return False

    def send_waiting(self) -> int:
        """Sends what waits, the oldest first, until all is sent or the broker is away; returns how many."""
        sent = 0
        with self._lock:
            try:
                while self._send_oldest():
                    sent += 1
            except (AMQPError, OSError) as error:
                log.warning("no broker, the rest waits: %r", error)
        return sent

    def waiting(self) -> int:
        with self._lock:
            count = "SELECT count(*) FROM waiting WHERE refused IS NULL"
            (number,) = self._outbox.execute(count).fetchone()
        return int(number)

    def close(self) -> None:
        with self._lock:
            self._disconnect()
            self._outbox.close()

    def _send_oldest(self) -> bool:
        # Another process waits here until this one has sent it.
        self._outbox.execute("BEGIN IMMEDIATE")
        try:
            row = self._outbox.execute(OLDEST).fetchone()
            if row is not None:
                number, name, key, body = row
                try:
                    self._send(name, key, body)
                    self._outbox.execute(
                        "DELETE FROM waiting WHERE number = ?", (number,)
                    )
                except UnroutableError as error:
                    log.error(
                        "no queue takes %s, it stays in the outbox: %r", name, error
                    )
                    update = "UPDATE waiting SET refused = ? WHERE number = ?"
                    self._outbox.execute(update, (repr(error), number))
            self._outbox.execute("COMMIT")
            return row is not None
        except BaseException:
            self._outbox.execute("ROLLBACK")
            raise

    def _send(self, name: str, key: str, body: bytes) -> None:
        if self._channel is not None:
            try:
                self._publish(self._channel, name, key, body)
                return
            except UnroutableError:
                raise
            except (AMQPError, OSError):
                # A connection that was idle for long has been closed by the broker.
                self._disconnect()
        if time.monotonic() < self._connect_from:
            raise ConnectionError("there was no broker a moment ago")
        try:
            self._channel = self._connect()
            self._publish(self._channel, name, key, body)
        except UnroutableError:
            raise
        except (AMQPError, OSError):
            self._disconnect()
            self._connect_from = time.monotonic() + PAUSE_S
            raise

    @staticmethod
    def _publish(channel: BlockingChannel, name: str, key: str, body: bytes) -> None:
        properties = pika.BasicProperties(
            message_id=name,
            delivery_mode=pika.DeliveryMode.Persistent,
            content_type="application/json",
        )
        # Returns when it is confirmed.
        channel.basic_publish(EXCHANGE, key, body, properties, mandatory=True)

    @staticmethod
    def _connect() -> BlockingChannel:
        parameters = pika_broker.parameters()
        parameters.socket_timeout = TIMEOUT_S
        parameters.stack_timeout = TIMEOUT_S
        parameters.blocked_connection_timeout = TIMEOUT_S
        channel = pika.BlockingConnection(parameters).channel()
        channel.confirm_delivery()
        return channel

    def _disconnect(self) -> None:
        channel, self._channel = self._channel, None
        if channel is not None and channel.connection.is_open:
            try:
                channel.connection.close()
            except (AMQPError, OSError):
                pass
