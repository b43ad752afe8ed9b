/** Celery workers are started in one way: what stands nowhere else need not be written down. */
import type { Topology, Vhost, Worker } from '../model';

/** Gives the fleets of a Celery application that say no command theirs. */
export function expandCeleryWorkers(topology: Topology): Topology {
  const vhosts = new Map(topology.vhosts.map((vhost) => [vhost.name, vhost]));
  return { ...topology, workers: topology.workers.map((worker) => withCommand(worker, vhosts)) };
}

function withCommand(worker: Worker, vhosts: ReadonlyMap<string, Vhost>): Worker {
  const vhost = vhosts.get(worker.vhost ?? '');
  const app = vhost?.celery?.app;
  // -Q takes names: those of a family's queues are known at run time.
  if (worker.queues.some((name) => vhost?.families.some(({ template }) => template === name))) return worker;
  if (app === undefined || worker.command.length > 0 || worker.queues.length === 0) return worker;
  const concurrency = worker.concurrency === undefined ? [] : ['-c', String(worker.concurrency)];
  return {
    ...worker,
    command: ['celery', '-A', app, 'worker', '-Q', worker.queues.join(','), ...concurrency],
  };
}
