/** Which queues take what died in others. */
import { route } from './route';
import type { RoutedVhost } from './vhost';

/** Queues that dead letters of these queues go to, other than themselves. */
export function deadLetterTargets(vhost: RoutedVhost, sources: Iterable<string>): ReadonlySet<string> {
  return new Set(
    [...sources].flatMap((name) => {
      const target = vhost.settingsOf(name).deadLetter;
      if (target === undefined) return [];
      const { exchange, routingKey } = target;
      // Without a key of its own, a dead letter has any key.
      const probe = routingKey === undefined ? {} : { routingKeys: [routingKey] };
      const routing = route(vhost.table, exchange, probe);
      return (routing?.deliveries ?? []).map(({ queue }) => queue).filter((queue) => queue !== name);
    }),
  );
}

/**
 * Queues of a broker whose messages died elsewhere and wait for somebody. A queue that takes dead letters and sends
 * them on by itself after a while (a rung of a retry) is none, and what it sends on isn't dead.
 */
export function deadLetterQueuesOf(vhost: RoutedVhost): readonly string[] {
  const names = [...vhost.table.queues];
  const isDelay = delaysOf(vhost);
  const targets = deadLetterTargets(
    vhost,
    names.filter((name) => !isDelay(name)),
  );
  return names.filter((name) => targets.has(name) && !isDelay(name));
}

/** Whether a queue keeps dead letters for a while and sends them on. */
export function delaysOf(vhost: RoutedVhost): (queue: string) => boolean {
  const targets = deadLetterTargets(vhost, vhost.table.queues);
  return (name) => {
    const { ttlMs, deadLetter } = vhost.settingsOf(name);
    return targets.has(name) && ttlMs !== undefined && deadLetter !== undefined;
  };
}
