"""Consumes with pika: a job's name goes to the queue of what is done, and then the job is acknowledged."""

import os
import time

import pika
from pika.exceptions import AMQPError

from pika_address import address
from where import DONE, Stop

stop = Stop()


def consume() -> None:
    with pika.BlockingConnection(address()) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=50)
        queue = os.environ["WARREN_QUEUES"]
        for method, _, body in channel.consume(queue, inactivity_timeout=0.2):
            if method is not None:
                mark = b" redelivered" if method.redelivered else b""
                channel.basic_publish("", DONE, body + mark)
                channel.basic_ack(method.delivery_tag)
            if stop:
                break
        channel.cancel()


while not stop:
    try:
        consume()
    except (AMQPError, OSError) as error:
        print(f"again in a moment: {error!r}", flush=True)
        time.sleep(0.5)
