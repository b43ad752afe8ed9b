/** What it does to a queue, its messages and its clients that other values count for it: by the table of mutability. */
import { valueRole } from '../mutability';
import type { ArgumentValue, Arguments } from '../objects';
import { canonicalJson } from '../objects';
import type { QueueSettings } from '../route/queueSettings';
import { hasLength } from '../route/queueSettings';
import { capitalised, compareNames } from '../names';
import type { FieldChange, Reason } from './model';
import { reason } from './reasons';
import type { Effective, EffectiveQueue } from './sideIndex';
import { ageSeconds, inWords } from './values';

export interface Surroundings {
  /** Whether there is such an exchange afterwards, and something bound to it; the default exchange always counts. */
  readonly takesMessages: (name: string) => boolean;
  /** Whether a message with this key comes to a queue through that exchange; only asked of the default exchange. */
  readonly hasQueue: (name: string) => boolean;
}

/** The keys whose values differ, sorted. */
export function effectiveChanges(before: Arguments, after: Arguments): FieldChange[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compareNames);
  return keys.flatMap((field) => {
    const [a, b] = [before[field], after[field]];
    if (canonicalJson(a ?? null) === canonicalJson(b ?? null)) return [];
    return [{ field, ...(a === undefined ? {} : { before: a }), ...(b === undefined ? {} : { after: b }) }];
  });
}

/** @param what the queue in words: `queue "paid"` */
export function queueReasons(
  before: EffectiveQueue,
  after: EffectiveQueue,
  what: string,
  surroundings: Surroundings,
): Reason[] {
  const changes = effectiveChanges(before.definition, after.definition);
  const ofKeys = changes.flatMap((change) =>
    change.field === 'delivery-limit' ? [] : keyReasons(change, { before, after }, what),
  );
  return [
    ...ofKeys,
    ...copiesReasons(changes, after, what),
    ...deliveryLimitReasons(before, after, what),
    ...overflowReasons(before.settings, after.settings, what),
    ...deadLetterReasons(before.settings, after.settings, what, surroundings),
  ];
}

export function exchangeReasons(
  before: Effective,
  after: Effective,
  what: string,
  surroundings: Surroundings,
): Reason[] {
  return effectiveChanges(before.definition, after.definition).flatMap((change) => {
    if (valueRole(change.field) === 'unrouted') return unroutedReasons(change, what, surroundings);
    return keyReasons(change, {}, what);
  });
}

interface Change {
  readonly before?: EffectiveQueue;
  readonly after?: EffectiveQueue;
}

function keyReasons(change: FieldChange, queue: Change, what: string): Reason[] {
  const { field: key } = change;
  const [old, now] = [limitInWords(key, change.before), limitInWords(key, change.after)];
  switch (valueRole(key)) {
    case 'lower-discards':
      return isStricter(change) ? discardReasons(change, queue, what) : [raised(change, what)];
    case 'lower-interrupts':
      return isStricter(change)
        ? [
            reason(
              'consumers-cut',
              `Consumers of ${what} that keep a message longer than ${now} (${key}, before: ${old}) are cut off, and the message is delivered again.`,
              'Shorten the work, or acknowledge earlier, before the limit comes down.',
            ),
          ]
        : [raised(change, what)];
    case 'links':
      return [
        ...(queue.after === undefined ? upstreamReasons(change, what) : []),
        reason(
          'links-changed',
          `${capitalised(what)} has other links (${key}: ${old} → ${now}): what came over the old ones stops coming.`,
        ),
      ];
    case 'copies':
    case 'unrouted':
    case 'dead-letters':
    case 'overflow':
    case 'harmless':
      return [];
    case undefined:
      return [
        reason(
          'unknown-setting',
          `Warren doesn't know what ${key} does to ${what} (${old} → ${now}).`,
          'Look it up in the documentation of the plugin that it belongs to.',
        ),
      ];
  }
}

/** A federated exchange has a queue at each upstream, which its link takes from; a federated queue has none. */
function upstreamReasons({ field, before, after }: FieldChange, what: string): Reason[] {
  if (before === undefined || !field.startsWith('federation-')) return [];
  return [
    reason(
      'queue-deleted',
      `The queue that a link of ${what} has at its upstream is deleted with what waits there, where the link goes (${field}: ${inWords(field, before)} → ${inWords(field, after)}).`,
      'Let the link take what waits first, and see that nobody needs what came over it.',
    ),
  ];
}

/** Quorum queues and streams have their copies by themselves. */
function copiesReasons(changes: readonly FieldChange[], after: EffectiveQueue, what: string): Reason[] {
  const copies = changes.filter(({ field }) => valueRole(field) === 'copies');
  if (copies.length === 0 || after.type !== 'classic') return [];
  const values = copies.map(
    ({ field, ...change }) =>
      `${field}: ${limitInWords(field, change.before)} → ${limitInWords(field, change.after)}`,
  );
  return [
    reason(
      'copies-changed',
      `The copies of ${what} change (${values.join(', ')}): a queue is blocked while its new mirrors are filled, and has no copy where it loses them.`,
      'Do it while the queue is short.',
    ),
  ];
}

function raised({ field, before, after }: FieldChange, what: string): Reason {
  const values = `${field}: ${limitInWords(field, before)} → ${limitInWords(field, after)}`;
  if (amount(field, before) === amount(field, after))
    return reason('same-effect', `For ${what} this is the same (${values}).`);
  const subject =
    valueRole(field) === 'lower-interrupts'
      ? `Consumers of ${what} have longer`
      : `${capitalised(what)} keeps more, or longer`;
  return reason('limit-raised', `${subject} (${values}).`);
}

/** Where neither the queue nor rabbitmq.conf says one. */
const CONSUMER_TIMEOUT_DEFAULT_MS = 1_800_000;

function limitInWords(key: string, value: FieldChange['after']): string {
  return value === undefined && key === 'consumer-timeout'
    ? `the default of ${inWords(key, CONSUMER_TIMEOUT_DEFAULT_MS)}`
    : inWords(key, value);
}

/** Whether the new value allows less: none is mostly the highest, and so is a negative one. What is no amount may be any. */
function isStricter({ field, before, after }: FieldChange): boolean {
  const [old, now] = [amount(field, before), amount(field, after)];
  return old === undefined || now === undefined || now < old;
}

function amount(key: string, value: unknown): number | undefined {
  if (value === undefined) return key === 'consumer-timeout' ? CONSUMER_TIMEOUT_DEFAULT_MS : Infinity;
  if (typeof value === 'number') return value < 0 ? Infinity : value;
  return key === 'max-age' && typeof value === 'string' ? ageSeconds(value) : undefined;
}

function discardReasons(change: FieldChange, queue: Change, what: string): Reason[] {
  const { field: key } = change;
  const [old, now] = [inWords(key, change.before), inWords(key, change.after)];
  const fate = fateOf(queue.after?.settings);
  switch (key) {
    case 'expires':
      return [
        reason(
          'queue-expires',
          `${capitalised(what)} is deleted, with the messages in it, once nobody has used it for ${now} (before: ${old}).`,
          'Use `ttl` where only messages are meant; it leaves the queue there.',
        ),
      ];
    case 'message-ttl':
      return [
        reason(
          'limit-discards',
          `Messages that have waited in ${what} for more than ${now} (before: ${old}) expire at once: ${fate}.`,
          'Let the consumers catch up before the limit comes down.',
        ),
      ];
    case 'max-age':
      return [
        reason(
          'limit-discards',
          `Messages in ${what} older than ${now} (before: ${old}) are deleted, segment by segment.`,
          'See that readers have what they need of it before the limit comes down.',
        ),
      ];
    default:
      return lengthReasons(change, queue, what);
  }
}

/**
 * Measured: a classic queue that gets a lower limit together with `reject-publish` drops what is beyond the limit, since
 * it applies the limit first.
 */
function lengthReasons(change: FieldChange, { before, after }: Change, what: string): Reason[] {
  const { field: key } = change;
  const limit = `${inWords(key, change.after)}${key === 'max-length' ? ' messages' : ''}`;
  const old = inWords(key, change.before);
  if (after?.type === 'stream') {
    return [
      reason(
        'limit-discards',
        `What ${what} holds beyond ${limit} (before: ${old}) is deleted, the oldest first, segment by segment.`,
        'See that readers have what they need of it before the limit comes down.',
      ),
    ];
  }
  const refuses = (side: EffectiveQueue | undefined): boolean =>
    side !== undefined && side.settings.overflow !== 'drop-head';
  if (refuses(before) && refuses(after)) {
    return [
      reason(
        'publishers-refused',
        `What is published to ${what} while it holds ${limit} or more (before: ${old}) is refused.`,
        'Let the consumers catch up before the limit comes down.',
      ),
    ];
  }
  return [
    reason(
      'limit-discards',
      `What ${what} holds beyond ${limit} (before: ${old}) is dropped at once, the oldest first: ${fateOf(after?.settings)}.`,
      refuses(after)
        ? 'Say `overflow: reject-publish` first, and lower the limit in a second change.'
        : 'Let the consumers catch up first, or say `overflow: reject-publish` in a change before.',
    ),
  ];
}

function fateOf(settings: QueueSettings | undefined): string {
  const { deadLetter } = settings ?? {};
  if (deadLetter === undefined) return 'they are lost';
  const { exchange, routingKey } = deadLetter;
  if (exchange === '') return `they go to the queue ${JSON.stringify(routingKey ?? '')} as dead letters`;
  return `they go to the exchange ${JSON.stringify(exchange)} as dead letters`;
}

/** From 4.0 on there is a delivery limit where nobody says one. */
function deliveryLimitReasons(old: EffectiveQueue, now: EffectiveQueue, what: string): Reason[] {
  const [before, after] = [old.settings, now.settings];
  if (before.deliveryLimit === after.deliveryLimit) return [];
  const change = { field: 'delivery-limit', ...withLimit('before', before), ...withLimit('after', after) };
  if (!isStricter(change)) return [raised(change, what)];
  const isStated = [old, now].some(({ definition }) => definition[change.field] !== undefined);
  if (!isStated) {
    const limit = inWords(change.field, change.after);
    return [
      reason(
        'limit-discards',
        `${capitalised(what)} says no delivery limit, and gets one of ${limit} from RabbitMQ 4.0 on; messages that came back more than ${limit} times leave it: ${fateOf(after)}.`,
        'Say `deliveryLimit: -1` to keep them for ever, or give the queue a dead letter target first.',
      ),
    ];
  }
  return [
    reason(
      'limit-discards',
      `Messages that came back to ${what} more than ${inWords(change.field, change.after)} times (before: ${inWords(change.field, change.before)}) leave it: ${fateOf(after)}.`,
      'Say a higher `deliveryLimit`, or give the queue a dead letter target first.',
    ),
  ];
}

function withLimit(
  side: 'before' | 'after',
  { deliveryLimit }: QueueSettings,
): Partial<Pick<FieldChange, 'before' | 'after'>> {
  return deliveryLimit === undefined ? {} : { [side]: deliveryLimit };
}

function overflowReasons(before: QueueSettings, after: QueueSettings, what: string): Reason[] {
  if (before.overflow === after.overflow || after.type === 'stream') return [];
  if (after.overflow === 'drop-head') {
    if (!hasLength(after)) return [];
    return [
      reason(
        'overflow-discards',
        `When ${what} is full, its oldest messages are dropped from now on: ${fateOf(after)}. Publishers were refused before.`,
        'Keep `overflow: reject-publish` where no message may be lost.',
      ),
    ];
  }
  if (!hasLength(after)) return [];
  if (before.overflow === 'reject-publish-dlx' && after.overflow === 'reject-publish') {
    if (before.deadLetter === undefined) return [];
    return [
      reason(
        'dead-letters-dropped',
        `What is published to ${what} while it is full is only refused from now on: it went to ${targetOf(before.deadLetter)} as a dead letter, too. Publishers without confirms lose it.`,
        'See that publishers use confirms, and know what to do about a nack.',
      ),
    ];
  }
  if (before.overflow !== 'drop-head') return [];
  return [
    reason(
      'publishers-refused',
      `When ${what} is full, what is published is refused from now on; before, the oldest messages made room.`,
      'See that publishers use confirms, and know what to do about a nack.',
    ),
  ];
}

function deadLetterReasons(
  before: QueueSettings,
  after: QueueSettings,
  what: string,
  { takesMessages, hasQueue }: Surroundings,
): Reason[] {
  const [old, now] = [before.deadLetter, after.deadLetter];
  if (old === undefined) return [];
  if (now === undefined) {
    return [
      reason(
        'dead-letters-dropped',
        `What ${what} rejects, lets expire or drops is lost from now on: it has no dead letter target any more.`,
        'Leave `deadLetter` there until the queue is gone.',
      ),
    ];
  }
  const reasons: Reason[] = [];
  const isMoved = old.exchange !== now.exchange || old.routingKey !== now.routingKey;
  const isLost =
    now.exchange === ''
      ? now.routingKey !== undefined && !hasQueue(now.routingKey)
      : !takesMessages(now.exchange);
  if (isMoved && isLost) {
    reasons.push(
      reason(
        'dead-letters-dropped',
        `The dead letters of ${what} go to ${targetOf(now)}, which the topology doesn't have, or binds nothing to: they are lost.`,
        'Define it with a binding, or name another one.',
      ),
    );
  } else if (isMoved) {
    reasons.push(
      reason(
        'dead-letters-redirected',
        `The dead letters of ${what} go to ${targetOf(now)} instead of ${targetOf(old)}: who waits for them there gets no more.`,
        'See that somebody consumes them there.',
      ),
    );
  }
  if (old.guarantee === 'at-least-once' && now.guarantee === 'at-most-once') {
    reasons.push(
      reason(
        'dead-letters-at-most-once',
        `The dead letters of ${what} that wait for their target's confirmation are deleted, and later ones may be lost on the way: at-least-once becomes at-most-once.`,
        'Keep `strategy: at-least-once` and `overflow: reject-publish`, until no dead letter waits.',
      ),
    );
  }
  return reasons;
}

function targetOf({ exchange, routingKey }: NonNullable<QueueSettings['deadLetter']>): string {
  if (exchange === '') return `the queue ${JSON.stringify(routingKey ?? '')}`;
  const key = routingKey === undefined ? '' : ` with the key ${JSON.stringify(routingKey)}`;
  return `the exchange ${JSON.stringify(exchange)}${key}`;
}

function unroutedReasons(
  { before, after }: FieldChange,
  what: string,
  { takesMessages }: Surroundings,
): Reason[] {
  // With none before, messages that nothing took were lost anyway.
  if (before === undefined) return [];
  const isTaken = (name: ArgumentValue): boolean => typeof name === 'string' && takesMessages(name);
  if (after === undefined || !isTaken(after as ArgumentValue)) {
    return [
      reason(
        'unrouted-dropped',
        `What ${what} can route nowhere is lost from now on: it went to the alternate exchange ${inWords('', before)}.`,
        'Leave the alternate exchange there, or add the bindings that are missing.',
      ),
    ];
  }
  return [
    reason(
      'unrouted-redirected',
      `What ${what} can route nowhere goes to ${inWords('', after)} instead of ${inWords('', before)}.`,
    ),
  ];
}
