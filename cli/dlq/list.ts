/** `warren dlq list`: every queue that takes dead letters, with what lies in it, from where, and why. */
import { AmqpError } from '../../broker/amqp/errors';
import { unlessNotAnswered } from '../../broker/api/errors';
import { consumerCounts } from '../../broker/figures/consumers';
import { isAvailable, queueFigures, type QueueFigures } from '../../broker/figures/queueFigures';
import { deadLetterQueuesOf } from '../../topology/route/deadLetterQueues';
import { table } from '../../topology/render/table';
import { ExitCode } from '../exitCodes';
import { ago, counted, printable, tallied, thousands } from '../humanText';
import { openOperated, type Operated, type OperatedOptions } from '../operated';
import { untilStopped } from '../stopSignal';
import { deadLetterIn } from './filters';
import { amountOf } from './options';
import { isCounted, look } from './show';
import {
  findQueue,
  LimitInTheWay,
  readLiveTopology,
  withoutLimit,
  type FoundQueue,
  type LiveTopology,
  type QueueNow,
} from './surroundings';

export interface ListOptions extends OperatedOptions {
  readonly vhost?: string;
  readonly sample: string;
  /** Into queues, too, where a look counts as a delivery. */
  readonly look?: boolean;
  readonly json?: boolean;
}

interface Listed {
  readonly vhost: string;
  readonly queue: string;
  readonly type: string;
  readonly figures: QueueFigures;
  /** It is worked on, too. */
  readonly isWork: boolean;
  readonly contents: Contents | Closed;
}

/** Nobody has looked into it: it is down, nobody has asked for that, or it couldn't be. */
interface Closed {
  readonly because: 'down' | 'unasked' | 'refused';
  readonly whyNot: string;
}

interface Contents {
  readonly looked: number;
  readonly origins: ReadonlyMap<string, number>;
  readonly reasons: ReadonlyMap<string, number>;
  readonly neverDied: number;
  /** When the one that has been dead longest died first. */
  readonly oldest?: Date;
}

const NOTHING: Contents = { looked: 0, origins: new Map(), reasons: new Map(), neverDied: 0 };
const DOWN: Closed = { because: 'down', whyNot: 'it is down' };
const UNASKED: Closed = { because: 'unasked', whyNot: 'a look has its price there: --look' };

export async function list(options: ListOptions): Promise<number> {
  const sample = amountOf('--sample', options.sample) ?? 1000;
  return untilStopped(async (stop) => {
    const operated = await openOperated(options);
    try {
      const [live, figures] = await Promise.all([
        readLiveTopology(operated, options.vhost),
        queueFigures(operated.broker),
      ]);
      const found = deadLetterQueues(operated, live, figures);
      const isConsumed = await consumedNow(operated, found);
      const listed: Listed[] = [];
      for (const [queue, own] of found) {
        if (stop.aborted) break;
        const isAsked = options.look === true || isHarmless(operated, queue);
        const contents = !isAvailable(own)
          ? DOWN
          : own.ready === 0 || queue.settings.type === 'stream'
            ? NOTHING
            : isAsked
              ? await contentsOf(operated, { ...queue, figures: own }, { sample, stop }).catch(unlessThisOne)
              : UNASKED;
        listed.push({
          vhost: queue.vhostName,
          queue: queue.name,
          type: queue.settings.type,
          figures: own,
          isWork: isWork(operated, queue) || isConsumed(queue),
          contents,
        });
      }
      process.stdout.write(
        options.json === true
          ? `${JSON.stringify(asJson(listed), undefined, 2)}\n`
          : asText(operated, listed),
      );
      return listed.some(({ contents }) => isClosed(contents, 'refused')) ? ExitCode.findings : ExitCode.ok;
    } finally {
      await operated.close();
    }
  });
}

/** What is about one queue must not keep anybody from seeing the others. */
function unlessThisOne(error: unknown): Closed {
  if (error instanceof LimitInTheWay) {
    const { reason, canBeRisked } = error;
    const risk = canBeRisked ? ', or take the risk: warren dlq show, with --despite-limit' : '';
    return { because: 'refused', whyNot: `${reason}${risk}` };
  }
  // Somebody has it for himself, say.
  if (!(error instanceof AmqpError) || error.stage !== 'operation') throw error;
  return { because: 'refused', whyNot: error.message.replace(/\.$/, '') };
}

function isClosed(contents: Listed['contents'], because?: Closed['because']): contents is Closed {
  return 'because' in contents && (because === undefined || contents.because === because);
}

type WithFigures = readonly [queue: FoundQueue, figures: QueueFigures];

function deadLetterQueues(
  operated: Operated,
  live: LiveTopology,
  figures: readonly QueueFigures[],
): readonly WithFigures[] {
  const names = [...live.vhosts.values()].flatMap((vhost) =>
    deadLetterQueuesOf(vhost).map((queue) => ({ vhost: vhost.name, queue })),
  );
  return names.flatMap(({ vhost, queue }): WithFigures[] => {
    const own = figures.find((one) => one.vhost === vhost && one.name === queue);
    const found = findQueue(operated, live, { queue, vhost });
    return own === undefined || found.isDelay(queue) || found.ownerOf(queue) !== queue ? [] : [[found, own]];
  });
}

/** A look neither counts as a delivery nor needs a limit lifted. */
function isHarmless(operated: Operated, queue: FoundQueue): boolean {
  return !isCounted(operated, queue) && queue.settings.deliveryLimit === undefined;
}

function isWork({ known }: Operated, { name, vhostName }: FoundQueue): boolean {
  return (
    known?.topology.workers.some(({ vhost, queues }) => vhost === vhostName && queues.includes(name)) === true
  );
}

/** The statistics are seconds late: they may still have the consumer of a retry that has just ended. */
async function consumedNow(
  { broker }: Operated,
  found: readonly WithFigures[],
): Promise<(queue: FoundQueue) => boolean> {
  const doubtful = found.filter(([, { consumers = 0 }]) => consumers > 0).map(([queue]) => queue);
  const vhosts = [...new Set(doubtful.map(({ vhostName }) => vhostName))];
  const counts = new Map(
    await Promise.all(
      vhosts.map(
        async (vhost) => [vhost, await unlessNotAnswered(() => consumerCounts(broker, vhost))] as const,
      ),
    ),
  );
  return (queue) =>
    doubtful.includes(queue) &&
    // Where nobody tells, the statistics have the last word.
    counts.get(queue.vhostName)?.has(queue.name) !== false;
}

async function contentsOf(
  operated: Operated,
  queue: QueueNow,
  { sample, stop }: { readonly sample: number; readonly stop: AbortSignal },
): Promise<Contents> {
  const tally = {
    looked: 0,
    origins: new Map<string, number>(),
    reasons: new Map<string, number>(),
    neverDied: 0,
  };
  let oldestMs = Infinity;
  const take = { limit: sample, stop, isWanted: () => true, forgetsContent: true };
  const { messages } = await withoutLimit(operated, queue, {}, () => look(operated, queue, take));
  for (const message of messages) {
    const { last, origin, deaths } = deadLetterIn(message, queue);
    tally.looked++;
    if (last === undefined) {
      tally.neverDied++;
      continue;
    }
    count(tally.reasons, last.reason.replaceAll('_', '-'));
    count(tally.origins, (origin ?? last).queue);
    for (const { at } of deaths) oldestMs = Math.min(oldestMs, at?.getTime() ?? Infinity);
  }
  return { ...tally, ...(oldestMs === Infinity ? {} : { oldest: new Date(oldestMs) }) };
}

function count(tally: Map<string, number>, key: string): void {
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

function asText({ name }: Operated, listed: readonly Listed[]): string {
  if (listed.length === 0) return `No queue on ${name} takes dead letters.\n`;
  const now = new Date();
  const total = listed.reduce((sum, { figures }) => sum + (figures.ready ?? 0), 0);
  const skipped = listed.filter(({ contents }) => isClosed(contents, 'unasked'));
  const down = listed.filter(({ contents }) => isClosed(contents, 'down'));
  return [
    `${counted(total, 'message')} in ${counted(listed.length, 'queue')} of ${name} that take dead letters`,
    '',
    table(
      ['vhost', 'queue', 'ready', 'unacked', 'first died', 'came from', 'reasons'],
      listed.map((one) => rowOf(one, now)),
    ),
    '',
    ...(skipped.length === 0
      ? []
      : [
          'Not looked into: quorum queues in which a look counts as a delivery, or that have a delivery limit; --look does it all the same.',
        ]),
    ...listed.flatMap(({ queue, vhost, contents }) =>
      isClosed(contents, 'refused')
        ? [`Not looked into ${printable(queue)} in vhost ${printable(vhost)}: ${printable(contents.whyNot)}.`]
        : [],
    ),
    ...(down.length === 0
      ? []
      : [
          `Down, so that nobody knows what lies there: ${down.map(({ queue }) => printable(queue)).join(', ')}. \`warren status\` says which node is away.`,
        ]),
    ...(listed.some(({ isWork: is }) => is)
      ? ['* is worked on, too: what never died there is its own work.']
      : []),
    '',
  ].join('\n');
}

function rowOf({ vhost, queue, figures, isWork: is, contents }: Listed, now: Date): readonly string[] {
  const figure = (amount: number | undefined): string => (amount === undefined ? '?' : thousands(amount));
  const start = [
    printable(vhost),
    `${printable(queue)}${is ? ' *' : ''}`,
    figure(figures.ready),
    figure(figures.unacknowledged),
  ];
  if (isClosed(contents)) return [...start, '?', '?', '?'];
  const { oldest, origins, reasons, looked, neverDied } = contents;
  const isPart = looked < (figures.ready ?? 0) ? ` (of the first ${thousands(looked)})` : '';
  const never = neverDied === 0 ? [] : [`never died ${thousands(neverDied)}`];
  return [
    ...start,
    oldest === undefined ? '' : ago(oldest, now),
    tallied(origins),
    [tallied(reasons), ...never].filter((text) => text !== '').join(', ') + isPart,
  ];
}

function asJson(listed: readonly Listed[]): object {
  return {
    queues: listed.map(({ vhost, queue, type, figures, isWork: is, contents }) => ({
      ...{ vhost, queue, type },
      ready: figures.ready ?? null,
      unacknowledged: figures.unacknowledged ?? null,
      consumers: figures.consumers ?? null,
      isWork: is,
      ...(isClosed(contents)
        ? { looked: null, whyNot: contents.whyNot }
        : {
            looked: contents.looked,
            neverDied: contents.neverDied,
            cameFrom: Object.fromEntries(contents.origins),
            reasons: Object.fromEntries(contents.reasons),
            firstDied: contents.oldest?.toISOString() ?? null,
          }),
    })),
  };
}
