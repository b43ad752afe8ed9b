import type { Autoscale, Worker } from '../model';
import type { Path } from '../source/index';
import { asDurationMs, asInteger, asRecord, asScalars, asString, asStrings, defined, oneOf } from './values';
import type { Data } from './values';

export function buildWorker(name: string, data: Data, path: Path): Worker {
  return {
    path,
    name,
    queues: asStrings(data.queues),
    command: asStrings(data.command),
    env: Object.fromEntries(Object.entries(asScalars(data.env)).map(([key, value]) => [key, String(value)])),
    ...defined({
      vhost: asString(data.vhost),
      user: asString(data.user),
      image: asString(data.image),
      replicas: asInteger(data.replicas),
      concurrency: asInteger(data.concurrency),
      prefetch: asInteger(data.prefetch),
      rateLimit: asString(data.rateLimit),
      longestTaskMs: asDurationMs(data.longestTask),
      gracePeriodMs: asDurationMs(data.gracePeriod),
      autoscale: data.autoscale === undefined ? undefined : buildAutoscale(asRecord(data.autoscale)),
    }),
  };
}

function buildAutoscale(data: Data): Autoscale {
  return {
    min: asInteger(data.min) ?? 0,
    protocol: oneOf(data.protocol, ['http', 'amqp'] as const) ?? 'http',
    ...defined({
      max: asInteger(data.max),
      messagesPerReplica: asInteger(data.messagesPerReplica),
      cooldownMs: asDurationMs(data.cooldown),
    }),
  };
}
