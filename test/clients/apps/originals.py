"""What the five systems declared before there was a topology, each with its own client and arguments."""

import asyncio
import json
import os
import sys

URL = os.environ["AMQP_URL"]
MINUTE = 60_000
HOUR = 60 * MINUTE


def celery_django():
    import kombu

    to_default = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "default"}
    limits = {
        "default": {},
        "player_sync": {"x-message-ttl": 2 * HOUR, "x-max-length": 1000, **to_default},
        "match_processing": {"x-message-ttl": 30 * MINUTE, "x-max-length": 5000, **to_default},
        "timeline_processing": {"x-message-ttl": 30 * MINUTE, "x-max-length": 5000, **to_default},
        "recovery": {"x-message-ttl": 4 * HOUR, "x-max-length": 100, **to_default},
        "maintenance": to_default,
    }
    with kombu.Connection(URL) as connection:
        for name, arguments in limits.items():
            queue = kombu.Queue(name, routing_key=name, queue_arguments=arguments)
            queue.bind(connection.channel()).declare()


async def notifications():
    import aio_pika

    async with await aio_pika.connect(URL) as connection:
        channel = await connection.channel()
        topic = aio_pika.ExchangeType.TOPIC
        exchange = await channel.declare_exchange("notifications", topic, durable=True)
        keys = {
            "message_notifications": ["notification.message.new", "notification.message.retry"],
            "email_notifications": ["notification.email.send"],
            "push_notifications": ["notification.push.send"],
        }
        for name, routing_keys in keys.items():
            queue = await channel.declare_queue(name, durable=True)
            for key in routing_keys:
                await queue.bind(exchange, key)


async def ffmpeg_jobs():
    import aio_pika

    arguments = {
        "x-message-ttl": HOUR,
        "x-max-length": 10_000,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": "ffmpeg_job_dlq",
    }
    async with await aio_pika.connect_robust(URL) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("ffmpeg_jobs", durable=True)
        await channel.declare_queue("ffmpeg_job_dlq", durable=True)
        queue = await channel.declare_queue("ffmpeg_job_queue", durable=True, arguments=arguments)
        await queue.bind(exchange, "ffmpeg_job")


def erp_long_polling():
    import pika

    events = {"x-message-ttl": 30 * MINUTE, "x-max-length": 100, "x-overflow": "drop-head"}
    online = {"x-expires": 5 * MINUTE, "x-max-length": 1}
    with pika.BlockingConnection(pika.URLParameters(URL)) as connection:
        for _ in range(2):
            channel = connection.channel()
            channel.queue_declare("event_queue:user:1", durable=True, arguments=events)
            channel.queue_declare("event_queue:college:1", durable=True, arguments=events)
            channel.queue_declare("online_status:user:1", durable=False, arguments=online)


async def speech_to_text():
    import aio_pika

    async with await aio_pika.connect(URL) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("stt_jobs", durable=True)
        arguments = {"x-max-priority": 10}
        queue = await channel.declare_queue("stt_jobs_queue", durable=True, arguments=arguments)
        await queue.bind(exchange, "stt_job")


def declare(system):
    original = globals()[system]
    if asyncio.iscoroutinefunction(original):
        asyncio.run(original())
    else:
        original()


if __name__ == "__main__":
    try:
        declare(sys.argv[1])
        print(json.dumps({"refused": None}))
    except Exception as error:
        print(json.dumps({"refused": str(error)}))
