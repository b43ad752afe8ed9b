/** `warren dlq retry`: dead letters back to where they came from. */
import { closeAmqp } from '../../broker/amqp/connection';
import type { ConsumeMessage, Options } from 'amqplib';
import { forbiddenExchange } from '../../broker/amqp/errors';
import { deathsOf, headersBeforeDeath } from '../../broker/amqp/deaths';
import {
  exactHeaders,
  keepExactHeaders,
  type ExactHeaders,
  type Unwritable,
} from '../../broker/amqp/exactHeaders';
import { Intake } from '../../broker/amqp/intake';
import { straightTo, wayBack, type Way } from '../../broker/amqp/origin';
import { Publisher, type Outgoing } from '../../broker/amqp/publisher';
import { redeliver, UNDER_WAY_MAX, type Decision, type Redelivered } from '../../broker/amqp/redelivery';
import { ExitCode } from '../exitCodes';
import { counted, printable, thousands } from '../humanText';
import type { Operated } from '../operated';
import { createProgress } from '../progress';
import { UserError } from '../userError';
import { deadLetterIn, filterOf, type Filter } from './filters';
import { amountOf } from './options';
import {
  onQueue,
  windowOf,
  withoutLimit,
  type FoundQueue,
  type QueueNow,
  type QueueOptions,
} from './surroundings';

export interface RetryOptions extends QueueOptions {
  readonly filter: readonly string[];
  readonly to?: string;
  readonly straight?: boolean;
  readonly limit?: string;
  readonly rate?: string;
  readonly despiteLimit?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function retry(queue: string, options: RetryOptions): Promise<number> {
  const filter = filterOf(options.filter);
  const limit = amountOf('--limit', options.limit);
  const perSecond = amountOf('--rate', options.rate);
  return onQueue(queue, options, async (operated, found, stop) => {
    refuseTarget(found, options.to);
    const decide = decisions(found, filter, options);
    return withoutLimit(operated, found, options, async () => {
      const done = await move(operated, found, {
        decide,
        stop,
        dryRun: options.dryRun === true,
        ...(limit === undefined ? {} : { limit }),
        ...(perSecond === undefined ? {} : { perSecond }),
      });
      process.stdout.write(
        options.json === true ? asJson(found, done, options) : asText(found, done, options.dryRun === true),
      );
      if (done.fault !== undefined) throw endedEarly(found, done, done.fault);
      return done.stayed.size === 0 ? ExitCode.ok : ExitCode.findings;
    });
  });
}

function endedEarly({ name }: FoundQueue, { uncertain }: Redelivered, fault: Error): UserError {
  const twice = uncertain === 0 ? '' : `; ${counted(uncertain, 'message')} under way may be in both places`;
  const isForbidden = forbiddenExchange(fault.message) !== undefined;
  const next = isForbidden
    ? 'Let that user write there, or log in as another one (--user; without it, as the administrator)'
    : 'Run it again when `warren doctor` finds nothing';
  return new UserError(
    `Ended early. ${fault.message} Nothing is lost: what is counted as sent was confirmed, and everything else lies in ${printable(name)}${twice}. ${next}`,
  );
}

function refuseTarget({ name, vhostName, vhost }: FoundQueue, to: string | undefined): void {
  if (to === undefined) return;
  if (to === name) throw new UserError(`--to ${to} is the queue that the messages lie in`);
  if (!vhost.table.queues.has(to))
    throw new UserError(`there is no queue "${to}" in vhost "${vhostName}" for --to`);
}

interface Moving {
  readonly decide: (message: ConsumeMessage) => Decision;
  readonly stop: AbortSignal;
  readonly dryRun: boolean;
  readonly limit?: number;
  readonly perSecond?: number;
}

async function move(operated: Operated, found: QueueNow, moving: Moving): Promise<Redelivered> {
  const purpose = `warren dlq retry ${found.name}`;
  // Apart: an alarm of the broker stops whoever publishes, and acknowledgements must not wait behind that.
  const source = await operated.connect(found.vhostName, purpose);
  const target = await operated.connect(found.vhostName, purpose).catch(async (error: unknown) => {
    await closeAmqp(source);
    throw error;
  });
  keepExactHeaders(source);
  try {
    const { limit = Infinity, dryRun, ...rest } = moving;
    const window = windowOf(found, Math.min(UNDER_WAY_MAX, limit));
    const intake = await Intake.open(source, { queue: found.name, window });
    const publisher = dryRun ? undefined : await Publisher.open(target);
    const total = intake.atFirst;
    const done = await redeliver({
      ...rest,
      intake,
      publish: publisher === undefined ? undefined : (message) => publisher.publish(message),
      roomOf: (queue) => roomOf(found, queue, intake),
      messagesMax: total,
      sendMax: limit,
      onProgress: progressOf(Math.min(total, limit)),
    });
    try {
      await intake.close();
      await publisher?.close();
      return done;
    } catch (error) {
      // The connections may break one after the other: what was done until then is told all the same.
      return { ...done, fault: done.fault ?? (error as Error) };
    }
  } finally {
    await Promise.all([closeAmqp(source), closeAmqp(target)]);
  }
}

const PROGRESS_EVERY_MS = 2_000;

function progressOf(total: number): (sent: number) => void {
  const say = createProgress();
  let saidAtMs = performance.now();
  return (sent) => {
    if (performance.now() - saidAtMs < PROGRESS_EVERY_MS) return;
    saidAtMs = performance.now();
    say(`${thousands(sent)} of up to ${thousands(total)} messages sent and confirmed`);
  };
}

/** A full queue that drops its oldest messages takes everything and loses as much. */
async function roomOf({ vhost }: FoundQueue, queue: string, intake: Intake): Promise<number | undefined> {
  const { maxLength, overflow } = vhost.settingsOf(queue);
  if (maxLength === undefined || overflow !== 'drop-head') return undefined;
  return maxLength - (await intake.readyIn(queue));
}

function decisions(
  found: FoundQueue,
  filter: Filter,
  options: RetryOptions,
): (message: ConsumeMessage) => Decision {
  const { vhost } = found;
  return (message) => {
    const dead = deadLetterIn(message, found);
    if (!filter(message, dead)) return { kind: 'pass' };
    if (options.to !== undefined) return sending(message, straightTo(options.to));
    const { origin } = dead;
    if (origin === undefined) {
      return { kind: 'stay', why: 'no queue that it died in is named in it; --to QUEUE sends it to one' };
    }
    if (!vhost.table.queues.has(origin.queue)) {
      return {
        kind: 'stay',
        why: `its queue ${printable(origin.queue)} is gone; --to QUEUE sends it to another`,
      };
    }
    const headers = message.properties.headers ?? {};
    const way = options.straight === true ? straightTo(origin.queue) : wayBack(origin, headers, vhost);
    return sending(message, way, options.straight === true ? undefined : origin.routingKeys[0]);
  };
}

function sending(message: ConsumeMessage, way: Way, keyBefore?: string): Decision {
  const { queue: to, isStraight } = way;
  const headers = exactHeaders(message.properties.headers);
  if (headers === 'not UTF-8' || headers === 'too large') return { kind: 'stay', why: UNWRITABLE[headers] };
  const isChanged = isStraight && keyBefore !== undefined && keyBefore !== to;
  const notes = [
    ...(isChanged ? [STRAIGHT] : []),
    ...(message.properties.userId === undefined ? [] : [WITHOUT_USER]),
    ...(message.properties.expiration === undefined && !hadExpiration(message) ? [] : [WITHOUT_EXPIRATION]),
  ];
  return { kind: 'send', to, outgoing: outgoingOf(message, way, headers), notes };
}

function hadExpiration(message: ConsumeMessage): boolean {
  return deathsOf(message.properties.headers ?? {}).some((death) => death.originalExpiration !== undefined);
}

const STRAIGHT =
  'went straight into their queue, with its name as the routing key: by their exchange others would have got copies, or they would not have got there';
const UNWRITABLE: Readonly<Record<Unwritable, string>> = {
  'not UTF-8':
    'a header of it is text that is not UTF-8, and would be another one; a shovel takes it along as it is',
  'too large': 'its headers have more than 64 KiB; a shovel takes it along as it is',
};
const WITHOUT_USER = 'went without their user_id, which RabbitMQ takes from that very user only';
const WITHOUT_EXPIRATION = 'went without the expiration of their own, which is over';

function outgoingOf({ content, properties }: ConsumeMessage, way: Way, headers: ExactHeaders): Outgoing {
  const further = way.furtherKeys.length === 0 ? {} : { CC: [...way.furtherKeys] };
  const own = Object.entries(properties).filter(([name]) => !NOT_SENT.has(name));
  return {
    exchange: way.exchange,
    routingKey: way.routingKey,
    content,
    properties: {
      ...(Object.fromEntries(own) as Options.Publish),
      headers: { ...headersBeforeDeath(headers), ...further },
    },
  };
}

const NOT_SENT: ReadonlySet<string> = new Set(['headers', 'userId', 'expiration', 'clusterId']);

function asText({ name, vhostName }: FoundQueue, done: Redelivered, isDry: boolean): string {
  const { sent, stayed, notes, isStopped } = done;
  const total = sum(sent);
  const where = `from ${printable(name)} in vhost ${printable(vhostName)}`;
  const verb = isDry ? 'Would send' : 'Sent';
  const targets = [...sent].map(([queue, count]) => `${thousands(count)} to ${printable(queue)}`).join(', ');
  const moved = total === 0 ? `${verb} nothing ${where}.` : `${verb} ${targets} ${where}.`;
  return [
    moved,
    ...[...notes].map(([note, count]) => `${thousands(count)} of them ${note}.`),
    ...[...stayed].map(
      ([why, count]) => `${counted(count, 'message')} ${isDry ? 'would stay' : 'stayed'}: ${why}.`,
    ),
    ...(isStopped
      ? ['Stopped by a signal: what was sent is confirmed, everything else is where it was.']
      : []),
    '',
  ].join('\n');
}

function asJson(
  { name, vhostName }: FoundQueue,
  done: Redelivered,
  { dryRun = false }: RetryOptions,
): string {
  const { sent, stayed, looked, isStopped } = done;
  const document = {
    queue: name,
    vhost: vhostName,
    dryRun,
    looked,
    sent: Object.fromEntries(sent),
    stayed: Object.fromEntries(stayed),
    isStopped,
    ...(done.fault === undefined ? {} : { fault: done.fault.message, uncertain: done.uncertain }),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function sum(tally: ReadonlyMap<string, number>): number {
  return [...tally.values()].reduce((total, count) => total + count, 0);
}
