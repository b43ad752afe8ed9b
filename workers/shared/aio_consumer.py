"""Consumes jobs with aio-pika until it is told to stop.

A job is acknowledged when it is done: whatever happens to its worker before, another one gets it.
"""

import asyncio
import json
import logging
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelInvalidStateError,
    ChannelPreconditionFailed,
    ProbableAuthenticationError,
)
from aiormq.exceptions import ChannelAccessRefused

import rabbitmq
from aio_broker import connect

log = logging.getLogger(__name__)

PAUSE_S = (0.5, 3)
REQUEUE_PAUSE_S = 0.5

# What only somebody can mend who changes permissions or the topology.
HOPELESS = (
    AuthenticationError,
    ProbableAuthenticationError,
    ChannelAccessRefused,
    ChannelPreconditionFailed,
)


class TryAgain(Exception):
    """A disturbance that passes: the job goes back to its queue."""


class Consumer:
    """One fleet's worker. `topology` is the module that `warren render --to aio-pika` wrote."""

    def __init__(
        self,
        topology: ModuleType,
        fleet: str,
        work: Callable[[Any, AbstractIncomingMessage], Awaitable[None]],
    ) -> None:
        worker = topology.WORKERS[fleet]
        environment = os.environ
        self._topology = topology
        self._work = work
        self._queues = rabbitmq.queues(worker.queues)
        # As many jobs at once as the broker hands out at once.
        self._concurrency = int(
            environment.get("WARREN_CONCURRENCY")
            or environment.get("WARREN_PREFETCH")
            or worker.prefetch
        )
        self._stopping = asyncio.Event()
        self._jobs: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        while not self._stopping.is_set():
            try:
                async with await connect() as connection:
                    await self._consume(connection)
            except HOPELESS as error:
                sys.exit(f"the broker refuses this worker: {error!r}")
            except (AMQPError, ChannelInvalidStateError, OSError) as error:
                log.warning("no broker, trying again: %r", error)
                await self._pause()
        log.info("stopped")

    async def _consume(self, connection: AbstractConnection) -> None:
        """Returns when it was told to stop and no job is in work any more."""
        channel = await connection.channel()
        lost = await _loss_of(channel)
        await self._topology.declare(channel, passive=False)
        await channel.set_qos(prefetch_count=self._concurrency)
        consumers = []
        for name in self._queues:
            queue = await channel.get_queue(name, ensure=False)
            consumers.append((queue, await queue.consume(self._on_message)))
        log.info(
            "consuming from %s, %d at once", ", ".join(self._queues), self._concurrency
        )
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({stopping, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not lost.done():
                log.info("stopping: no more jobs, %d in work", len(self._jobs))
                for queue, tag in consumers:
                    await queue.cancel(tag)
            while self._jobs and not lost.done():
                await asyncio.wait(
                    {*self._jobs, lost}, return_when=asyncio.FIRST_COMPLETED
                )
            if lost.done():
                raise ConnectionError(lost.result())
        finally:
            stopping.cancel()
            # Their messages are another worker's by now.
            for job in self._jobs:
                job.cancel()

    async def _on_message(self, message: AbstractIncomingMessage) -> None:
        """Each in a task of its own; what comes after the end of the consumption stays unacknowledged."""
        job = asyncio.current_task()
        if self._stopping.is_set() or job is None:
            return
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        name = f"{message.message_id}{' redelivered' if message.redelivered else ''}"
        log.info("started %s", name)
        try:
            await self._work(json.loads(message.body), message)
        except TryAgain as error:
            log.warning("requeued %s: %s", name, error)
            # Else it would come back at once, for as long as the disturbance lasts.
            await asyncio.sleep(REQUEUE_PAUSE_S)
            await message.reject(requeue=True)
        except Exception as error:
            log.error("rejected %s: %s", name, error)
            await message.reject(requeue=False)
        else:
            await message.ack()
            log.info("done %s", name)

    async def _pause(self) -> None:
        """Not the same for all workers, so that they don't come back all at once."""
        try:
            await asyncio.wait_for(self._stopping.wait(), random.uniform(*PAUSE_S))
        except TimeoutError:
            pass


async def _loss_of(channel: AbstractChannel) -> asyncio.Future[str]:
    """Is done when the channel is closed, or the broker ends one of its consumers (its queue is gone)."""
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def lose(reason: str) -> None:
        if not lost.done():
            lost.set_result(reason)

    channel.close_callbacks.add(lambda _, error: lose(repr(error)))
    underlay = await channel.get_underlay_channel()
    underlay.on_consumer_cancel_callbacks.add(
        lambda _: lose("the broker ended the consumption")
    )
    return lost
