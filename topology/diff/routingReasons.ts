/** Queues and exchanges that come, go or are made anew: what Warren does about them, and what remains. */
import type { ObjectOfKind } from '../objects';
import type { Reason } from './model';
import { reason } from './reasons';
import { typeIn } from './sideIndex';
import type { VhostIndex } from './sideIndex';

export function queueDeleted(name: string): Reason[] {
  return [
    reason(
      'queue-deleted',
      `The queue ${JSON.stringify(name)} goes. Warren deletes it only once it is empty and nobody consumes from it, or with an approval.`,
      'Stop what publishes to it, let its consumers empty it, and take it out of the topology after that.',
    ),
    byName(name),
  ];
}

function byName(name: string): Reason {
  return reason(
    'published-meanwhile',
    `What is published to ${JSON.stringify(name)} by its name (default exchange) is dropped while it isn't there; a mandatory message comes back.`,
  );
}

export function queueRenamed(from: string, to: string): Reason[] {
  return [
    reason(
      'queue-renamed',
      `RabbitMQ can't rename a queue: ${JSON.stringify(to)} is made empty, and ${JSON.stringify(from)} goes with what is in it. Warren deletes it only once it is empty and nobody consumes from it, or with an approval.`,
      `Make ${JSON.stringify(to)} first, with both names in the topology; move publishers and consumers; take ${JSON.stringify(from)} out when it is empty.`,
    ),
    byName(from),
    reason(
      'consumers-cut',
      `Consumers of ${JSON.stringify(from)} get nothing from ${JSON.stringify(to)} until they are told its name.`,
    ),
  ];
}

export function queueRecreated(
  before: ObjectOfKind<'queue'>,
  after: ObjectOfKind<'queue'>,
  base: VhostIndex | undefined,
): Reason[] {
  const what = JSON.stringify(before.name);
  const isStream = typeIn(base, before.arguments) === 'stream';
  return [
    ...(isStream
      ? [
          reason(
            'stream-recreated',
            `The stream ${what} is deleted and made anew: its messages can be read, but not moved. Warren refuses that without an approval.`,
            'Make a second stream under another name, and move its publishers and readers.',
          ),
        ]
      : []),
    reason(
      'queue-recreated',
      `The queue ${what} is deleted and made anew. Its messages wait in a holding queue and come back, with its bindings; consumers are cancelled, and Warren refuses while there are some, unless approved.`,
      'Stop its consumers for the time of the change; or make a second queue under another name.',
    ),
    byName(after.name),
    reason(
      'publishers-refused',
      `Clients that declare ${what} as it was are refused (406) until they declare it as it is.`,
    ),
  ];
}

export function exchangeDeleted(name: string): Reason[] {
  return [
    reason(
      'exchange-deleted',
      `The exchange ${JSON.stringify(name)} goes with all its bindings, also those of clients: whoever publishes to it has the channel closed (404), and the message is lost.`,
      'Move its publishers first; the management UI shows its incoming rate.',
    ),
  ];
}

export function exchangeRecreated(name: string): Reason[] {
  return [
    reason(
      'exchange-recreated',
      `The exchange ${JSON.stringify(name)} is deleted and made anew. Its bindings come back, whoever made them; while it is away, publishers have their channels closed (404).`,
      'Make a second exchange under another name, bind both, and move the publishers.',
    ),
    reason(
      'published-meanwhile',
      `What is published to ${JSON.stringify(name)} while it isn't there is lost, unless its publisher sends it again.`,
    ),
    reason('publishers-refused', 'Clients that declare it as it was are refused (406).'),
  ];
}
