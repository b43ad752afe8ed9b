"""Django's web workers in the long-polling ERP, with pika: a queue per user, declared when it is needed."""

import json
import os
import sys

import pika
import topology

EVENTS = topology.FAMILIES["event_queue:user:{id}"]
ONLINE = topology.FAMILIES["online_status:user:{id}"]


def connect():
    return pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))


def write(user, *events):
    """Twice, as two web workers would: the second declaration must be the same."""
    with connect() as connection:
        for _ in range(2):
            channel = connection.channel()
            for family in (EVENTS, ONLINE):
                topology.declare_queue(channel, family.queue(id=user), passive=False)
        channel.confirm_delivery()
        for event in events:
            channel.basic_publish("", EVENTS.queue(id=user).name, event.encode())
        channel.basic_publish("", ONLINE.queue(id=user).name, b"online")
    return [EVENTS.queue(id=user).name, ONLINE.queue(id=user).name]


def read(user):
    """A batch, without waiting."""
    events = []
    with connect() as connection:
        channel = connection.channel()
        while True:
            method, _, body = channel.basic_get(EVENTS.queue(id=user).name)
            if method is None:
                return events
            channel.basic_ack(method.delivery_tag)
            events.append(body.decode())


def trespass():
    with connect() as connection:
        queue = topology.Queue("somebody_elses")
        topology.declare_queue(connection.channel(), queue, passive=False)


COMMANDS = {"write": write, "read": read, "trespass": trespass}

if __name__ == "__main__":
    try:
        print(json.dumps({"value": COMMANDS[sys.argv[1]](*sys.argv[2:])}))
    except pika.exceptions.ChannelClosedByBroker as error:
        print(json.dumps({"refused": error.reply_code}))
