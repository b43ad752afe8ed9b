"""Converts media, one job at a time: `python -m ffmpeg_jobs.worker`."""

import asyncio
from typing import Any

from aio_pika.abc import AbstractIncomingMessage
from aio_consumer import Consumer

import rabbitmq
from ffmpeg_jobs import worker_topology


class MediaError(Exception):
    """The job can't be done, however often it is tried: it goes to the dead letters."""


async def convert(job: dict[str, Any], message: AbstractIncomingMessage) -> None:
    """Stands for `asyncio.create_subprocess_exec("ffmpeg", …)`; the connection lives on meanwhile.

    A job that is redelivered was begun by another worker: its output is written anew.
    """
    await asyncio.sleep(job.get("seconds", 0))
    if job.get("fail") == "permanent":
        raise MediaError("not a media file")


async def main() -> None:
    rabbitmq.set_up_logging()
    await Consumer(worker_topology, "ffmpeg", convert).run()


if __name__ == "__main__":
    asyncio.run(main())
