/** Python modules for pika and aio-pika: the topology as data, and functions that declare just that. */
import { CLASSES, pythonData, pythonHeader } from './pythonData';
import { clientView } from './view';
import type { ClientChoice, ClientInput, Fault } from './view';

export function renderPika(input: ClientInput, choice: ClientChoice): string | Fault {
  return renderModule(input, choice, {
    name: 'pika',
    channel: 'from pika.adapters.blocking_connection import BlockingChannel',
    functions: PIKA_FUNCTIONS,
  });
}

export function renderAioPika(input: ClientInput, choice: ClientChoice): string | Fault {
  return renderModule(input, choice, {
    name: 'aio-pika',
    channel: 'from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractQueue',
    functions: AIO_PIKA_FUNCTIONS,
  });
}

interface Library {
  readonly name: string;
  /** Imports for type checkers only: the functions work with the channel that they get. */
  readonly channel: string;
  readonly functions: string;
}

function renderModule(input: ClientInput, choice: ClientChoice, library: Library): string | Fault {
  const view = clientView(input, choice);
  if ('fault' in view) return view;
  const parts = [
    `${pythonHeader(view, library.name)}\n\n${imports(library)}`,
    CLASSES,
    pythonData(view),
    library.functions,
  ];
  return `${parts.join('\n\n\n')}\n`;
}

function imports({ channel }: Library): string {
  return `from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    ${channel}`;
}

const PIKA_FUNCTIONS = `def declare(channel: BlockingChannel, *, passive: bool = True) -> None:
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
    channel.basic_qos(prefetch_count=WORKERS[worker].prefetch)`;

const AIO_PIKA_FUNCTIONS = `async def declare(channel: AbstractChannel, *, passive: bool = True) -> None:
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
    await channel.set_qos(prefetch_count=WORKERS[worker].prefetch)`;
