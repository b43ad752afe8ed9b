/**
 * A super stream is a direct exchange, one stream per partition, and bindings that say which partition is which: what
 * RabbitMQ's stream plugin and its clients make and expect of one.
 */
import type { Binding, Exchange, Queue, SuperStream, Vhost } from '../model';

export function expandSuperStreams(vhost: Vhost): Vhost {
  if (vhost.superStreams.length === 0) return vhost;
  return {
    ...vhost,
    exchanges: [...vhost.exchanges, ...vhost.superStreams.map(exchangeOf)],
    queues: [...vhost.queues, ...vhost.superStreams.flatMap(partitionsOf)],
  };
}

/** The names of a super stream's partitions, in their order. */
export function partitionNames({ name, partitions }: SuperStream): string[] {
  return Array.from({ length: partitions }, (_, partition) => `${name}-${partition}`);
}

function exchangeOf({ name, path }: SuperStream): Exchange {
  return {
    path,
    name,
    type: 'direct',
    durable: true,
    autoDelete: false,
    internal: false,
    arguments: { 'x-super-stream': true },
    isGenerated: true,
    bindings: [],
  };
}

function partitionsOf(superStream: SuperStream): Queue[] {
  const { name, path, settings, initialClusterSize } = superStream;
  return partitionNames(superStream).map((partitionName, partition) => {
    const binding: Binding = {
      path,
      exchange: name,
      routingKey: String(partition),
      arguments: { 'x-stream-partition-order': partition },
    };
    return {
      path,
      name: partitionName,
      type: 'stream',
      durable: true,
      autoDelete: false,
      replicated: false,
      settings,
      ...(initialClusterSize === undefined ? {} : { initialClusterSize }),
      arguments: {},
      isGenerated: true,
      bindings: [binding],
    };
  });
}
