/**
 * Where a vhost's Celery application sends its tasks through an exchange, each of its task queues is bound to that by its
 * own name: Celery would declare just this binding, if it were allowed to, and a task for an unbound queue is lost.
 */
import { taskQueues } from '../celery';
import type { Binding, Queue, Topology, Vhost } from '../model';

export function expandCelery(topology: Topology): Topology {
  if (!topology.vhosts.some(({ celery }) => celery?.exchange !== undefined)) return topology;
  return { ...topology, vhosts: topology.vhosts.map((vhost) => expandVhost(topology, vhost)) };
}

function expandVhost(topology: Topology, vhost: Vhost): Vhost {
  const { celery } = vhost;
  const exchange = vhost.exchanges.find(({ name }) => name === celery?.exchange);
  if (celery === undefined || exchange === undefined) return vhost;
  const tasks = new Set(taskQueues(topology, vhost).map(({ name }) => name));
  const bound = (queue: Queue): Queue => {
    const isBound = queue.bindings.some((binding) => binding.exchange === exchange.name);
    if (!tasks.has(queue.name) || isBound) return queue;
    const binding: Binding = {
      path: [...celery.path, 'exchange'],
      exchange: exchange.name,
      routingKey: queue.name,
      arguments: {},
    };
    return { ...queue, bindings: [...queue.bindings, binding] };
  };
  return { ...vhost, queues: vhost.queues.map(bound) };
}
