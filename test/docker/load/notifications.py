"""Load for the notifications: publishes at a steady rate, then waits for the dead letters.

Runs beside the application's own modules: `python load.py '{"publishers": 4, "rate": 1000, "seconds": 5}'`.
A notification's name says what becomes of it: `p0-17`, `p0-18-twice` (fails twice), `p0-19-never`.
"""

import json
import os
import sys
import threading
import time

import pika
import pika_broker
from notifications.publisher import Publisher

FAILURES = {"never": "permanent", "once": 1, "twice": 2}


def fate_of(number):
    """Of a hundred, one fails once, one twice and one for ever."""
    return {7: "-once", 27: "-twice", 47: "-never"}.get(number % 100, "")


class Load:
    def __init__(
        self, publishers, rate, seconds, dead_wait=60, key="notification.message.new"
    ):
        self.interval = publishers / rate
        self.each = round(rate * seconds / publishers)
        self.dead_wait = dead_wait
        self.key = key
        self.lock = threading.Lock()
        self.confirmed = []
        #: The broker may have them twice: its answer to the first try got lost.
        self.waited = []
        self.latencies = []
        self.threads = [
            threading.Thread(target=self.publish, args=(number,))
            for number in range(publishers)
        ]

    def publish(self, publisher):
        sender = Publisher(f"/tmp/outbox-{publisher}.sqlite")
        confirmed, waiting, latencies = [], [], []
        begin = time.monotonic() + self.interval * publisher / len(self.threads)
        for number in range(self.each):
            time.sleep(max(0, begin + number * self.interval - time.monotonic()))
            name = f"p{publisher}-{number}{fate_of(number)}"
            fail = FAILURES.get(name.rpartition("-")[2], 0)
            before = time.monotonic()
            has_it = sender.publish(self.key, {"fail": fail}, name)
            latencies.append(time.monotonic() - before)
            (confirmed if has_it else waiting).append(name)
        # What waits goes out when the broker is back.
        until = time.monotonic() + self.dead_wait
        while sender.waiting() and time.monotonic() < until:
            sender.send_waiting()
            time.sleep(0.5)
        if not sender.waiting():
            confirmed += waiting
        sender.close()
        with self.lock:
            self.confirmed += confirmed
            self.waited += waiting
            self.latencies += latencies

    def run(self):
        began = time.monotonic()
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()
        seconds = time.monotonic() - began
        return {
            "published": self.each * len(self.threads),
            "confirmed": len(self.confirmed),
            "waited": self.waited,
            "publishSeconds": round(seconds, 2),
            "confirmedPerSecond": round(len(self.confirmed) / seconds),
            "publishP95Ms": p95(self.latencies),
            "names": sorted(self.confirmed),
        }


def p95(seconds):
    return round(sorted(seconds)[int(len(seconds) * 0.95)] * 1000, 2)


def take_dead(expected, wait_s):
    """By name how often it is among the dead letters; as the user who looks into them."""
    os.environ["RABBITMQ_URL_FILE"] = os.environ["OPERATOR_URL_FILE"]
    dead = {}
    until = time.monotonic() + wait_s
    with pika.BlockingConnection(pika_broker.parameters()) as connection:
        channel = connection.channel()
        channel.basic_qos(prefetch_count=200)
        for method, properties, _ in channel.consume(
            "notifications.dead", inactivity_timeout=1
        ):
            if method is not None:
                dead[properties.message_id] = dead.get(properties.message_id, 0) + 1
                channel.basic_ack(method.delivery_tag)
            # One second more than needed, for what should not come.
            elif len(dead) >= expected or time.monotonic() > until:
                break
        channel.cancel()
    return dead


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    load = Load(**options)
    result = load.run()
    expected = sum(name.endswith("-never") for name in result["names"])
    print(json.dumps({**result, "dead": take_dead(expected, load.dead_wait)}))
