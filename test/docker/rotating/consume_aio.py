"""The same with aio-pika."""

import asyncio
import os

import aio_pika
from aio_pika.exceptions import AMQPError

from where import DONE, Stop, tls, url

stop = Stop()


async def consume() -> None:
    trusted = tls() if url().startswith("amqps:") else None
    async with await aio_pika.connect(url(), ssl_context=trusted) as connection:
        channel = await connection.channel(publisher_confirms=False)
        await channel.set_qos(prefetch_count=50)

        async def handle(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            mark = b" redelivered" if message.redelivered else b""
            done = aio_pika.Message(message.body + mark)
            await channel.default_exchange.publish(done, DONE)
            await message.ack()

        queue = await channel.get_queue(os.environ["WARREN_QUEUES"], ensure=False)
        tag = await queue.consume(handle)
        while not stop and not channel.is_closed:
            await asyncio.sleep(0.1)
        if not channel.is_closed:
            await queue.cancel(tag)


async def main() -> None:
    while not stop:
        try:
            await consume()
        except (AMQPError, OSError) as error:
            print(f"again in a moment: {error!r}", flush=True)
            await asyncio.sleep(0.5)


asyncio.run(main())
