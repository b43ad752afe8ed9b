/** What the owner of a queue, a family or an exchange may do. */
import type { Exchange, Queue } from '../model';
import { DEFAULT_EXCHANGE } from '../names';
import type { Arguments } from '../objects';
import type { Meaning, RoleNames } from '../roleNames';
import type { Grants, Subject } from './grants';
import { partitionNames } from './superStreams';

/** The queues that a name stands for. */
export function queueSubjects({ queue, family, superStream }: Meaning, name: string): Subject[] {
  return [
    ...(queue === undefined ? [] : [{ name }]),
    ...(family === undefined ? [] : [family.template === name ? { template: name } : { name }]),
    ...(superStream === undefined
      ? []
      : partitionNames(superStream).map((partition) => ({ name: partition }))),
  ];
}

export function grantOwner(grants: Grants, name: string, names: RoleNames): void {
  const meaning = names.find(name);
  const { exchange, isPredeclaredExchange, queue } = meaning;
  for (const subject of queueSubjects(meaning, name)) grants.ownQueue(subject);
  grantDeadLetters(grants, meaning);
  if (queue !== undefined) grantBindings(grants, queue, names);
  if (exchange !== undefined) grantExchangeOwner(grants, exchange);
  // Nobody declares it, but it can be used.
  if (isPredeclaredExchange) {
    grants.allow({ name }, 'write');
    grants.bindFrom(name);
  }
}

function grantBindings(grants: Grants, queue: Queue, names: RoleNames): void {
  for (const stage of queue.stages ?? []) grants.allow({ name: stage }, 'read');
  for (const { exchange } of queue.bindings) {
    // What a retry makes is bound by the topology alone.
    if (names.find(exchange).exchange?.isGenerated !== true) grants.bindFrom(exchange);
  }
}

/** RabbitMQ asks for it where a queue that isn't there yet is declared with such an argument. */
export function grantDeadLetters(grants: Grants, meaning: Meaning): void {
  const exchange = declaredDeadLetterExchange(meaning);
  if (exchange !== undefined) {
    grants.allow({ name: exchange === '' ? DEFAULT_EXCHANGE : exchange }, 'write');
  }
}

/** Where the application's own declaration sends dead letters; '' is the default exchange. */
export function declaredDeadLetterExchange({ queue, family }: Meaning): string | undefined {
  const given: Arguments = { ...queue?.arguments, ...queue?.declaredWith, ...family?.declaredWith };
  const exchange = given['x-dead-letter-exchange'];
  return typeof exchange === 'string' ? exchange : undefined;
}

function grantExchangeOwner(grants: Grants, exchange: Exchange): void {
  const { name, alternate = exchange.arguments['alternate-exchange'], bindings } = exchange;
  grants.allow({ name }, 'configure', 'write');
  grants.bindFrom(name);
  for (const binding of bindings) grants.bindFrom(binding.exchange);
  if (typeof alternate === 'string') grants.allow({ name: alternate }, 'write');
}
