"""Submits jobs: `python -m ffmpeg_jobs.submit '{"seconds": 5}' …`."""

import asyncio
import json
import sys
import uuid
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel

from aio_broker import connect
from ffmpeg_jobs import api_topology


async def submit(
    channel: AbstractChannel, job: dict[str, Any], name: str | None = None
) -> str:
    """Returns the job's name when the broker has it; raises when no queue takes it."""
    message = aio_pika.Message(
        json.dumps(job).encode(),
        message_id=name or str(uuid.uuid4()),
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        content_type="application/json",
    )
    exchange = await channel.get_exchange(
        api_topology.EXCHANGES["ffmpeg_jobs"].name, ensure=False
    )
    await exchange.publish(message, "ffmpeg_job", mandatory=True)
    return str(message.message_id)


async def main(jobs: list[str]) -> None:
    async with await connect() as connection:
        channel = await connection.channel(on_return_raises=True)
        for job in jobs:
            print(await submit(channel, json.loads(job)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
