import type { Vhost } from '../model';
import type { ResolvedQueue, ResolvedVhost } from '../resolve';
import { deadLetterTargets } from './deadLetterTargets';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const deadLetterCycle: Rule = {
  code: 'dead-letter-cycle',
  severity: 'warning',
  title: 'Dead letters do not go round in circles by themselves.',
  reason: 'RabbitMQ drops a message that comes back to a queue without having been rejected on the way.',
  help: 'Let one queue of the circle dead-letter to a queue outside of it, or leave out its ttl and limits.',
  sources: [docs('dlx#routing')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      a: { ttl: 1m, deadLetter: { queue: b } }
      b: { ttl: 1m, deadLetter: { queue: a } }
`,
    good: `
vhosts:
  shop:
    queues:
      a: { ttl: 1m, deadLetter: { queue: b } }
      b: { ttl: 1m, deadLetter: { queue: dead } }
      dead: { maxLength: 1000 }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(cycles),
};

/**
 * RabbitMQ drops a message that comes back to a queue without having been rejected on the way. Only queues whose
 * messages leave by themselves (expired, or pushed out) can be part of such a cycle: a consumer's rejection breaks it.
 */
function cycles({ vhost, queues }: ResolvedVhost): Finding[] {
  const moving = new Map(queues.filter(leavesByItself).map((resolved) => [resolved.queue.name, resolved]));
  const reported = new Set<string>();
  return [...moving.values()].flatMap((resolved) => {
    const cycle = cycleThrough(resolved, moving, vhost);
    if (cycle === undefined || cycle.some((name) => reported.has(name))) return [];
    for (const name of cycle) reported.add(name);
    return [
      {
        message: `Dead letters go round in a circle: ${[...cycle, resolved.queue.name].join(' → ')}.`,
        reason:
          'A message that comes back to a queue without having been rejected on the way is dropped without a trace.',
        help: 'Let one queue of the circle dead-letter to a queue outside of it, or leave out its ttl and limits.',
        path: [...resolved.queue.path, 'deadLetter'],
        part: 'key' as const,
      },
    ];
  });
}

function leavesByItself({ definition, queue }: ResolvedQueue): boolean {
  // A ladder is a circle on purpose; what must not go round in it has a rule of its own (retry-loss).
  if (queue.retry !== undefined) return false;
  const given = { ...queue.arguments, ...queue.declaredWith };
  const has = (key: string): boolean => key in definition || `x-${key}` in given;
  const overflow = definition.overflow ?? given['x-overflow'] ?? 'drop-head';
  return has('message-ttl') || ((has('max-length') || has('max-length-bytes')) && overflow === 'drop-head');
}

/** The shortest way from a queue back to itself through dead letters; undefined if there is none. */
function cycleThrough(
  start: ResolvedQueue,
  moving: ReadonlyMap<string, ResolvedQueue>,
  vhost: Vhost,
): string[] | undefined {
  const visited = new Set<string>();
  let ways: string[][] = [[start.queue.name]];
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      const last = moving.get(way.at(-1) ?? '');
      for (const name of last === undefined ? [] : deadLetterTargets(last, vhost)) {
        if (name === start.queue.name) return way;
        if (visited.has(name)) continue;
        visited.add(name);
        longer.push([...way, name]);
      }
    }
    ways = longer;
  }
  return undefined;
}
