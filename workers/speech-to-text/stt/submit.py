"""Submits jobs, each after its priority: `python -m stt.submit 5 '{"seconds": 1}' …`."""

import asyncio
import json
import sys
import uuid
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel

from aio_broker import connect
from stt import api_topology

DEFAULT_PRIORITY = 5


async def submit(
    channel: AbstractChannel,
    job: dict[str, Any],
    priority: int = DEFAULT_PRIORITY,
    name: str | None = None,
) -> str:
    """Returns the job's name when the broker has it; raises when no queue takes it."""
    message = aio_pika.Message(
        json.dumps(job).encode(),
        message_id=name or str(uuid.uuid4()),
        priority=priority,
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        content_type="application/json",
    )
    exchange = await channel.get_exchange(
        api_topology.EXCHANGES["stt_jobs"].name, ensure=False
    )
    await exchange.publish(message, "stt_job", mandatory=True)
    return str(message.message_id)


async def main(words: list[str]) -> None:
    async with await connect() as connection:
        channel = await connection.channel(on_return_raises=True)
        await api_topology.declare(channel, passive=False)
        for priority, job in zip(words[::2], words[1::2]):
            print(await submit(channel, json.loads(job), int(priority)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
