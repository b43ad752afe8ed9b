/** Parameters: shovels and upstreams in the words of the language where these say all of it, else in RabbitMQ's. */
import { buildParameters } from '../build/parameters';
import type { JsonValue, ParameterObject } from '../objects';
import { canonicalJson } from '../objects';
import { formatDuration } from '../units';
import { isSchemaFine } from './compileDraft';
import { isTable } from './yamlText';
import type { Table, Value } from './yamlText';
import { wordTable } from '../wordTable';

export interface ParameterPlace {
  /** Path below the vhost. */
  readonly path: readonly string[];
  readonly table: Value;
  /** Said with RabbitMQ's own words. */
  readonly isVerbatim: boolean;
  /** What can't be said there, in words. */
  readonly lost?: string;
}

/** Undefined where the language has no words for it: the value of such a parameter is a table. */
export function placeParameter(parameter: ParameterObject): ParameterPlace | undefined {
  const { component, name, value, logins = {} } = parameter;
  for (const { section, table } of candidates(parameter)) {
    const [built] = buildParameters({ [section]: { [name]: table } }, []);
    const isSame =
      canonicalJson(built?.value) === canonicalJson(inTodaysKeys(component, value)) &&
      canonicalJson(built?.logins) === canonicalJson(logins);
    if (isSame && isSchemaFine({ [section]: { [name]: table } }))
      return { path: [section, name], table, isVerbatim: false };
  }
  if (!isTable(value)) return undefined;
  const users = Object.keys(logins);
  return {
    path: ['parameters', component, name],
    table: value,
    isVerbatim: true,
    ...(users.length === 0 ? {} : { lost: `who logs in at ${users.join(' and ')}` }),
  };
}

/** Keys of before 3.7 that RabbitMQ still reads at an end of AMQP 0-9-1, if those that took their place aren't there. */
const SHOVEL_KEYS = wordTable<string>({
  'prefetch-count': 'src-prefetch-count',
  'delete-after': 'src-delete-after',
  'add-forward-headers': 'dest-add-forward-headers',
  'add-timestamp-header': 'dest-add-timestamp-header',
});

/** A shovel in today's keys. One that names no protocol speaks AMQP 0-9-1. */
export function inTodaysKeys(component: string, value: JsonValue): JsonValue {
  if (component !== 'shovel' || !isTable(value)) return value;
  const spoken = { 'src-protocol': 'amqp091', 'dest-protocol': 'amqp091', ...value };
  const entries = Object.entries<JsonValue>(spoken).map(([key, item]) => {
    const today = SHOVEL_KEYS[key];
    if (today === undefined || today in value) return [key, item] as const;
    const end = today.startsWith('src-') ? 'src' : 'dest';
    return [spoken[`${end}-protocol`] === 'amqp091' ? today : key, item] as const;
  });
  return Object.fromEntries(entries);
}

function candidates({ component, value: given, logins = {} }: ParameterObject): {
  section: string;
  table: Value;
}[] {
  const value = inTodaysKeys(component, given);
  switch (component) {
    case 'federation-upstream':
      return isTable(value) ? [{ section: 'federationUpstreams', table: upstream(value, logins) }] : [];
    case 'federation-upstream-set':
      return upstreamSet(value);
    case 'shovel':
      return isTable(value) ? [{ section: 'shovels', table: shovel(value, logins) }] : [];
    default:
      return [];
  }
}

function upstreamSet(value: JsonValue): { section: string; table: Value }[] {
  if (!Array.isArray(value)) return [];
  const names = (value as readonly JsonValue[]).map(
    (item) => (item as { upstream?: Value } | null)?.upstream ?? null,
  );
  return [{ section: 'federationUpstreamSets', table: names }];
}

function upstream(value: Table, logins: Readonly<Record<string, string>>): Table {
  return present({
    uri: value.uri,
    user: logins.uri,
    exchange: value.exchange,
    queue: value.queue,
    prefetch: value['prefetch-count'],
    reconnectDelay: seconds(value['reconnect-delay']),
    ackMode: value['ack-mode'],
    trustUserId: value['trust-user-id'],
    maxHops: value['max-hops'],
    expires: milliseconds(value.expires),
    messageTtl: milliseconds(value['message-ttl']),
    queueType: value['queue-type'],
    consumerTag: value['consumer-tag'],
    channelUseMode: value['channel-use-mode'],
    bindNowait: value['bind-nowait'],
    resourceCleanupMode: value['resource-cleanup-mode'],
  });
}

function shovel(value: Table, logins: Readonly<Record<string, string>>): Table {
  return present({
    source: present({
      ...shovelEnd('src', value, logins),
      prefetch: value['src-prefetch-count'],
      deleteAfter: value['src-delete-after'],
    }),
    destination: present({
      ...shovelEnd('dest', value, logins),
      addForwardHeaders: value['dest-add-forward-headers'],
      addTimestampHeader: value['dest-add-timestamp-header'],
    }),
    ackMode: value['ack-mode'],
    reconnectDelay: seconds(value['reconnect-delay']),
  });
}

function shovelEnd(
  prefix: 'src' | 'dest',
  value: Table,
  logins: Readonly<Record<string, string>>,
): Readonly<Record<string, Value | undefined>> {
  const protocol = value[`${prefix}-protocol`];
  return {
    uri: value[`${prefix}-uri`],
    user: logins[`${prefix}-uri`],
    ...(protocol === 'amqp091' ? {} : { protocol }),
    queue: value[`${prefix}-queue`],
    exchange: value[`${prefix}-exchange`],
    routingKey: value[`${prefix}-exchange-key`],
    address: value[`${prefix}-address`],
  };
}

function seconds(value: Value | undefined): Value | undefined {
  return typeof value === 'number' ? (milliseconds(value * 1000) ?? value) : value;
}

function milliseconds(value: Value | undefined): Value | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? formatDuration(value)
    : value;
}

function present(table: Readonly<Record<string, Value | undefined>>): Table {
  return Object.fromEntries(
    Object.entries(table).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}
