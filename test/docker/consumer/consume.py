"""Consumes from WARREN_QUEUES with acknowledgements, SECONDS for each message, until it is told to stop."""

import os
import signal
import ssl
import sys
import time

import pika


def address() -> pika.URLParameters:
    with open(os.environ["RABBITMQ_URL_FILE"], encoding="utf-8") as file:
        found = pika.URLParameters(file.read())
    if found.ssl_options is not None:
        trusted = ssl.create_default_context(cafile=os.environ["RABBITMQ_CA_FILE"])
        found.ssl_options = pika.SSLOptions(trusted, found.host)
    return found


def main() -> None:
    pause = float(os.environ.get("SECONDS", "0"))

    def handle(channel, method, *_) -> None:
        time.sleep(pause)
        channel.basic_ack(method.delivery_tag)

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        try:
            channel = pika.BlockingConnection(address()).channel()
            channel.basic_qos(prefetch_count=1)
            for queue in os.environ["WARREN_QUEUES"].split(","):
                channel.basic_consume(queue, handle)
            channel.start_consuming()
        except pika.exceptions.AMQPError as error:
            print(f"again in a second: {error!r}", flush=True)
            time.sleep(1)


main()
