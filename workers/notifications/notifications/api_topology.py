"""What an application declares on RabbitMQ, by pika: exactly what the topology declares.

Made by `warren render --to pika`: change the topology and render it again. So no
declaration is refused (406), whoever comes first.
"""

# The vhost "notifications" on RabbitMQ 4.3, for the user "notifications-api".

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pika.adapters.blocking_connection import BlockingChannel


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


VHOST = "notifications"

EXCHANGES = _named(
    Exchange("notifications", "topic", may_declare=False),
)

QUEUES = _named()

BINDINGS = ()

FAMILIES = _named()

WORKERS = _named()


def declare(channel: BlockingChannel, *, passive: bool = True) -> None:
    """Looks whether everything is there (404 otherwise).

    With passive=False it also declares and binds what the user may.
    """
    for exchange in EXCHANGES.values():
        declare_exchange(channel, exchange, passive=passive)
    for queue in QUEUES.values():
        declare_queue(channel, queue, passive=passive)
    for binding in BINDINGS:
        if binding.may_bind and not passive:
            bind(channel, binding)


def declare_exchange(
    channel: BlockingChannel, exchange: Exchange, *, passive: bool = True
) -> None:
    channel.exchange_declare(
        exchange.name,
        exchange.type,
        passive=passive or not exchange.may_declare,
        durable=exchange.durable,
        auto_delete=exchange.auto_delete,
        internal=exchange.internal,
        arguments=dict(exchange.arguments),
    )


def declare_queue(
    channel: BlockingChannel, queue: Queue, *, passive: bool = True
) -> None:
    """For a queue of a family: declare_queue(channel, family.queue(…), passive=False)."""
    channel.queue_declare(
        queue.name,
        passive=passive or not queue.may_declare,
        durable=queue.durable,
        auto_delete=queue.auto_delete,
        arguments=dict(queue.arguments),
    )


def bind(channel: BlockingChannel, binding: Binding) -> None:
    to = channel.exchange_bind if binding.to_exchange else channel.queue_bind
    to(
        binding.destination,
        binding.source,
        routing_key=binding.routing_key,
        arguments=dict(binding.arguments),
    )


def set_prefetch(channel: BlockingChannel, worker: str) -> None:
    """Before the first consumer of the channel."""
    channel.basic_qos(prefetch_count=WORKERS[worker].prefetch)
