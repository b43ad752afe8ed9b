/**
 * What the rigs' brokers have beyond the management API: everything of the topology language that RabbitMQ keeps in a
 * plugin. A broker that the quickstart starts has none of them.
 */
export const RIG_PLUGINS: readonly string[] = [
  'rabbitmq_consistent_hash_exchange',
  'rabbitmq_random_exchange',
  'rabbitmq_sharding',
  'rabbitmq_shovel',
  'rabbitmq_shovel_management',
  'rabbitmq_federation',
  'rabbitmq_federation_management',
  'rabbitmq_stream',
];
