"""Delivers notifications: `python -m notifications.worker FLEET` (message, email or push).

What fails is rejected. The topology brings it back after a while, and takes it to the dead letters
when it has failed too often: there is no retry in this program.
"""

import json
import logging
import os
import random
import signal
import sys
import time
from types import FrameType
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ProbableAuthenticationError,
)
from pika.spec import Basic, BasicProperties

import pika_broker
import rabbitmq
from notifications import worker_topology

log = logging.getLogger(__name__)

PAUSE_S = (0.5, 3)
# How often it looks whether it is to stop, while there is nothing to do.
IDLE_S = 1


class DeliveryFailed(Exception):
    pass


def deliver(notification: dict[str, Any], attempt: int) -> None:
    """Stands for the mail server or the push service."""
    time.sleep(notification.get("seconds", 0))
    fail = notification.get("fail", 0)
    if fail == "permanent" or attempt <= fail:
        raise DeliveryFailed("the receiver can't be reached")


def attempt_of(properties: BasicProperties) -> int:
    deaths = (properties.headers or {}).get("x-death", [])
    return 1 + sum(death["count"] for death in deaths if death["reason"] == "rejected")


class Worker:
    def __init__(self, fleet: str) -> None:
        worker = worker_topology.WORKERS[fleet]
        self.queues = rabbitmq.queues(worker.queues)
        self.prefetch = int(os.environ.get("WARREN_PREFETCH") or worker.prefetch)
        self.stopping = False

    def stop(self, _signal: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def run(self) -> None:
        while not self.stopping:
            try:
                with pika.BlockingConnection(pika_broker.parameters()) as connection:
                    self.consume(connection)
            except (AMQPError, OSError) as error:
                if is_hopeless(error):
                    sys.exit(f"the broker refuses this worker: {error!r}")
                log.warning("no broker, trying again: %r", error)
                # Not the same for all workers, so that they don't come back all at once.
                time.sleep(random.uniform(*PAUSE_S))
        log.info("stopped")

    def consume(self, connection: pika.BlockingConnection) -> None:
        """Returns when it was told to stop; nothing is in work then."""
        channel = connection.channel()
        worker_topology.declare(channel)
        channel.basic_qos(prefetch_count=self.prefetch)
        for queue in self.queues:
            channel.basic_consume(queue, self.on_message)
        log.info("consuming from %s", ", ".join(self.queues))
        while not self.stopping:
            connection.process_data_events(time_limit=IDLE_S)
            if len(channel.consumer_tags) < len(self.queues):
                raise ConnectionError("the broker ended the consumption")

    def on_message(
        self,
        channel: BlockingChannel,
        method: Basic.Deliver,
        properties: BasicProperties,
        body: bytes,
    ) -> None:
        if self.stopping:
            # Unacknowledged: it is back in its queue as soon as the connection is closed.
            return
        attempt = attempt_of(properties)
        redelivered = " redelivered" if method.redelivered else ""
        name = f"{properties.message_id} attempt={attempt}{redelivered}"
        try:
            deliver(json.loads(body), attempt)
        except Exception as error:
            log.warning("rejected %s: %s", name, error)
            channel.basic_reject(method.delivery_tag, requeue=False)
        else:
            log.info("delivered %s", name)
            channel.basic_ack(method.delivery_tag)


def is_hopeless(error: Exception) -> bool:
    """What only somebody can mend who changes permissions or the topology."""
    if isinstance(error, ChannelClosedByBroker):
        return error.reply_code in (403, 406)
    return isinstance(error, AuthenticationError | ProbableAuthenticationError)


def main(arguments: list[str]) -> None:
    if len(arguments) != 1 or arguments[0] not in worker_topology.WORKERS:
        sys.exit(
            f"usage: python -m notifications.worker {'|'.join(worker_topology.WORKERS)}"
        )
    rabbitmq.set_up_logging()
    worker = Worker(arguments[0])
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, worker.stop)
    worker.run()


if __name__ == "__main__":
    main(sys.argv[1:])
