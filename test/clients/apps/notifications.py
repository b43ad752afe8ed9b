"""Notification workers, with pika: what fails is rejected, and the topology brings it back."""

import json
import os
import sys

import pika
import topology


def connect():
    return pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))


def publish(keys):
    """Each text goes out with its routing key; the broker confirms it, or says that no queue takes it."""
    with connect() as connection:
        channel = connection.channel()
        topology.declare(channel)
        channel.confirm_delivery()
        for key in keys:
            channel.basic_publish(
                "notifications",
                key,
                key.encode(),
                pika.BasicProperties(delivery_mode=2, message_id=key),
                mandatory=True,
            )
    return len(keys)


def work(name):
    connection = connect()
    channel = connection.channel()
    topology.declare(channel)
    topology.set_prefetch(channel, name)

    def deliver(_, method, properties, body):
        line = {
            "id": properties.message_id,
            "body": body.decode(),
            "deaths": [death["reason"] for death in (properties.headers or {}).get("x-death", [])],
        }
        with open(os.environ["NOTES"], "a", encoding="utf-8") as notes:
            notes.write(json.dumps(line) + "\n")
        if body == b"notification.message.retry":
            channel.basic_reject(method.delivery_tag, requeue=False)
        else:
            channel.basic_ack(method.delivery_tag)

    for queue in topology.WORKERS[name].queues:
        channel.basic_consume(queue, deliver)
    print("consuming", flush=True)
    channel.start_consuming()


def take(queue):
    """What an operator finds in a queue; waits for the first message."""
    with connect() as connection:
        channel = connection.channel()
        topology.declare_queue(channel, topology.QUEUES[queue])
        for method, properties, body in channel.consume(queue, inactivity_timeout=60):
            if method is None:
                return None
            channel.basic_ack(method.delivery_tag)
            return {"id": properties.message_id, "body": body.decode()}


COMMANDS = {"publish": lambda *keys: publish(keys), "work": work, "take": take}

if __name__ == "__main__":
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
