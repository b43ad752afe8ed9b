/** What a vhost's Celery application works with. */
import type { Queue, Topology, Vhost } from './model';

/**
 * The queues of the vhost that hold tasks: those that task names are routed to, that workers consume from, and that a
 * user's role names. Without any of these it is all queues.
 */
export function taskQueues(topology: Pick<Topology, 'users' | 'workers'>, vhost: Vhost): readonly Queue[] {
  const ofVhost = <T extends { readonly vhost?: string }>(items: readonly T[]): T[] =>
    items.filter((item) => item.vhost === vhost.name);
  const names = new Set([
    ...Object.values(vhost.celery?.tasks ?? {}),
    ...ofVhost(topology.workers).flatMap(({ queues }) => queues),
    ...topology.users.flatMap(({ roles }) => ofVhost(roles).flatMap(({ celery }) => celery)),
  ]);
  const used = vhost.queues.filter(({ name, stages }) => names.has(name) || isConsumed(stages, names));
  return used.length > 0 ? used : vhost.queues;
}

function isConsumed(stages: readonly string[] | undefined, names: ReadonlySet<string>): boolean {
  return stages?.some((stage) => names.has(stage)) ?? false;
}

/** Takes the tasks that no pattern routes: the queue of `*`, else one of the usual names, else the first. */
export function defaultTaskQueue(vhost: Vhost, queues: readonly Queue[]): Queue | undefined {
  const preferred = [vhost.celery?.tasks['*'], 'default', 'celery'];
  const found = preferred.map((name) => queues.find((queue) => queue.name === name)).find(Boolean);
  return found ?? queues.find(({ isGenerated }) => isGenerated === undefined);
}
