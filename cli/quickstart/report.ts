/** What the quickstart shows at the end: tables of what is on the broker, and how to go on. */
import Table from 'cli-table3';
import type { Arguments, ArgumentValue, PolicyObject, QueueObject } from '../../topology/objects';
import { shellQuote } from '../../topology/names';
import { winningPolicy } from './proofTask';

export interface VhostContents {
  readonly vhost: string;
  readonly queues: readonly QueueObject[];
  readonly policies: readonly PolicyObject[];
}

/** Queues with what RabbitMQ applies to each, as it is on the broker. */
export function queueTable(contents: readonly VhostContents[]): string {
  const table = new Table({
    head: ['vhost', 'queue', 'type', 'TTL', 'max-length', 'dead letters to', 'policy'],
    style: { head: [], border: [], compact: true },
  });
  for (const { vhost, queues, policies } of contents) {
    for (const queue of queues) {
      const policy = winningPolicy(policies, vhost, queue.name);
      const setting = (key: string): ArgumentValue | undefined =>
        queue.arguments[`x-${key}`] ?? policy?.definition[key];
      table.push([
        vhost,
        queue.name,
        show(setting('queue-type') ?? 'classic'),
        setting('message-ttl') === undefined ? '' : milliseconds(setting('message-ttl')),
        show(setting('max-length') ?? ''),
        deadLetterTarget(setting('dead-letter-exchange'), setting('dead-letter-routing-key')),
        policy?.name ?? '',
      ]);
    }
  }
  return table.toString();
}

function deadLetterTarget(
  exchange: ArgumentValue | undefined,
  routingKey: ArgumentValue | undefined,
): string {
  if (exchange === undefined) return '';
  if (exchange === '') return `queue ${show(routingKey ?? 'of the routing key')}`;
  return `exchange ${show(exchange)}${routingKey === undefined ? '' : ` with ${show(routingKey)}`}`;
}

function show(value: ArgumentValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Policies that cover no queue that is there now: those of families, whose queues the application declares. */
export function otherPolicies(contents: readonly VhostContents[]): string[] {
  return contents.flatMap(({ vhost, queues, policies }) =>
    policies
      .filter((policy) => !queues.some((queue) => winningPolicy(policies, vhost, queue.name) === policy))
      .map(
        (policy) =>
          `policy ${policy.name} in ${vhost}: ${policy.pattern} ${describeDefinition(policy.definition)}`,
      ),
  );
}

function describeDefinition(definition: Arguments): string {
  return Object.entries(definition)
    .map(([key, value]) => {
      const isTime = key.endsWith('ttl') || key === 'expires';
      return `${key} ${isTime ? milliseconds(value) : value === '' ? '""' : show(value)}`;
    })
    .join(', ');
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

function milliseconds(value: unknown): string {
  const ms = Number(value);
  const unit = UNITS.find(([size]) => ms >= size && ms % size === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit[0]} ${unit[1]}`;
}

/** Lines that make plain `pulumi` work in this shell; quoted for sh. */
export function exportLines(variables: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(variables).map(([name, value]) => {
    if (value === undefined) return `unset ${name}`;
    if (name === 'PATH') return `export PATH=${shellQuote(value.split(':')[0] ?? '')}:"$PATH"`;
    return `export ${name}=${shellQuote(value)}`;
  });
}
