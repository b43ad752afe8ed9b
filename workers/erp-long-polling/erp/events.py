"""Events and online status, in queues of each user's own, over the one connection of a web worker.

The queues are declared when somebody first writes to them. Their limits (30 minutes, 100 events, the
oldest go first) are policies of the topology: nothing here has to say them.
"""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPConnectionError,
    ChannelClosedByBroker,
    ChannelWrongStateError,
    UnroutableError,
)

import pika_broker
from erp import topology

log = logging.getLogger(__name__)
T = TypeVar("T")

USER = topology.FAMILIES["event_queue:user:{id}"]
COLLEGE = topology.FAMILIES["event_queue:college:{id}"]
ONLINE = topology.FAMILIES["online_status:user:{id}"]

TIMEOUT_S = 5
BATCH = 100
# Another web worker took the rest of a batch.
TAKEN_MEANWHILE_S = 0.1
NOT_FOUND = 404


class Events:
    """For all threads of a web worker."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._channel: BlockingChannel | None = None

    def declare(self, user: int, college: int) -> None:
        """Before the first event, so that nobody waits for it then."""
        for queue in (
            USER.queue(id=user),
            COLLEGE.queue(id=college),
            ONLINE.queue(id=user),
        ):
            self._with_channel(
                lambda channel: topology.declare_queue(channel, queue, passive=False)
            )

    def notify_user(self, user: int, event: bytes) -> None:
        self._write(USER.queue(id=user), event)

    def notify_college(self, college: int, event: bytes) -> None:
        self._write(COLLEGE.queue(id=college), event)

    def set_online(self, user: int) -> None:
        self._write(ONLINE.queue(id=user), b"online")

    def of_user(self, user: int) -> list[bytes]:
        return self._read(USER.queue(id=user))

    def of_college(self, college: int) -> list[bytes]:
        return self._read(COLLEGE.queue(id=college))

    def close(self) -> None:
        with self._lock:
            if self._channel is not None and self._channel.connection.is_open:
                self._channel.connection.close()
            self._channel = None

    def _write(self, queue: topology.Queue, event: bytes) -> None:
        """Returns when the broker has confirmed it."""
        mode = pika.DeliveryMode
        properties = pika.BasicProperties(
            delivery_mode=mode.Persistent if queue.durable else mode.Transient
        )

        def publish(channel: BlockingChannel) -> None:
            channel.basic_publish("", queue.name, event, properties, mandatory=True)

        def publish_or_declare(channel: BlockingChannel) -> None:
            try:
                publish(channel)
            except UnroutableError:
                topology.declare_queue(channel, queue, passive=False)
                publish(channel)

        self._with_channel(publish_or_declare)

    def _read(self, queue: topology.Queue) -> list[bytes]:
        """What is there, up to a batch. It is gone from the queue when this returns."""

        def take(channel: BlockingChannel) -> list[bytes]:
            method, _, event = channel.basic_get(queue.name)
            if method is None:
                return []
            events = [event]
            more = min(method.message_count, BATCH - 1)
            if more > 0:
                # All at once: one by one, each would be a round trip, and a write for a quorum queue.
                channel.basic_qos(prefetch_count=more)
                for method, _, event in channel.consume(
                    queue.name, inactivity_timeout=TAKEN_MEANWHILE_S
                ):
                    if method is not None:
                        events.append(event)
                    if method is None or len(events) > more:
                        break
                channel.cancel()
            # All that this channel has got.
            channel.basic_ack(0, multiple=True)
            return events

        try:
            return self._with_channel(take)
        except ChannelClosedByBroker as error:
            if error.reply_code != NOT_FOUND:
                raise
            # Nobody has written to it yet.
            return []

    def _with_channel(self, action: Callable[[BlockingChannel], T]) -> T:
        """Once more on a new connection where the old one is lost, e.g. closed after a long idle time."""
        with self._lock:
            try:
                return action(self._open())
            except (AMQPConnectionError, ChannelWrongStateError, OSError) as error:
                log.warning("the connection is lost, once more: %r", error)
                return action(self._open())

    def _open(self) -> BlockingChannel:
        channel = self._channel
        if channel is None or channel.is_closed:
            connection = None if channel is None else channel.connection
            if connection is None or not connection.is_open:
                parameters = pika_broker.parameters()
                parameters.blocked_connection_timeout = TIMEOUT_S
                connection = pika.BlockingConnection(parameters)
            channel = self._channel = connection.channel()
            channel.confirm_delivery()
        return channel
