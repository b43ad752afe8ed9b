"""A connection with aio-pika."""

import aio_pika
from aio_pika.abc import AbstractConnection

import rabbitmq

TIMEOUT_S = 10


async def connect() -> AbstractConnection:
    """Not one that comes back by itself: that would come back with the old credentials."""
    url = rabbitmq.url()
    context = rabbitmq.tls_context() if url.startswith("amqps:") else None
    return await aio_pika.connect(url, ssl_context=context, timeout=TIMEOUT_S)
