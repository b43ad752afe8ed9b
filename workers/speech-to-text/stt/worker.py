"""Writes down what is said, as many jobs at once as WARREN_CONCURRENCY says: `python -m stt.worker`."""

import asyncio
from typing import Any

from aio_consumer import Consumer, TryAgain
from aio_pika.abc import AbstractIncomingMessage

import rabbitmq
from stt import worker_topology


class UnusableRecording(Exception):
    """The job can't be done, however often it is tried: it goes to the dead letters."""


async def transcribe(job: dict[str, Any], message: AbstractIncomingMessage) -> None:
    """Stands for the model."""
    await asyncio.sleep(job.get("seconds", 0))
    fail = job.get("fail")
    if fail == "permanent":
        raise UnusableRecording("no speech in it")
    if fail == "transient" and not message.redelivered:
        raise TryAgain("the model is not loaded yet")


async def main() -> None:
    rabbitmq.set_up_logging()
    await Consumer(worker_topology, "stt", transcribe).run()


if __name__ == "__main__":
    asyncio.run(main())
