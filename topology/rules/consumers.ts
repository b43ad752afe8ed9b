/** Who consumes from which queue: shared by the rules about it. */
import type { Worker } from '../model';

/** The workers of a vhost by the names of their queues. */
export function workersByQueue(
  workers: readonly Worker[],
  vhost: string,
): ReadonlyMap<string, readonly Worker[]> {
  const byQueue = new Map<string, Worker[]>();
  for (const worker of workers) {
    if (worker.vhost !== vhost) continue;
    for (const queue of new Set(worker.queues)) {
      const others = byQueue.get(queue);
      if (others === undefined) byQueue.set(queue, [worker]);
      else others.push(worker);
    }
  }
  return byQueue;
}
