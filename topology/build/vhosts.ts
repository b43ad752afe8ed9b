import type { Celery, Policy, Vhost } from '../model';
import type { Path } from '../source/index';
import { buildParameters } from './parameters';
import { buildExchange, buildFamily, buildQueue, buildSettings, buildSuperStream } from './queues';
import {
  asArguments,
  asBoolean,
  asDurationMs,
  asInteger,
  asRecord,
  asString,
  asStrings,
  defined,
  entries,
  oneOf,
} from './values';
import type { Data } from './values';

export function buildVhost(name: string, data: Data, path: Path): Vhost {
  const limits = asRecord(data.limits);
  return {
    path,
    name,
    ...defined({
      description: asString(data.description),
      tags: data.tags === undefined ? undefined : asStrings(data.tags),
      defaultQueueType: oneOf(data.defaultQueueType, ['classic', 'quorum', 'stream'] as const),
      deletionProtection: asBoolean(data.deletionProtection),
      quotas: data.quotas === undefined ? undefined : buildSettings(asRecord(data.quotas)),
      celery: data.celery === undefined ? undefined : buildCelery(asRecord(data.celery), [...path, 'celery']),
      limits:
        data.limits === undefined
          ? undefined
          : defined({
              maxConnections: asInteger(limits.maxConnections),
              maxQueues: asInteger(limits.maxQueues),
            }),
    }),
    exchanges: entries(data.exchanges, [...path, 'exchanges'], buildExchange),
    queues: entries(data.queues, [...path, 'queues'], buildQueue),
    families: entries(data.families, [...path, 'families'], buildFamily),
    superStreams: entries(data.superStreams, [...path, 'superStreams'], buildSuperStream),
    policies: entries(data.policies, [...path, 'policies'], buildPolicy),
    operatorPolicies: entries(data.operatorPolicies, [...path, 'operatorPolicies'], buildPolicy),
    parameters: buildParameters(data, path),
  };
}

function buildCelery(data: Data, path: Path): Celery {
  const tasks = Object.entries(asRecord(data.tasks)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    path,
    tasks: Object.fromEntries(tasks),
    acksLate: asBoolean(data.acksLate) ?? true,
    rejectOnWorkerLost: asBoolean(data.rejectOnWorkerLost) ?? true,
    prefetchMultiplier: asInteger(data.prefetchMultiplier) ?? 1,
    ...defined({
      app: asString(data.app),
      resultBackend: asString(data.resultBackend),
      maxRetries: asInteger(data.maxRetries),
      retryBackoffMaxMs: asDurationMs(data.retryBackoffMax),
      retryJitter: asBoolean(data.retryJitter),
      exchange: asString(data.exchange),
    }),
  };
}

function buildPolicy(name: string, data: Data, path: Path): Policy {
  const kinds = ['queues', 'classic_queues', 'quorum_queues', 'streams', 'exchanges', 'all'] as const;
  return {
    path,
    name,
    pattern: asString(data.pattern) ?? '^$',
    applyTo: oneOf(data.applyTo, kinds) ?? 'all',
    priority: asInteger(data.priority) ?? 0,
    definition: asArguments(data.definition),
  };
}
