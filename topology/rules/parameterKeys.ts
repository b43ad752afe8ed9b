/** What shovels and upstreams may say in RabbitMQ's own words. All of it was measured. */
import type { JsonValue } from '../objects';
import type { Target } from '../target';

export interface ParameterKey {
  readonly value: 'text' | 'number' | 'flag' | 'table' | 'uri' | 'delete-after' | readonly string[];
  /** Absent: every series knows it. */
  readonly since?: Target;
}

type Keys = Readonly<Record<string, ParameterKey>>;

const ACK_MODES = ['on-confirm', 'on-publish', 'no-ack'];
const PROTOCOLS = ['amqp091', 'amqp10', 'local'];

const SHOVEL_KEYS: Keys = {
  'src-uri': { value: 'uri' },
  'dest-uri': { value: 'uri' },
  'src-protocol': { value: PROTOCOLS },
  'dest-protocol': { value: PROTOCOLS },
  'src-prefetch-count': { value: 'number' },
  'src-delete-after': { value: 'delete-after' },
  'dest-add-forward-headers': { value: 'flag' },
  'dest-add-timestamp-header': { value: 'flag' },
  'ack-mode': { value: ACK_MODES },
  'reconnect-delay': { value: 'number' },
  'prefetch-count': { value: 'number' },
  'delete-after': { value: 'delete-after' },
  'add-forward-headers': { value: 'flag' },
  'publish-properties': { value: 'table' },
};

const BY_QUEUE: Readonly<Record<'src' | 'dest', Keys>> = {
  src: {
    'src-queue': { value: 'text' },
    'src-queue-args': { value: 'table' },
    'src-exchange': { value: 'text' },
    'src-exchange-key': { value: 'text' },
    'src-consumer-args': { value: 'table' },
    'src-predeclared': { value: 'flag', since: '3.11' },
  },
  dest: {
    'dest-queue': { value: 'text' },
    'dest-queue-args': { value: 'table' },
    'dest-exchange': { value: 'text' },
    'dest-exchange-key': { value: 'text' },
    'dest-publish-properties': { value: 'table' },
    'dest-predeclared': { value: 'flag', since: '3.11' },
  },
};

const BY_ADDRESS: Readonly<Record<'src' | 'dest', Keys>> = {
  src: { 'src-address': { value: 'text' }, 'src-consumer-args': { value: 'table', since: '4.1' } },
  dest: {
    'dest-address': { value: 'text' },
    'dest-properties': { value: 'table' },
    'dest-application-properties': { value: 'table' },
    'dest-message-annotations': { value: 'table' },
  },
};

/** The keys that a shovel may have, by the protocols of its two ends. */
export function shovelKeys(
  sourceProtocol: JsonValue | undefined,
  destinationProtocol: JsonValue | undefined,
): Keys {
  return {
    ...SHOVEL_KEYS,
    ...(sourceProtocol === 'amqp10' ? BY_ADDRESS : BY_QUEUE).src,
    ...(destinationProtocol === 'amqp10' ? BY_ADDRESS : BY_QUEUE).dest,
  };
}

export const UPSTREAM_KEYS: Keys = {
  uri: { value: 'uri' },
  exchange: { value: 'text' },
  queue: { value: 'text' },
  'consumer-tag': { value: 'text' },
  'prefetch-count': { value: 'number' },
  'reconnect-delay': { value: 'number' },
  'max-hops': { value: 'number' },
  expires: { value: 'number' },
  'message-ttl': { value: 'number' },
  'trust-user-id': { value: 'flag' },
  'ack-mode': { value: ACK_MODES },
  'resource-cleanup-mode': { value: ['default', 'never'] },
  'queue-type': { value: ['classic', 'quorum'], since: '3.13' },
  'bind-nowait': { value: 'flag' },
  'channel-use-mode': { value: ['multiple', 'single'] },
};

/** What a value must be, in words; undefined if it is right. */
export function parameterFault({ value: kind }: ParameterKey, value: JsonValue): string | undefined {
  if (typeof kind !== 'string') {
    return kind.some((each) => each === value) ? undefined : `one of ${kind.join(', ')}`;
  }
  switch (kind) {
    case 'text':
      return typeof value === 'string' ? undefined : 'text';
    case 'number':
      return typeof value === 'number' ? undefined : 'a number';
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'table':
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? undefined : 'a mapping';
    case 'uri':
      return isUris(value) ? undefined : 'an AMQP URI (amqp:// or amqps://), or a list of them';
    case 'delete-after': {
      const isRight =
        value === 'never' || value === 'queue-length' || (typeof value === 'number' && value >= 0);
      return isRight ? undefined : 'never, queue-length, or a number of messages';
    }
  }
}

function isUris(value: JsonValue): boolean {
  const uris = Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
  return uris.every((uri) => typeof uri === 'string' && /^amqps?:\/\/\S*$/.test(uri) && URL.canParse(uri));
}
