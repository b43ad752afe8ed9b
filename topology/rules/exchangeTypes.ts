/** The types of exchanges, and the plugins that RabbitMQ keeps them and other things in. */
import type { Target } from '../target';
import { wordTable } from '../wordTable';

interface ExchangeType {
  /** Absent: it is part of RabbitMQ itself. */
  readonly plugin?: string;
  /** The first series that has it in itself, without the plugin. */
  readonly builtInSince?: Target;
  /** The first series that has it at all. */
  readonly since?: Target;
}

export const EXCHANGE_TYPES = wordTable<ExchangeType>({
  direct: {},
  topic: {},
  fanout: {},
  headers: {},
  'x-local-random': { since: '4.0' },
  'x-modulus-hash': { plugin: 'rabbitmq_sharding', builtInSince: '4.3' },
  'x-consistent-hash': { plugin: 'rabbitmq_consistent_hash_exchange' },
  'x-random': { plugin: 'rabbitmq_random_exchange' },
  'x-recent-history': { plugin: 'rabbitmq_recent_history_exchange' },
  'x-delayed-message': { plugin: 'rabbitmq_delayed_message_exchange' },
  'x-jms-topic': { plugin: 'rabbitmq_jms_topic_exchange' },
});

/** Components of parameters that plugins read. */
export const PARAMETER_PLUGINS = wordTable<string>({
  'federation-upstream': 'rabbitmq_federation',
  'federation-upstream-set': 'rabbitmq_federation',
  shovel: 'rabbitmq_shovel',
});

/** Policy keys that plugins read: without the plugin RabbitMQ doesn't know them. */
export const POLICY_KEY_PLUGINS = wordTable<string>({
  'federation-upstream': 'rabbitmq_federation',
  'federation-upstream-set': 'rabbitmq_federation',
  'federation-upstream-pattern': 'rabbitmq_federation',
  'shards-per-node': 'rabbitmq_sharding',
});

/** Plugins that come with RabbitMQ, or that this table knows: another one may bring types and components of its own. */
export const KNOWN_PLUGINS: ReadonlySet<string> = new Set([
  ...Object.values(EXCHANGE_TYPES).flatMap(({ plugin }) => plugin ?? []),
  ...Object.values(PARAMETER_PLUGINS),
  'rabbitmq_amqp1_0',
  'rabbitmq_auth_backend_cache',
  'rabbitmq_auth_backend_http',
  'rabbitmq_auth_backend_ldap',
  'rabbitmq_auth_backend_oauth2',
  'rabbitmq_auth_mechanism_ssl',
  'rabbitmq_event_exchange',
  'rabbitmq_federation_management',
  'rabbitmq_federation_prometheus',
  'rabbitmq_management',
  'rabbitmq_management_agent',
  'rabbitmq_mqtt',
  'rabbitmq_peer_discovery_aws',
  'rabbitmq_peer_discovery_common',
  'rabbitmq_peer_discovery_consul',
  'rabbitmq_peer_discovery_etcd',
  'rabbitmq_peer_discovery_k8s',
  'rabbitmq_prometheus',
  'rabbitmq_prelaunch',
  'rabbitmq_shovel_management',
  'rabbitmq_shovel_prometheus',
  'rabbitmq_stomp',
  'rabbitmq_stream',
  'rabbitmq_stream_management',
  'rabbitmq_top',
  'rabbitmq_tracing',
  'rabbitmq_trust_store',
  'rabbitmq_web_dispatch',
  'rabbitmq_web_mqtt',
  'rabbitmq_web_stomp',
]);
