/** `warren dlq show`: what lies in a dead-letter queue, and why. Nothing is taken out. */
import { closeAmqp } from '../../broker/amqp/connection';
import type { ConsumeMessage } from 'amqplib';
import { deliveryCountOf, headersBeforeDeath, type Death } from '../../broker/amqp/deaths';
import { Intake, withoutContent } from '../../broker/amqp/intake';
import { isAtLeast } from '../../topology/target';
import { ExitCode } from '../exitCodes';
import { ago, bytes, counted, printable } from '../humanText';
import type { Operated } from '../operated';
import { deadLetterIn, filterOf, type DeadLetter } from './filters';
import { amountOf } from './options';
import {
  onQueue,
  windowOf,
  withoutLimit,
  type FoundQueue,
  type QueueNow,
  type QueueOptions,
} from './surroundings';

export interface ShowOptions extends QueueOptions {
  readonly filter: readonly string[];
  readonly limit: string;
  readonly payloadBytes: string;
  readonly despiteLimit?: boolean;
  readonly json?: boolean;
}

interface Shown {
  readonly message: ConsumeMessage;
  readonly dead: DeadLetter;
}

export async function show(queue: string, options: ShowOptions): Promise<number> {
  const filter = filterOf(options.filter);
  const limit = amountOf('--limit', options.limit) ?? 10;
  const payloadMax = amountOf('--payload-bytes', options.payloadBytes) ?? 200;
  return onQueue(queue, options, async (operated, found, stop) => {
    const isWanted = (message: ConsumeMessage): boolean => filter(message, deadLetterIn(message, found));
    const { messages, total } = await withoutLimit(operated, found, options, () =>
      look(operated, found, { limit, stop, isWanted }),
    );
    const shown = messages.map((message) => ({ message, dead: deadLetterIn(message, found) }));
    if (options.json === true) await writeJson(found, shown, total);
    else
      process.stdout.write(
        asText({ found, shown, total, payloadMax, isCounted: isCounted(operated, found) }),
      );
    return ExitCode.ok;
  });
}

export interface Look {
  /** Messages that are wanted, at most. */
  readonly limit: number;
  readonly stop: AbortSignal;
  readonly isWanted: (message: ConsumeMessage) => boolean;
  /** Where nobody reads the payloads: many large ones need much memory. */
  readonly forgetsContent?: boolean;
}

/** Takes messages, and gives all of them back in their order. */
export async function look(
  operated: Operated,
  queue: QueueNow,
  { limit, stop, isWanted, forgetsContent = false }: Look,
): Promise<{ readonly messages: readonly ConsumeMessage[]; readonly total: number }> {
  const { name, vhostName } = queue;
  const connection = await operated.connect(vhostName, `warren dlq show ${name}`);
  try {
    const window = windowOf(queue, Math.min(limit, 100));
    const intake = await Intake.open(connection, { queue: name, window });
    const messages: ConsumeMessage[] = [];
    try {
      const total = intake.atFirst;
      for (let looked = 0; looked < total && messages.length < limit && !stop.aborted; looked++) {
        const message = await intake.next();
        if (message === undefined) break;
        intake.keep(message);
        if (isWanted(message)) messages.push(forgetsContent ? withoutContent(message) : message);
      }
      return { messages, total };
    } finally {
      await intake.close();
    }
  } finally {
    await closeAmqp(connection);
  }
}

/** Whether a look counts as a delivery there. */
export function isCounted({ target }: Operated, { settings }: FoundQueue): boolean {
  return settings.type === 'quorum' && !isAtLeast(target, '4.3');
}

interface Page {
  readonly found: FoundQueue;
  readonly shown: readonly Shown[];
  readonly total: number;
  readonly payloadMax: number;
  readonly isCounted: boolean;
}

function asText({ found, shown, total, payloadMax, isCounted: isLookCounted }: Page): string {
  const { name, vhostName, settings } = found;
  const now = new Date();
  return [
    `${printable(name)} in vhost ${printable(vhostName)}: ${counted(total, 'message')} ready (${settings.type} queue)${shown.length === 0 ? '.' : `; ${shown.length} shown:`}`,
    ...shown.flatMap(({ message, dead }, index) => [
      '',
      ...linesOf({ message, dead }, index + 1, { now, payloadMax }),
    ]),
    ...(isLookCounted && shown.length > 0
      ? [
          '',
          'On this version of RabbitMQ, a look into a quorum queue counts as a delivery: x-delivery-count is one more now.',
        ]
      : []),
    '',
  ].join('\n');
}

function linesOf(
  { message, dead }: Shown,
  number: number,
  { now, payloadMax }: { readonly now: Date; readonly payloadMax: number },
): readonly string[] {
  const { properties, content } = message;
  const [last, ...earlier] = dead.deaths;
  const indent = ' '.repeat(String(number).length + 2);
  const own = Object.entries(headersBeforeDeath(properties.headers ?? {}));
  const deliveries = deliveryCountOf(properties.headers ?? {});
  return [
    `${number}. ${last === undefined ? 'never died: it was published here' : inWords(last, now)}`,
    ...(dead.origin === undefined ? [] : [`${indent}${cameBy(dead.origin)}`]),
    ...earlier.map((death) => `${indent}before that: ${inWords(death, now)}`),
    ...(deliveries === 0 ? [] : [`${indent}given back ${counted(deliveries, 'time')} (x-delivery-count)`]),
    `${indent}properties  ${propertiesOf(properties) || 'none'}`,
    ...(own.length === 0
      ? []
      : [
          `${indent}headers     ${own.map(([key, value]) => shortened(pair(key, value), payloadMax)).join(', ')}`,
        ]),
    `${indent}payload     ${payloadOf(content, payloadMax)}`,
  ];
}

function inWords({ queue, reason, count, at }: Death, now: Date): string {
  const often = count === 1 ? '' : ` ${counted(count, 'time')}`;
  const since =
    at === undefined ? '' : `, ${count === 1 ? '' : 'first '}${at.toISOString()} (${ago(at, now)})`;
  return `${printable(reason.replaceAll('_', '-'))}${often} in ${printable(queue)}${since}`;
}

function cameBy({ exchange, routingKeys: [key = '', ...further] }: Death): string {
  const by = exchange === '' ? 'by the default exchange' : `by exchange ${printable(exchange)}`;
  const copies = further.length === 0 ? '' : `, and CC ${further.map(printable).join(', ')}`;
  return `came there ${by} with key ${key === '' ? '""' : printable(key)}${copies}`;
}

const SHOWN_PROPERTIES = [
  ...['messageId', 'correlationId', 'type', 'appId', 'replyTo', 'contentType', 'contentEncoding'],
  ...['priority', 'timestamp', 'userId', 'expiration'],
] as const;

function propertiesOf(properties: ConsumeMessage['properties']): string {
  const all = properties as unknown as Readonly<Record<string, unknown>>;
  const given = SHOWN_PROPERTIES.flatMap((key) =>
    all[key] === undefined ? [] : [pair(snakeCase(key), all[key])],
  );
  return [...given, all.deliveryMode === 2 ? 'persistent' : 'transient'].join(', ');
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function pair(key: string, value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `${printable(key)}=${printable(text)}`;
}

function shortened(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)}…` : text;
}

/** Text where it is text; else the bytes. */
function payloadOf(content: Buffer, max: number): string {
  const part = content.subarray(0, max);
  const rest = content.length > max ? '…' : '';
  const text = new TextDecoder('utf-8').decode(part, { stream: true });
  const isText = !text.includes('\ufffd') && !/[\u0000-\u0008\u000e-\u001f]/.test(text);
  const shown = isText ? printable(text.replace(/\s+/g, ' ')) : `base64 ${part.toString('base64')}`;
  return content.length === 0 ? 'empty' : `${bytes(content.length)}: ${shown}${rest}`;
}

/** Piece by piece: all payloads together may be more than a text, or what is written at once, can be long. */
async function writeJson(
  { name, vhostName, settings }: FoundQueue,
  shown: readonly Shown[],
  total: number,
): Promise<void> {
  const head = { queue: name, vhost: vhostName, type: settings.type, ready: total };
  await written(JSON.stringify({ ...head, messages: [] }, undefined, 2).replace(/\]\n\}$/, ''));
  for (const [index, one] of shown.entries()) {
    const text = JSON.stringify(messageAsJson(one), undefined, 2).replaceAll('\n', '\n    ');
    await written(`${index === 0 ? '' : ','}\n    ${text}`);
  }
  await written(shown.length === 0 ? ']\n}\n' : '\n  ]\n}\n');
}

/** Also where nobody reads any more. */
function written(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => {
      resolve();
    });
  });
}

function messageAsJson({ message: { properties, content, fields }, dead }: Shown): object {
  const { origin, deaths } = dead;
  return {
    ...(origin === undefined
      ? {}
      : { cameFrom: { queue: origin.queue, exchange: origin.exchange, routingKeys: origin.routingKeys } }),
    deaths,
    redelivered: fields.redelivered,
    properties: Object.fromEntries(
      Object.entries(properties).filter(([key, value]) => key !== 'headers' && value !== undefined),
    ),
    headers: properties.headers ?? {},
    payloadBytes: content.length,
    payloadBase64: content.toString('base64'),
  };
}
