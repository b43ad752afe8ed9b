/** Where messages go inside of a vhost: exchanges, bindings and dead letters, as far as the topology knows them. */
import type { Binding, Vhost } from './model';

/**
 * The listed queues that a message reaches through an exchange. Without a routing key (unknown) every binding counts,
 * and so does every binding of a headers exchange or of a type that isn't known.
 */
export function routedQueues(
  vhost: Vhost,
  exchangeName: string,
  routingKey: string | undefined,
): Set<string> {
  const reached = new Set<string>();
  const visited = new Set<string>();
  const open = [exchangeName];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (visited.has(name)) continue;
    visited.add(name);
    const exchange = vhost.exchanges.find((each) => each.name === name);
    const type = exchange?.type ?? PREDECLARED_TYPES[name] ?? 'unknown';
    const isRouted = ({ exchange: source, routingKey: pattern }: Binding): boolean =>
      source === name && bindingMatches(type, pattern, routingKey);
    for (const queue of vhost.queues) if (queue.bindings.some(isRouted)) reached.add(queue.name);
    for (const other of vhost.exchanges) if (other.bindings.some(isRouted)) open.push(other.name);
    if (exchange?.alternate !== undefined) open.push(exchange.alternate);
  }
  return reached;
}

const PREDECLARED_TYPES: Readonly<Record<string, string>> = {
  'amq.direct': 'direct',
  'amq.fanout': 'fanout',
  'amq.topic': 'topic',
};

function bindingMatches(type: string, pattern: string, routingKey: string | undefined): boolean {
  if (routingKey === undefined) return true;
  if (type === 'direct') return pattern === routingKey;
  if (type === 'topic') return topicMatches(pattern.split('.'), routingKey.split('.'));
  return true;
}

/** AMQP's topic patterns: `*` is one word, `#` any number of words. */
function topicMatches(pattern: readonly string[], words: readonly string[]): boolean {
  let reachable = new Set([0]);
  const skipHashes = (from: ReadonlySet<number>): Set<number> => {
    const all = new Set(from);
    for (const index of all) if (pattern[index] === '#') all.add(index + 1);
    return all;
  };
  reachable = skipHashes(reachable);
  for (const word of words) {
    const next = new Set<number>();
    for (const index of reachable) {
      if (pattern[index] === '#') next.add(index);
      else if (pattern[index] === '*' || pattern[index] === word) next.add(index + 1);
    }
    reachable = skipHashes(next);
  }
  return reachable.has(pattern.length);
}
