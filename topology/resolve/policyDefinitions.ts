/** Policy definitions in RabbitMQ's own keys: from settings, and one laid over the other. */
import type { Settings } from '../model';
import type { Arguments } from '../objects';
import { DEFAULT_TARGET, isAtLeast, type Target } from '../target';

/** The policy keys that a queue's or family's settings stand for, on RabbitMQ of that series. */
export function settingsDefinition(settings: Settings, target: Target = DEFAULT_TARGET): Arguments {
  const { deadLetter } = settings;
  return present({
    'message-ttl': settings.ttlMs,
    expires: settings.expiresMs,
    'max-length': settings.maxLength,
    'max-length-bytes': settings.maxLengthBytes,
    overflow: settings.overflow,
    // Before 4.0 no queue has a limit that nobody said, and a policy with -1 is refused.
    'delivery-limit':
      settings.deliveryLimit === -1 && !isAtLeast(target, '4.0') ? undefined : settings.deliveryLimit,
    // The default exchange, whose name is empty, routes to the queue that the routing key names.
    'dead-letter-exchange': deadLetter?.queue === undefined ? deadLetter?.exchange : '',
    'dead-letter-routing-key': deadLetter?.queue ?? deadLetter?.routingKey,
    'dead-letter-strategy': deadLetter?.strategy,
    'consumer-timeout': settings.consumerTimeoutMs,
    'consumer-disconnected-timeout': settings.consumerDisconnectedTimeoutMs,
    'queue-leader-locator': settings.leaderLocator,
    'target-group-size': settings.targetGroupSize,
    'queue-version': settings.queueVersion,
    'max-age': settings.maxAgeMs === undefined ? undefined : `${settings.maxAgeMs / 1000}s`,
    'stream-max-segment-size-bytes': settings.maxSegmentSizeBytes,
    'stream-filter-size-bytes': settings.filterSizeBytes,
    'delayed-retry-type': settings.delayedRetry?.type,
    'delayed-retry-min': settings.delayedRetry?.minMs,
    'delayed-retry-max': settings.delayedRetry?.maxMs,
  });
}

/** Classic mirroring on all nodes, as RabbitMQ 3.x has it. */
export const MIRRORING: Arguments = { 'ha-mode': 'all', 'ha-sync-mode': 'automatic' };

/** Keys that only make sense together: who sets the first one sets them all. */
const KEY_GROUPS: readonly { readonly lead: string; readonly prefix: string }[] = [
  { lead: 'dead-letter-exchange', prefix: 'dead-letter-' },
  { lead: 'ha-mode', prefix: 'ha-' },
  { lead: 'delayed-retry-type', prefix: 'delayed-retry-' },
];

/** `upper` laid over `lower`: a routing key never outlives the dead-letter exchange that it belonged to. */
export function mergeDefinitions(lower: Arguments, upper: Arguments): Arguments {
  const replaced = KEY_GROUPS.filter(({ lead }) => lead in upper);
  const kept = Object.entries(lower).filter(
    ([key]) => !replaced.some(({ prefix }) => key.startsWith(prefix)),
  );
  return { ...Object.fromEntries(kept), ...upper };
}

function present(definition: Readonly<Record<string, string | number | undefined>>): Arguments {
  const entries = Object.entries(definition).filter(
    (entry): entry is [string, string | number] => entry[1] !== undefined,
  );
  return Object.fromEntries(entries);
}
