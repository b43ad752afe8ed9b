/** Vhosts, limits and global parameters. */
import type { JsonValue } from '../objects';
import type { FieldChange, Reason } from './model';
import { reason } from './reasons';

export function vhostReasons(fields: readonly FieldChange[]): Reason[] {
  const stated = fields.filter(({ after }) => after !== undefined);
  // What the topology leaves out, Warren leaves as it is.
  if (stated.length === 0 && fields.length > 0) {
    return [
      reason('left-as-it-is', 'The topology says nothing about it any more: the broker keeps what it has.'),
    ];
  }
  return [...protectionReasons(fields), ...defaultTypeReasons(fields)];
}

function protectionReasons(fields: readonly FieldChange[]): Reason[] {
  const change = fields.find(({ field }) => field === 'deletionProtection');
  if (change?.before !== true || change.after !== false) return [];
  return [
    reason(
      'protection-removed',
      'The broker no longer refuses to delete the vhost: one request of an administrator is enough, and everything in it is gone.',
      'Keep `deletionProtection: true` until the vhost is to go.',
    ),
  ];
}

function defaultTypeReasons(fields: readonly FieldChange[]): Reason[] {
  const type = fields.find(({ field }) => field === 'defaultQueueType');
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

export function globalParameterReasons(name: string): Reason[] {
  return [
    reason(
      'parameter-changed',
      `The global parameter ${JSON.stringify(name)} is for the broker or a plugin: Warren doesn't know what it does.`,
    ),
  ];
}
