"""Media and speech jobs, with aio-pika: published with a priority, requeued or rejected when they fail."""

import asyncio
import json
import os
import sys

import aio_pika
import topology


def connect():
    return aio_pika.connect(os.environ["AMQP_URL"])


async def publish(exchange, key, *jobs):
    """A job is TEXT or TEXT:PRIORITY."""
    async with await connect() as connection:
        channel = await connection.channel()
        await topology.declare(channel, passive=False)
        to = await channel.get_exchange(exchange, ensure=False)
        for job in jobs:
            text, _, priority = job.partition(":")
            message = aio_pika.Message(
                text.encode(),
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                priority=int(priority or 5),
            )
            await to.publish(message, key)
    return len(jobs)


async def work(name, patience):
    """Patience is how many jobs it waits for before it does the first one."""
    async with await connect() as connection:
        channel = await connection.channel()
        await topology.declare(channel, passive=False)
        await topology.set_prefetch(channel, name)
        waiting = []

        async def deliver(message):
            waiting.append(message)
            note({"got": message.body.decode(), "redelivered": message.redelivered})
            while len(waiting) >= int(patience):
                await finish(waiting.pop(0))

        for queue in topology.WORKERS[name].queues:
            await (await channel.get_queue(queue, ensure=False)).consume(deliver)
        print("consuming", flush=True)
        await asyncio.Future()


async def finish(message):
    if message.body == b"impossible":
        await message.reject(requeue=False)
    elif message.body == b"disturbed" and not message.redelivered:
        await message.reject(requeue=True)
    else:
        note({"done": message.body.decode()})
        await message.ack()


def note(line):
    with open(os.environ["NOTES"], "a", encoding="utf-8") as notes:
        notes.write(json.dumps(line) + "\n")


async def take(queue):
    """What an operator finds in a queue; waits for the first message."""
    async with await connect() as connection:
        channel = await connection.channel()
        found = await topology.declare_queue(channel, topology.QUEUES[queue])
        async with found.iterator(timeout=60) as messages:
            async for message in messages:
                await message.ack()
                return message.body.decode()


COMMANDS = {"publish": publish, "work": work, "take": take}

if __name__ == "__main__":
    print(json.dumps(asyncio.run(COMMANDS[sys.argv[1]](*sys.argv[2:]))))
