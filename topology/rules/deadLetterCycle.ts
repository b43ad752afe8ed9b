import type { Vhost } from '../model';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import type { ArgumentValue } from '../objects';
import { deadLetterTargets } from './deadLetterTargets';
import { effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const deadLetterCycle: Rule = {
  code: 'dead-letter-cycle',
  severity: 'warning',
  title: 'Dead letters do not go round in circles by themselves.',
  reason: 'RabbitMQ drops a message that comes back to a queue without having been rejected on the way.',
  help: 'Let one queue of the circle dead-letter to a queue outside of it, or leave out its ttl and limits (`deliveryLimit: -1` for that of a quorum queue).',
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
  check: ({ topology: { target }, vhosts }) => vhosts.flatMap((vhost) => cycles(vhost, target)),
};

/**
 * RabbitMQ drops a message that comes back to a queue without having been rejected on the way. Only queues whose
 * messages leave by themselves (expired, pushed out, or given up after too many deliveries) can be part of such a cycle: a consumer's rejection breaks it.
 */
function cycles({ vhost, queues }: ResolvedVhost, target: Target): Finding[] {
  const moving = new Map(
    queues
      .filter((each) => leavesByItself(each, vhost, target))
      .map((resolved) => [resolved.queue.name, resolved]),
  );
  const reported = new Set<string>();
  return [...moving.values()].flatMap((resolved) => {
    if (reported.has(resolved.queue.name)) return [];
    const cycle = cycleThrough(resolved.queue.name, moving, vhost);
    if (cycle === undefined || cycle.some((name) => reported.has(name))) return [];
    for (const name of cycle) reported.add(name);
    return [
      {
        message: `Dead letters go round in a circle: ${[...cycle, resolved.queue.name].join(' → ')}.`,
        reason:
          'A message that comes back to a queue without having been rejected on the way is dropped without a trace.',
        help: 'Let one queue of the circle dead-letter to a queue outside of it, or leave out its ttl and limits (`deliveryLimit: -1` for that of a quorum queue).',
        path: [...resolved.queue.path, 'deadLetter'],
        part: 'key' as const,
      },
    ];
  });
}

function leavesByItself(resolved: ResolvedQueue, vhost: Vhost, target: Target): boolean {
  // A ladder is a circle on purpose; what must not go round in it has a rule of its own (retry-loss).
  if (resolved.queue.retry !== undefined) return false;
  const has = (key: string): boolean => effective(resolved, vhost, key) !== undefined;
  const overflow = effective(resolved, vhost, 'overflow') ?? 'drop-head';
  if (resolved.type === 'quorum' && givesUp(effective(resolved, vhost, 'delivery-limit'), target))
    return true;
  return has('message-ttl') || ((has('max-length') || has('max-length-bytes')) && overflow === 'drop-head');
}

/** A quorum queue has a limit of its own since 4.0; below 0 there is none. */
function givesUp(deliveryLimit: ArgumentValue | undefined, target: Target): boolean {
  if (typeof deliveryLimit !== 'number') return isAtLeast(target, '4.0');
  return deliveryLimit >= 0;
}

/** The shortest way from a queue back to itself through dead letters; undefined if there is none. */
function cycleThrough(
  start: string,
  moving: ReadonlyMap<string, ResolvedQueue>,
  vhost: Vhost,
): string[] | undefined {
  const cameFrom = new Map<string, string | undefined>([[start, undefined]]);
  // Queues with the same targets share one set of them: it leads on only once.
  const followed = new Set<ReadonlySet<string>>();
  for (const name of cameFrom.keys()) {
    const resolved = moving.get(name);
    const targets = resolved === undefined ? undefined : deadLetterTargets(resolved, vhost);
    if (targets === undefined || followed.has(targets)) continue;
    followed.add(targets);
    if (targets.has(start)) return wayTo(name, cameFrom);
    for (const target of targets) if (!cameFrom.has(target)) cameFrom.set(target, name);
  }
  return undefined;
}

function wayTo(name: string, cameFrom: ReadonlyMap<string, string | undefined>): string[] {
  const way: string[] = [];
  for (let at: string | undefined = name; at !== undefined; at = cameFrom.get(at)) way.unshift(at);
  return way;
}
