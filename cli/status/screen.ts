/** The facts on one screen: first what needs somebody, then everything else, cut to what fits. */
import { table as fullTable } from '../../topology/render/table';
import { ago, bytes, counted, printable, thousands } from '../humanText';
import type { Attention } from './attention';
import { certificatesAsText } from './certificateReport';
import type { FleetStatus, LastUp, QueueStatus, StatusFacts } from './facts';

export interface Screen {
  readonly width: number;
  /** Absent where nothing is cut by height. */
  readonly height?: number;
  readonly color: boolean;
  /** Every queue, and everything that needs somebody. */
  readonly all: boolean;
}

/** Of queues, where the height says nothing. */
const QUEUES_SHOWN = 30;
const QUEUES_SHOWN_MIN = 5;
/** Of what has one code. */
const ATTENTION_SHOWN = 2;

export function statusAsText(facts: StatusFacts, attention: readonly Attention[], screen: Screen): string {
  const above = [
    ...headline(facts, screen),
    '',
    ...attentionLines(attention, screen),
    ...(facts.nodes.length > 1 || attention.some(({ subject }) => subject.startsWith('node '))
      ? ['', nodeTable(facts)]
      : []),
  ];
  const below = [...fleetLines(facts), ...userLines(facts), ...certificateLines(facts)];
  const used = lineCount(above) + lineCount(below);
  return [...above, '', ...queueLines(facts, attention, screen, used), ...below, ''].join('\n');
}

function lineCount(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + part.split('\n').length, 0);
}

function headline(facts: StatusFacts, { color }: Screen): readonly string[] {
  const { name, endpoint, version, clusterName, nodes, lastUp, drift } = facts;
  const running = nodes.filter(({ isRunning }) => isRunning).length;
  const alarms = nodes.some((node) => node.hasMemoryAlarm || node.hasDiskAlarm);
  const [first] = nodes;
  const single =
    nodes.length === 1 && first !== undefined
      ? [memoryOf(first), `${bytes(first.diskFreeBytes ?? 0)} of disk free`]
      : [];
  const parts = [
    `RabbitMQ ${printable(version)}`,
    running === nodes.length
      ? nodes.length === 1
        ? 'one node'
        : `${nodes.length} nodes, all run`
      : paint(`${running} of ${nodes.length} nodes run`, 'red', color),
    alarms ? paint('ALARM', 'red', color) : 'no alarms',
    ...single.filter((text) => text !== ''),
  ];
  const title = name === endpoint ? printable(name) : `${printable(name)}   ${endpoint}`;
  return [
    paint(title, 'bold', color) + (clusterName === '' ? '' : `   cluster ${printable(clusterName)}`),
    parts.join(' · '),
    ...(lastUp === undefined ? [] : [lastUpLine(lastUp, facts.at, drift?.length ?? 0)]),
  ];
}

function lastUpLine(lastUp: LastUp | null, now: Date, drift: number): string {
  const drifted = drift === 0 ? 'no drift' : `${counted(drift, 'object')} drifted`;
  if (lastUp === null) return `never up · ${drifted}`;
  const { startedAt, endedAt = startedAt, result, changes } = lastUp;
  const done = Object.entries(changes).map(([kind, count]) =>
    `${thousands(count)} ${kind}d`.replace(/eed$/, 'ed'),
  );
  const what = done.length === 0 ? 'nothing changed' : done.join(', ');
  return `last up ${ago(endedAt, now)}: ${result}, ${what} · ${drifted}`;
}

function memoryOf({ memoryBytes, memoryLimitBytes }: StatusFacts['nodes'][number]): string {
  if (memoryBytes === undefined) return '';
  return memoryLimitBytes === undefined
    ? `${bytes(memoryBytes)} of memory`
    : `${bytes(memoryBytes)} of at most ${bytes(memoryLimitBytes)} of memory`;
}

function attentionLines(attention: readonly Attention[], screen: Screen): readonly string[] {
  if (attention.length === 0) return [paint('Nothing needs attention.', 'green', screen.color)];
  const codes = [...new Set(attention.map(({ code }) => code))];
  return [
    paint(`Needs attention (${thousands(attention.length)})`, 'red', screen.color),
    ...codes.flatMap((code) => {
      const same = attention.filter((one) => one.code === code);
      const shown = screen.all ? same : same.slice(0, ATTENTION_SHOWN);
      const rest = same.length - shown.length;
      return [
        ...shown.flatMap((one) => attentionLine(one, screen)),
        ...(rest === 0
          ? []
          : [`  and ${thousands(rest)} more like ${shown.length === 1 ? 'this' : 'these'}: --all`]),
      ];
    }),
  ];
}

function attentionLine({ subject, text, wayOut }: Attention, { width }: Screen): readonly string[] {
  const start = `  ${subject}: ${text}`;
  const end = `→ ${wayOut}`;
  return start.length + end.length + 3 <= width ? [`${start}   ${end}`] : [start, `      ${end}`];
}

function nodeTable({ nodes }: StatusFacts): string {
  return table(
    ['node', 'state', 'memory', 'disk free', 'files', 'version'],
    nodes.map((node) => [
      printable(node.name),
      stateOf(node),
      memoryOf(node).replace(/ of memory$/, ''),
      node.diskFreeBytes === undefined ? '' : bytes(node.diskFreeBytes),
      node.filesUsed === undefined ? '' : `${thousands(node.filesUsed)} of ${thousands(node.filesMax ?? 0)}`,
      node.version ?? '',
    ]),
  );
}

function stateOf(node: StatusFacts['nodes'][number]): string {
  if (!node.isRunning) return 'down';
  const troubles = [
    ...(node.hasMemoryAlarm ? ['memory alarm'] : []),
    ...(node.hasDiskAlarm ? ['disk alarm'] : []),
    ...(node.partitions.length > 0 ? ['partition'] : []),
    ...(node.isBeingDrained ? ['maintenance'] : []),
  ];
  return troubles.length === 0 ? 'runs' : troubles.join(', ');
}

function queueLines(
  { queues }: StatusFacts,
  attention: readonly Attention[],
  { width, height, all }: Screen,
  used: number,
): readonly string[] {
  const sum = (key: 'ready' | 'unacknowledged' | 'publishedPerSecond' | 'deliveredPerSecond'): number =>
    queues.reduce((total, queue) => total + (queue[key] ?? 0), 0);
  const total = `${counted(queues.length, 'queue')}: ${thousands(sum('ready'))} ready, ${thousands(sum('unacknowledged'))} unacknowledged, ${rate(sum('publishedPerSecond'))} in, ${rate(sum('deliveredPerSecond'))} out`;
  if (queues.length === 0) return [total];
  // The title, the table's head, the line after it, and the prompt.
  const room = height === undefined ? QUEUES_SHOWN : Math.max(QUEUES_SHOWN_MIN, height - used - 7);
  const sorted = byUrgency(queues, attention);
  const shown = all ? sorted : sorted.slice(0, room);
  const rest = sorted.slice(shown.length);
  const withMessages = rest.filter(({ ready = 0, unacknowledged = 0 }) => ready + unacknowledged > 0).length;
  const severalVhosts = new Set(queues.map(({ vhost }) => vhost)).size > 1;
  const nameMax = Math.max(12, width - (severalVhosts ? 86 : 70));
  return [
    total,
    table(
      [
        ...(severalVhosts ? ['vhost'] : []),
        'queue',
        'type',
        'ready',
        'unacked',
        'in',
        'out',
        'consumers',
        'limit',
        '',
      ],
      shown.map((queue) => [
        ...(severalVhosts ? [cut(queue.vhost, 16)] : []),
        cut(queue.name, nameMax),
        ...cells(queue),
      ]),
    ),
    ...(rest.length === 0
      ? []
      : [
          `and ${thousands(rest.length)} more${withMessages === 0 ? ', all empty' : `, ${thousands(withMessages)} with messages`}: --all`,
        ]),
  ];
}

function cells(queue: QueueStatus): readonly string[] {
  const { type, ready, unacknowledged, publishedPerSecond, deliveredPerSecond, consumers, role, state } =
    queue;
  const figure = (amount: number | undefined): string => (amount === undefined ? '?' : thousands(amount));
  const max = queue.depthMax ?? queue.maxLength;
  const limit =
    max === undefined || ready === undefined
      ? ''
      : `${Math.round((100 * ready) / Math.max(1, max))} % of ${thousands(max)}`;
  const remark = [
    ...(role === 'dead-letters' ? ['dead letters'] : role === 'delay' ? ['delay'] : []),
    ...(state === undefined || ['running', 'idle'].includes(state) ? [] : [state]),
  ];
  return [
    type,
    figure(ready),
    figure(unacknowledged),
    rate(publishedPerSecond ?? 0),
    rate(deliveredPerSecond ?? 0),
    figure(consumers),
    limit,
    remark.join(', ') || ' ',
  ];
}

function rate(perSecond: number): string {
  if (perSecond === 0) return '0/s';
  return `${perSecond >= 10 ? thousands(Math.round(perSecond)) : perSecond.toFixed(1)}/s`;
}

/** What needs somebody first, then what holds most, then what moves most. */
function byUrgency(queues: readonly QueueStatus[], attention: readonly Attention[]): readonly QueueStatus[] {
  const urgent = new Set(attention.map(({ subject }) => subject));
  const rank = (queue: QueueStatus): readonly number[] => [
    urgent.has(`queue ${printable(queue.name)} in vhost ${printable(queue.vhost)}`) ? 1 : 0,
    (queue.ready ?? 0) + (queue.unacknowledged ?? 0),
    (queue.publishedPerSecond ?? 0) + (queue.deliveredPerSecond ?? 0),
    queue.consumers ?? 0,
  ];
  const ranked = queues.map((queue) => ({ queue, rank: rank(queue) }));
  ranked.sort((a, b) => {
    const at = a.rank.findIndex((value, index) => value !== b.rank[index]);
    if (at !== -1) return (b.rank[at] ?? 0) - (a.rank[at] ?? 0);
    return a.queue.name < b.queue.name ? -1 : 1;
  });
  return ranked.map(({ queue }) => queue);
}

function fleetLines({ fleets }: StatusFacts): readonly string[] {
  if (fleets.length === 0) return [];
  const amount = ({ replicasMin, replicasMax }: FleetStatus): string =>
    replicasMin === replicasMax
      ? thousands(replicasMin)
      : `${thousands(replicasMin)} to ${thousands(replicasMax)}`;
  const silent = [...new Set(fleets.flatMap(({ silentHosts = [] }) => silentHosts))];
  return [
    '',
    table(
      ['fleet', 'queues', 'replicas', 'run', 'consumers'],
      fleets.map((fleet) => [
        printable(fleet.name),
        printable(fleet.queues.join(', ')),
        amount(fleet),
        runningOf(fleet),
        fleet.consumers === undefined ? '?' : thousands(fleet.consumers),
      ]),
    ),
    ...(silent.length === 0 ? [] : [`Docker doesn't answer: ${silent.map(printable).join(', ')}.`]),
  ];
}

function runningOf({ replicasRunning, silentHosts = [] }: FleetStatus): string {
  if (replicasRunning !== undefined) return thousands(replicasRunning);
  return silentHosts.length === 0 ? '' : '?';
}

const USERS_SHOWN = 10;

function userLines({ connections, limits }: StatusFacts): readonly string[] {
  if (connections.length === 0) return ['', 'Nobody is connected.'];
  const byUser = new Map<string, { count: number; vhosts: string[] }>();
  for (const { user, vhost, connections: count } of connections) {
    const known = byUser.get(user) ?? { count: 0, vhosts: [] };
    byUser.set(user, { count: known.count + count, vhosts: [...known.vhosts, vhost] });
  }
  const sorted = [...byUser].sort(([, a], [, b]) => b.count - a.count);
  const rest = sorted.slice(USERS_SHOWN).reduce((sum, [, { count }]) => sum + count, 0);
  const max = (user: string): string => {
    const limit = limits.find((one) => one.of === 'user' && one.name === user);
    return limit === undefined ? '' : thousands(limit.max);
  };
  return [
    '',
    table(
      ['user', 'connections', 'limit', 'vhosts'],
      sorted
        .slice(0, USERS_SHOWN)
        .map(([user, { count, vhosts }]) => [
          printable(user),
          thousands(count),
          max(user),
          vhosts.map(printable).join(', '),
        ]),
    ),
    ...(rest === 0
      ? []
      : [`and ${counted(sorted.length - USERS_SHOWN, 'user')} more with ${counted(rest, 'connection')}`]),
  ];
}

function certificateLines({ certificates = [], at }: StatusFacts): readonly string[] {
  return certificates.length === 0 ? [] : ['', certificatesAsText(certificates, at).trimEnd()];
}

/** Without columns in which nothing stands. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const isUsed = (_: string, column: number): boolean =>
    rows.some((row) => (row[column] ?? '').trim() !== '');
  return fullTable(
    head.filter(isUsed),
    rows.map((row) => row.filter(isUsed)),
  );
}

function cut(text: string, max: number): string {
  const shown = printable(text);
  return shown.length > max ? `${shown.slice(0, max - 1)}…` : shown;
}

const CODES = { red: '31', green: '32', bold: '1' } as const;

function paint(text: string, how: keyof typeof CODES, color: boolean): string {
  return color ? `\u001b[${CODES[how]}m${text}\u001b[0m` : text;
}
