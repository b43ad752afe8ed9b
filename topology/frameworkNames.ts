/** Names that clients, plugins and RabbitMQ itself use for what they make on their own: it is theirs to keep and to delete. */

/** Events, remote control and delayed delivery. */
export const CELERY_NAMES = /^(celeryev(\..+)?|(.+\.)?celery\.pidbox|celery_delayed(_.+)?)$/;

/** `rpc://` results, one queue per client. */
const CELERY_RESULTS = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const WARREN = 'Warren (kept for a replacement)';

const OWNERS: readonly (readonly [names: RegExp, owner: string])[] = [
  [CELERY_NAMES, 'Celery'],
  [CELERY_RESULTS, 'Celery (results)'],
  [/^amq\.gen-/, 'a client (named by RabbitMQ)'],
  [/^amq\./, 'RabbitMQ'],
  [/^mqtt-(subscription-|will-)/, 'MQTT'],
  [/^stomp-subscription-/, 'STOMP'],
  [/^federation: /, 'federation'],
  [/^sharding: /, 'sharding'],
  [/^warren\./, WARREN],
];

/** Whose queue or exchange has such a name; undefined where it could be anybody's. */
export function frameworkOwner(name: string): string | undefined {
  return OWNERS.find(([names]) => names.test(name))?.[1];
}
