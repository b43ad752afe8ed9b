"""Publishes jobs to QUEUES in turn with pika and confirms, until it is told to stop; then it says how many there are."""

import os
import time

import pika
from pika.exceptions import AMQPError

from pika_address import address
from steady import at_a_steady_rate, in_threads
from where import SENT, Stop


class Sender:
    """Its connection is made anew with the login of that moment."""

    def __init__(self) -> None:
        self._connection = None
        self._channel = None

    def send(self, queue: str, text: str) -> None:
        body = text
        while True:
            try:
                if self._channel is None:
                    self._connection = pika.BlockingConnection(address())
                    self._channel = self._connection.channel()
                    self._channel.confirm_delivery()
                properties = pika.BasicProperties(delivery_mode=2)
                self._channel.basic_publish("", queue, body.encode(), properties, mandatory=True)
                return
            except (AMQPError, OSError) as error:
                print(f"again in a moment: {error!r}", flush=True)
                self._channel = None
                # It may have come all the same: its confirm is lost.
                body = f"{text} again"
                time.sleep(0.5)

    def close(self) -> None:
        if self._connection is not None and self._connection.is_open:
            self._connection.close()


def publish(stop: Stop) -> None:
    sender = Sender()
    queues = os.environ["QUEUES"].split(",")
    count = at_a_steady_rate(
        stop, lambda name, number: sender.send(queues[number % len(queues)], name)
    )
    sender.send(SENT, count)
    sender.close()


in_threads(publish)
