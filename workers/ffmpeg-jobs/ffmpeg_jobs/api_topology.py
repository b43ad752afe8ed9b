"""What an application declares on RabbitMQ, by aio-pika: exactly what the topology declares.

Made by `warren render --to aio-pika`: change the topology and render it again. So no
declaration is refused (406), whoever comes first.
"""

# The vhost "ffmpeg" on RabbitMQ 4.3, for the user "ffmpeg-api".

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue


@dataclass(frozen=True)
class _Declared:
    name: str

    def __post_init__(self) -> None:
        if hasattr(self, "arguments"):
            frozen = MappingProxyType(dict(self.arguments))
            object.__setattr__(self, "arguments", frozen)


@dataclass(frozen=True)
class Exchange(_Declared):
    type: str
    durable: bool = True
    auto_delete: bool = False
    internal: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    #: Without the permission it is only looked for.
    may_declare: bool = True


@dataclass(frozen=True)
class Queue(_Declared):
    durable: bool = True
    auto_delete: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    may_declare: bool = True


@dataclass(frozen=True)
class Binding:
    source: str
    #: A queue, or an exchange.
    destination: str
    routing_key: str = ""
    to_exchange: bool = False
    arguments: Mapping[str, Any] = field(default_factory=dict)
    may_bind: bool = True


@dataclass(frozen=True)
class Family(_Declared):
    """Queues that are declared at run time: FAMILIES["box:{id}"].queue(id=1)."""

    durable: bool = True
    arguments: Mapping[str, Any] = field(default_factory=dict)
    may_declare: bool = True

    def queue(self, **values: object) -> Queue:
        def fill(placeholder: re.Match[str]) -> str:
            value = str(values[placeholder[1]])
            if value == "":
                raise ValueError(f"{placeholder[1]} is empty")
            return value

        return Queue(
            re.sub(r"\{(\w+)\}", fill, self.name),
            durable=self.durable,
            arguments=self.arguments,
            may_declare=self.may_declare,
        )


@dataclass(frozen=True)
class Worker(_Declared):
    queues: tuple[str, ...]
    #: Messages that it holds at a time; 0 is no limit.
    prefetch: int = 0


def _named(*items: Any) -> Mapping[str, Any]:
    return MappingProxyType({item.name: item for item in items})


VHOST = "ffmpeg"

EXCHANGES = _named(
    Exchange("ffmpeg_jobs", "direct", may_declare=False),
)

QUEUES = _named()

BINDINGS = ()

FAMILIES = _named()

WORKERS = _named()


async def declare(channel: AbstractChannel, *, passive: bool = True) -> None:
    """Looks whether everything is there (404 otherwise).

    With passive=False it also declares and binds what the user may.
    """
    for exchange in EXCHANGES.values():
        await declare_exchange(channel, exchange, passive=passive)
    for queue in QUEUES.values():
        await declare_queue(channel, queue, passive=passive)
    for binding in BINDINGS:
        if binding.may_bind and not passive:
            await bind(channel, binding)


async def declare_exchange(
    channel: AbstractChannel, exchange: Exchange, *, passive: bool = True
) -> AbstractExchange:
    return await channel.declare_exchange(
        exchange.name,
        exchange.type,
        passive=passive or not exchange.may_declare,
        durable=exchange.durable,
        auto_delete=exchange.auto_delete,
        internal=exchange.internal,
        arguments=dict(exchange.arguments),
    )


async def declare_queue(
    channel: AbstractChannel, queue: Queue, *, passive: bool = True
) -> AbstractQueue:
    """For a queue of a family: declare_queue(channel, family.queue(…), passive=False)."""
    return await channel.declare_queue(
        queue.name,
        passive=passive or not queue.may_declare,
        durable=queue.durable,
        auto_delete=queue.auto_delete,
        arguments=dict(queue.arguments),
    )


async def bind(channel: AbstractChannel, binding: Binding) -> None:
    get = channel.get_exchange if binding.to_exchange else channel.get_queue
    destination = await get(binding.destination, ensure=False)
    await destination.bind(
        binding.source,
        routing_key=binding.routing_key,
        arguments=dict(binding.arguments),
    )


async def set_prefetch(channel: AbstractChannel, worker: str) -> None:
    """Before the first consumer of the channel."""
    await channel.set_qos(prefetch_count=WORKERS[worker].prefetch)
