/** Federation upstreams, shovels and other parameters, in RabbitMQ's own words. */
import type { GlobalParameter, Parameter } from '../model';
import type { JsonValue } from '../objects';
import type { Path } from '../source/index';
import {
  asBoolean,
  asDurationMs,
  asInteger,
  asJson,
  asRecord,
  asString,
  asStrings,
  defined,
  entries,
} from './values';
import type { Data } from './values';

export function buildParameters(vhost: Data, path: Path): Parameter[] {
  return [
    ...entries(vhost.federationUpstreams, [...path, 'federationUpstreams'], buildUpstream),
    ...buildUpstreamSets(vhost, [...path, 'federationUpstreamSets']),
    ...entries(vhost.shovels, [...path, 'shovels'], buildShovel),
    ...entries(vhost.parameters, [...path, 'parameters'], (component, byName, componentPath) =>
      entries(byName, componentPath, (name, value, valuePath) => ({
        path: valuePath,
        component,
        name,
        value: asJson(value) ?? {},
        logins: {},
      })),
    ).flat(),
  ];
}

export function buildGlobalParameters(value: unknown, path: Path): GlobalParameter[] {
  return Object.entries(asRecord(value)).map(([name, item]) => ({
    path: [...path, name],
    name,
    value: asJson(item) ?? null,
  }));
}

function buildUpstream(name: string, data: Data, path: Path): Parameter {
  return {
    path,
    component: 'federation-upstream',
    name,
    value: withoutAbsent({
      uri: asUris(data.uri),
      exchange: asString(data.exchange),
      queue: asString(data.queue),
      'prefetch-count': asInteger(data.prefetch),
      'reconnect-delay': asSeconds(data.reconnectDelay),
      'ack-mode': asString(data.ackMode),
      'trust-user-id': asBoolean(data.trustUserId),
      'max-hops': asInteger(data.maxHops),
      expires: asDurationMs(data.expires),
      'message-ttl': asDurationMs(data.messageTtl),
      'queue-type': asString(data.queueType),
      'consumer-tag': asString(data.consumerTag),
      'channel-use-mode': asString(data.channelUseMode),
      'bind-nowait': asBoolean(data.bindNowait),
      'resource-cleanup-mode': asString(data.resourceCleanupMode),
    }),
    logins: defined({ uri: asString(data.user) }),
  };
}

function buildUpstreamSets(vhost: Data, path: Path): Parameter[] {
  return Object.entries(asRecord(vhost.federationUpstreamSets)).map(([name, upstreams]) => ({
    path: [...path, name],
    component: 'federation-upstream-set',
    name,
    value: asStrings(upstreams).map((upstream) => ({ upstream })),
    logins: {},
  }));
}

function buildShovel(name: string, data: Data, path: Path): Parameter {
  const [source, destination] = [asRecord(data.source), asRecord(data.destination)];
  return {
    path,
    component: 'shovel',
    name,
    value: withoutAbsent({
      ...shovelEnd('src', source),
      ...shovelEnd('dest', destination),
      'src-prefetch-count': asInteger(source.prefetch),
      'src-delete-after': asString(source.deleteAfter) ?? asInteger(source.deleteAfter),
      'dest-add-forward-headers': asBoolean(destination.addForwardHeaders),
      'dest-add-timestamp-header': asBoolean(destination.addTimestampHeader),
      'ack-mode': asString(data.ackMode),
      'reconnect-delay': asSeconds(data.reconnectDelay),
    }),
    logins: defined({
      'src-uri': asString(source.user),
      'dest-uri': asString(destination.user),
    }),
  };
}

function shovelEnd(prefix: 'src' | 'dest', end: Data): Record<string, JsonValue | undefined> {
  return {
    [`${prefix}-protocol`]: asString(end.protocol) ?? 'amqp091',
    [`${prefix}-uri`]: asUris(end.uri),
    [`${prefix}-queue`]: asString(end.queue),
    [`${prefix}-exchange`]: asString(end.exchange),
    [`${prefix}-exchange-key`]: asString(end.routingKey),
    [`${prefix}-address`]: asString(end.address),
  };
}

function asUris(value: unknown): JsonValue | undefined {
  return asString(value) ?? (Array.isArray(value) ? asStrings(value) : undefined);
}

/** RabbitMQ counts these delays in seconds. */
function asSeconds(value: unknown): number | undefined {
  const delayMs = asDurationMs(value);
  return delayMs === undefined ? undefined : delayMs / 1000;
}

function withoutAbsent(value: Readonly<Record<string, JsonValue | undefined>>): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined),
  );
}
