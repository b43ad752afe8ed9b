/** `expect:` blocks: what the topology's owner expects of a message, compared with what becomes of it. */
import type { Expectation, FateEvent } from '../model';
import { DEFAULT_EXCHANGE } from '../names';
import type { ArgumentValue } from '../objects';
import type { Path } from '../source/index';
import { afterEvent, canHappen, copiesOf } from './copies';
import type { Copy } from './copies';
import { bindingWords, pathWords } from './pathWords';
import { nearMisses } from './nearMisses';
import type { NearMiss } from './nearMisses';
import type { HeaderValue } from './headers';
import { publish } from './publish';
import type { Message, Publication } from './publish';
import type { QueueSettings } from './queueSettings';
import type { Delivery, Routing } from './route';
import { NAMELESS_EXCHANGE } from './table';
import type { RoutedVhost } from './vhost';

export interface ExpectationFailure {
  readonly message: string;
  readonly reason: string;
  readonly help: string;
  readonly path: Path;
}

/** How each expectation that isn't met fails: the first thing only, as the rest follows from it. */
export function failedExpectations(
  expectations: readonly Expectation[],
  vhosts: ReadonlyMap<string, RoutedVhost>,
  file: string,
): ExpectationFailure[] {
  return expectations.flatMap((expectation) => {
    const vhost = vhosts.get(expectation.vhost ?? [...vhosts.keys()][0] ?? '');
    // Names that there aren't are for the rules.
    const failure = vhost === undefined ? undefined : failureOf(expectation, vhost);
    if (vhost === undefined || failure === undefined) return [];
    const { message, reason, step } = failure;
    const help = `Correct the topology or the expectation. \`${routeCommand(expectation, vhost, file)}\` shows all that can happen to it.`;
    return [{ message, reason, help, path: [...expectation.path, ...step] }];
  });
}

interface Failure {
  readonly message: string;
  readonly reason: string;
  /** From the expectation to what isn't met. */
  readonly step: Path;
}

function failureOf(expectation: Expectation, vhost: RoutedVhost): Failure | undefined {
  const publication = publish(vhost, messageOf(expectation));
  if (publication.kind === 'internal') {
    return {
      message: `The exchange "${expectation.exchange}" refuses the message.`,
      reason: 'It is internal: only other exchanges may send to it (403).',
      step: ['publish', 'exchange'],
    };
  }
  if (publication.kind === 'no-exchange') return undefined;
  return reachFailure(expectation, publication, vhost) ?? fateFailure(expectation, publication, vhost);
}

type Routed = Extract<Publication, { readonly kind: 'routed' }>;

function reachFailure(
  { reaches }: Expectation,
  { routing, flight }: Routed,
  { table }: RoutedVhost,
): Failure | undefined {
  const { deliveries } = routing;
  if (reaches === undefined || isMet(reaches, deliveries)) return undefined;
  return {
    message: `The message reaches ${namesOf(deliveries)}; expected was ${wordsOf(reaches)}.`,
    reason:
      deliveries.length === 0
        ? unroutableWords(routing, nearMisses(table, routing, flight)[0])
        : `The way: ${deliveries.map(wayWords).join('; ')}.`,
    step: ['reaches'],
  };
}

function fateFailure(
  { after, endsIn }: Expectation,
  { routing, flight }: Routed,
  vhost: RoutedVhost,
): Failure | undefined {
  let copies = copiesOf(routing.deliveries, flight);
  for (const [index, event] of after.entries()) {
    if (!copies.some((copy) => canHappen(vhost, copy, event))) {
      return { ...impossible(copies, event, vhost), step: ['after', index] };
    }
    copies = afterEvent(vhost, copies, event);
  }
  const left = copies.flatMap(({ delivery }) => (delivery === undefined ? [] : [delivery]));
  if (endsIn === undefined || isMet(endsIn, left)) return undefined;
  return {
    message: `The message ends in ${namesOf(left)}; expected was ${wordsOf(endsIn)}.`,
    reason: `What happens to it: ${copies.length === 0 ? 'it reaches no queue' : copies.map(trailWords).join('; ')}.`,
    step: ['endsIn'],
  };
}

function messageOf({ exchange, routingKey, headers }: Expectation): Message {
  const values = Object.entries(headers).filter(
    (entry): entry is [string, Exclude<HeaderValue, null> & ArgumentValue] => !Array.isArray(entry[1]),
  );
  return {
    exchange: exchange === DEFAULT_EXCHANGE ? NAMELESS_EXCHANGE : exchange,
    routingKey,
    headers: Object.fromEntries(values),
    cc: keysOf(headers.CC),
    bcc: keysOf(headers.BCC),
  };
}

function keysOf(value: ArgumentValue | undefined): string[] {
  return Array.isArray(value) ? value.filter((key) => typeof key === 'string') : [];
}

/** A queue that the application declares is meant by its name or by its family's. */
function isMet(expected: readonly string[], deliveries: readonly Delivery[]): boolean {
  const isNamed = ({ queue, family }: Delivery): boolean =>
    expected.includes(queue) || (family !== undefined && expected.includes(family));
  const isThere = (name: string): boolean =>
    deliveries.some(({ queue, family }) => queue === name || family === name);
  return deliveries.every(isNamed) && expected.every(isThere);
}

function impossible(
  copies: readonly Copy[],
  event: FateEvent,
  vhost: RoutedVhost,
): Pick<Failure, 'message' | 'reason'> {
  const present = copies.filter(({ delivery, isHeld }) => delivery !== undefined && !isHeld);
  const queues = [...new Set(present.flatMap(({ delivery }) => delivery?.queue ?? []))];
  const message = `The message can't ${EVENT_WORDS[event]}.`;
  if (queues.length > 0) {
    const reasons = queues.map((queue) => `"${queue}" ${obstacle(event, vhost.settingsOf(queue))}`);
    return {
      message,
      reason: `It is in ${namesOf(queues.map((queue) => ({ queue })))}: ${reasons.join(', ')}.`,
    };
  }
  const trail = copies.length === 0 ? 'it reaches no queue' : copies.map(trailWords).join('; ');
  return { message, reason: `There is nothing left to which that could happen: ${trail}.` };
}

const EVENT_WORDS: Readonly<Record<FateEvent, string>> = {
  expired: 'expire',
  rejected: 'be rejected',
  maxlen: 'be pushed out (maxlen)',
  'delivery-limit': 'be returned too often (delivery-limit)',
};

function obstacle(event: FateEvent, { type, overflow }: QueueSettings): string {
  if (type === 'stream') return 'is a stream, which keeps its messages';
  switch (event) {
    case 'expired':
      return 'has no ttl';
    case 'maxlen':
      return overflow === 'reject-publish'
        ? 'refuses new messages when it is full, and keeps the old ones'
        : 'has no maximal length';
    case 'delivery-limit':
      return type === 'classic' ? 'is a classic queue, which counts no deliveries' : 'has no delivery limit';
    case 'rejected':
      return 'takes no rejections';
  }
}

function unroutableWords({ entry }: Routing, nearest: NearMiss | undefined): string {
  const none =
    entry.name === NAMELESS_EXCHANGE ? 'No queue has this name' : `No binding of "${entry.name}" takes it`;
  if (nearest === undefined) return `${none}.`;
  const { exchange, binding, difference } = nearest;
  if (exchange.name === NAMELESS_EXCHANGE) return `${none}; the nearest is "${binding.destination}".`;
  return `${none}; the nearest is the ${bindingWords(binding, exchange)} to "${binding.destination}": ${difference}.`;
}

function namesOf(places: readonly { readonly queue: string }[]): string {
  return wordsOf([...new Set(places.map(({ queue }) => queue))]);
}

function wordsOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  const last = quoted.at(-1);
  if (last === undefined) return 'no queue';
  return quoted.length === 1 ? last : `${quoted.slice(0, -1).join(', ')} and ${last}`;
}

function wayWords({ queue, path, certainty, decidedBy }: Delivery): string {
  const way = pathWords(path);
  const choice = certainty === 'certain' ? '' : ` (${decidedBy?.name ?? ''} may choose another)`;
  return `"${queue}" by ${way === '' ? 'its name' : way}${choice}`;
}

function trailWords({ delivery, isHeld, past }: Copy): string {
  const steps = past.map(({ queue, event }) => `${queue} –${event}→`);
  const last = past.at(-1)?.queue ?? '';
  if (isHeld) return `${steps.join(' ')} held back in ${last} (nothing takes its dead letters)`;
  return [...steps, delivery?.queue ?? 'gone'].join(' ');
}

/** What shows the same message on the command line. */
function routeCommand(
  { exchange, routingKey, headers }: Expectation,
  vhost: RoutedVhost,
  file: string,
): string {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).flatMap((each) => [
      '--header',
      typeof each === 'string' && name !== 'CC' && name !== 'BCC'
        ? `${name}:string=${each}`
        : `${name}=${String(each)}`,
    ]),
  );
  const words = [
    'npx warren route',
    quoted(file),
    `--vhost ${quoted(vhost.name)}`,
    ...(exchange === NAMELESS_EXCHANGE ? [] : [`--exchange ${quoted(exchange)}`]),
    ...(routingKey === '' ? [] : [`--key ${quoted(routingKey)}`]),
    ...given.map(quoted),
  ];
  return words.join(' ');
}

/** As a shell takes it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
