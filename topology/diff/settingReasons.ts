/** Vhosts, limits and parameters. */
import type { ArgumentValue, JsonValue, ObjectOfKind } from '../objects';
import { canonicalJson } from '../objects';
import { holdsPassword } from '../secrets';
import type { FieldChange, Reason } from './model';
import { reason } from './reasons';

export function vhostReasons(fields: readonly FieldChange[]): Reason[] {
  const type = fields.find(({ field }) => field === 'defaultQueueType');
  const stated = fields.filter(({ after }) => after !== undefined);
  // What the topology leaves out, Warren leaves as it is.
  if (stated.length === 0 && fields.length > 0) {
    return [
      reason('left-as-it-is', 'The topology says nothing about it any more: the broker keeps what it has.'),
    ];
  }
  // Where none is said, it is classic.
  if (type?.after === undefined || (type.before ?? 'classic') === type.after) return [];
  return [
    reason(
      'default-type-changed',
      `Queues that are declared without a type become ${type.after as string}. Clients that declare again what is there with another type are refused (406), unless the broker relaxes that check.`,
      'Let clients give their queues a type (x-queue-type).',
    ),
  ];
}

export function vhostDeleted(name: string): Reason {
  return reason(
    'vhost-deleted',
    `The vhost ${JSON.stringify(name)} goes with everything in it. Warren refuses that while its queues hold messages, clients are connected, or it is protected.`,
    'Empty its queues and stop its clients first.',
  );
}

const LIMITS: Readonly<Record<string, string>> = {
  maxConnections: 'connections',
  maxChannels: 'channels',
  maxQueues: 'queues',
};

/** A limit that isn't there, and a negative one, limit nothing. */
export function limitReasons(what: string, fields: readonly FieldChange[]): Reason[] {
  return fields.flatMap(({ field, before, after }): Reason[] => {
    const amount = (value: unknown): number => (typeof value === 'number' && value >= 0 ? value : Infinity);
    const noun = LIMITS[field];
    if (noun === undefined) return [];
    const [old, now] = [amount(before), amount(after)];
    if (now === old) return [reason('same-effect', `${what} may have as many ${noun} as before.`)];
    if (now >= old)
      return [reason('limit-raised', `${what} may have more ${noun}: ${shown(before)} → ${shown(after)}.`)];
    const wayOut = 'See how many there are at most, and leave some room.';
    return [
      now === 0
        ? reason('limit-lowered', `${what} may have no ${noun} at all: every new one is refused.`, wayOut)
        : reason(
            'limit-lowered',
            `${what} may have ${now.toLocaleString('en-US')} ${noun} (before: ${shown(before)}): more are refused; those that are there stay.`,
            wayOut,
          ),
    ];
  });
}

function shown(value: JsonValue | undefined): string {
  return typeof value === 'number' && value >= 0 ? value.toLocaleString('en-US') : 'no limit';
}

export function parameterReasons(
  before: ObjectOfKind<'parameter'> | undefined,
  after: ObjectOfKind<'parameter'> | undefined,
): Reason[] {
  const { component = '', name = '' } = after ?? before ?? {};
  const what = `${NOUNS[component] ?? `The parameter ${component}`} ${JSON.stringify(name)}`;
  return [
    ...changeOfParameter(component, what, before, after),
    ...(after === undefined ? [] : uriReasons(what, before?.value, after.value)),
  ];
}

const NOUNS: Readonly<Record<string, string>> = {
  shovel: 'The shovel',
  'federation-upstream': 'The upstream',
  'federation-upstream-set': 'The set of upstreams',
};

function changeOfParameter(
  component: string,
  what: string,
  before: ObjectOfKind<'parameter'> | undefined,
  after: ObjectOfKind<'parameter'> | undefined,
): Reason[] {
  const loses =
    after !== undefined && isAcknowledgedTooEarly(after.value) && !isAcknowledgedTooEarly(before?.value);
  const early = loses
    ? [
        reason(
          'shovel-loses',
          `${what} takes messages as acknowledged before the other side has them: what is on the way when a link breaks is lost.`,
          'Say `ackMode: on-confirm`.',
        ),
      ]
    : [];
  if (before !== undefined) {
    const verb = after === undefined ? 'goes' : 'is started anew';
    return [
      ...early,
      reason('parameter-changed', `${what} ${verb}: what it moved stays where it is until then.`),
    ];
  }
  if (component === 'federation-upstream' || component === 'federation-upstream-set') return early;
  const why =
    component === 'shovel'
      ? `${what} takes messages away from its source: who consumes them there gets fewer.`
      : `${what} is for a plugin: Warren doesn't know what it does.`;
  return [...early, reason('parameter-changed', why)];
}

function isAcknowledgedTooEarly(value: JsonValue | undefined): boolean {
  const mode = textAt(value, 'ack-mode');
  return mode === 'no-ack' || mode === 'on-publish';
}

function textAt(value: JsonValue | undefined, key: string): ArgumentValue | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const found = (value as Readonly<Record<string, JsonValue>>)[key];
  return typeof found === 'string' ? found : undefined;
}

/** Only what wasn't so before. */
function uriReasons(what: string, before: JsonValue | undefined, after: JsonValue): Reason[] {
  const known = new Set(before === undefined ? [] : plainUris(before));
  const isPlain = plainUris(after).some((uri) => !known.has(uri));
  const isNew = before === undefined || canonicalJson(before) !== canonicalJson(after);
  return [
    ...(isPlain
      ? [
          reason(
            'plain-text',
            `${what} goes to another host without TLS (amqp://): messages and login can be read on the way.`,
            'Use amqps://.',
          ),
        ]
      : []),
    ...(isNew && holdsPassword(after)
      ? [
          reason(
            'password-in-uri',
            `A password stands in a URI of ${what.charAt(0).toLowerCase()}${what.slice(1)}.`,
            'Name a `user:` whose login the stack puts in.',
          ),
        ]
      : []),
  ];
}

/** URIs without TLS that leave the broker; one without a host is the broker itself. */
function plainUris(value: JsonValue): string[] {
  if (typeof value === 'string') {
    const [, host = ''] = /^(?:amqp|http|mqtt|stomp):\/\/(?:[^@/]*@)?([^/?]*)/i.exec(value) ?? [];
    return host === '' || /^(localhost|127\.|\[::1\])/.test(host) ? [] : [value];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((item) => plainUris(item));
}

export function globalParameterReasons(name: string): Reason[] {
  return [
    reason(
      'parameter-changed',
      `The global parameter ${JSON.stringify(name)} is for the broker or a plugin: Warren doesn't know what it does.`,
    ),
  ];
}
