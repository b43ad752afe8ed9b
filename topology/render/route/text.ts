/** `warren route` for people: a tree of queues and of what happens in them. */
import type { QueueFate, Way } from '../../route/fate';
import type { NearMiss } from '../../route/nearMisses';
import { bindingWords, exchangeWords, keyWords, pathWords } from '../../route/pathWords';
import type { RouteReport } from '../../route/report';
import { NAMELESS_EXCHANGE } from '../../route/table';
import { treeLines } from './tree';
import type { TreeNode } from './tree';
import { TYPE_WORDS, deadLetteringWords, deliveryWords, eventWords, queueWords } from './words';
import type { Arrival } from './words';

type Paint = (style: 'bold' | 'dim', text: string) => string;

export function renderRoute(report: RouteReport, options: { readonly color: boolean }): string {
  const paint: Paint = (style, text) =>
    options.color ? `\u001b[${style === 'bold' ? 1 : 2}m${text}\u001b[0m` : text;
  const { publication, fates } = report;
  const where = paint('dim', `vhost ${report.vhost}, RabbitMQ ${report.target}`);
  const lines =
    publication.kind === 'routed'
      ? [`${messageWords(report)} → ${exchangeWords(publication.routing.entry)}   ${where}`]
      : [`${messageWords(report)} → ${report.message.exchange}   ${where}`];
  if (publication.kind !== 'routed') return [...lines, `└─ ${refusalWords(publication.kind)}`].join('\n');
  if (fates.length === 0) return [...lines, ...unroutable(report)].join('\n');
  const tree = treeLines(fates.map((fate) => queueNode(fate, { arrival: 'published', waitedMs: 0 }, paint)));
  return [...lines, ...tree, ...notes(report)].join('\n');
}

function messageWords({ message }: RouteReport): string {
  const { routingKey, headers, cc = [], bcc = [] } = message;
  const key = routingKey === '' ? 'a message without a key' : keyWords(routingKey);
  const extras = [
    ...Object.entries(headers).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ...(cc.length === 0 ? [] : [`CC: ${cc.map(keyWords).join(' ')}`]),
    ...(bcc.length === 0 ? [] : [`BCC: ${bcc.map(keyWords).join(' ')}`]),
  ];
  return extras.length === 0 ? key : `${key} {${extras.join(', ')}}`;
}

function refusalWords(kind: 'internal' | 'no-exchange'): string {
  return kind === 'internal'
    ? 'refused (403, and the channel is closed): the exchange is internal, only other exchanges may send to it'
    : 'refused (404, and the channel is closed): there is no such exchange';
}

interface Context {
  readonly arrival: Arrival;
  /** Spent in queues that let it expire, so far. */
  readonly waitedMs: number;
}

function queueNode(fate: QueueFate, context: Context, paint: Paint): TreeNode {
  const { delivery, settings, ways, end } = fate;
  const path = pathWords(delivery.path);
  const text = [
    `${paint('bold', delivery.queue)}  ${TYPE_WORDS[settings.type]}`,
    ...deliveryWords(delivery),
    ...(path === '' ? [] : [paint('dim', `[${path}]`)]),
  ].join('  ');
  if (end === 'repeat') return leaf(`${text}: here it was before, and goes round`);
  if (end === 'cut') return leaf(`${text} … (there are too many ways to show them all)`);
  const leftover = ways.length === 1 && ways[0]?.deadLettering === undefined ? ways[0] : undefined;
  return {
    text,
    children: [
      ...queueWords(settings, context.arrival).map(leaf),
      ...(leftover === undefined
        ? ways.map((way) => wayNode(way, fate, context, paint))
        : [leaf(restWords(leftover, fate, context))]),
    ],
  };
}

function leaf(text: string): TreeNode {
  return { text, children: [] };
}

function restWords({ events }: Way, { settings }: QueueFate, { waitedMs }: Context): string {
  const stays = events.includes('expired') ? 'consumed in time' : 'stays until it is consumed';
  return `${stays}; gone ${eventWords(events, settings, waitedMs)}`;
}

function wayNode(way: Way, { delivery, settings }: QueueFate, context: Context, paint: Paint): TreeNode {
  const { events, deadLettering, next } = way;
  const waitedMs = context.waitedMs + (events.includes('expired') ? (settings.ttlMs ?? 0) : 0);
  const when = eventWords(events, settings, context.waitedMs);
  if (deadLettering === undefined) return leaf(`${when}: gone`);
  const { guarantee, routing, circling } = deadLettering;
  const lost = guarantee === 'at-least-once' ? `held back in ${delivery.queue}` : 'gone';
  const obstacle =
    routing === undefined
      ? `: there is no such exchange, so it is ${lost}`
      : routing.deliveries.length === 0
        ? `: no binding takes it, so it is ${lost}`
        : '';
  const dropped = next.length > 0 ? 'left out' : lost;
  return {
    text: `${when}\n→ ${deadLetteringWords(deadLettering)}${obstacle}`,
    children: [
      ...next.map((fate) => queueNode(fate, { arrival: guarantee, waitedMs }, paint)),
      ...circling.map((queue) =>
        leaf(`${queue}: ${dropped}, as it was there before and nothing rejected it on the way round`),
      ),
    ],
  };
}

function unroutable(report: RouteReport): string[] {
  const { publication, nearMisses, families } = report;
  const entry = publication.kind === 'routed' ? publication.routing.entry : undefined;
  if (entry === undefined) return [];
  const isDefault = entry.name === NAMELESS_EXCHANGE;
  const bound = entry.type === 'headers' ? 'for these headers' : 'with this key';
  // Nobody can give a predeclared exchange an alternate by its declaration.
  const alternate = entry.name.startsWith('amq.')
    ? ''
    : `, or give ${entry.name} an \`alternate\` exchange that catches the rest`;
  const near = nearMisses.map(nearMissNode);
  return [
    `└─ ${isDefault ? 'no queue has this name' : 'no binding takes it'}: dropped, or returned to a publisher who asks for that (mandatory)`,
    ...(near.length === 0
      ? []
      : ['', isDefault ? 'Names like it:' : 'Bindings that nearly take it:', ...near]),
    '',
    isDefault
      ? 'help: publish with the name of a queue, or add the queue.'
      : `help: bind a queue ${bound}, or publish what a binding takes${alternate}.`,
    ...(families.length === 0 || isDefault
      ? []
      : [
          `note: queues of the families (${families.join(', ')}) may bind themselves when the application declares them.`,
        ]),
  ];
}

function nearMissNode({ exchange, binding, difference }: NearMiss): string {
  const { destination, destinationType } = binding;
  if (exchange.name === NAMELESS_EXCHANGE) return `- ${destination}`;
  const target = destinationType === 'queue' ? destination : `exchange ${destination}`;
  return `- ${exchange.name}, ${bindingWords(binding, exchange)} to ${target}: ${difference}`;
}

function notes({ fates, target }: RouteReport): string[] {
  const hasLimit = (list: readonly QueueFate[]): boolean =>
    list.some(({ ways }) =>
      ways.some(({ events, next }) => events.includes('delivery-limit') || hasLimit(next)),
    );
  if (target !== '4.3' || !hasLimit(fates)) return [];
  return [
    '',
    'note: on RabbitMQ 4.3 a message counts as returned by basic.reject and by a crash, not by basic.nack, and keeps its count from queue to queue.',
  ];
}
