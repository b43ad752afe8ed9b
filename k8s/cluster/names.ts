/** What a cluster and its parts are called: the names that RabbitMQ's cluster operator gives, whoever makes the nodes. */

/** Of the cluster and of the Service that its clients use. */
export const CLUSTER = 'rabbitmq';
export const STATEFUL_SET = `${CLUSTER}-server`;
/** The headless Service by which nodes find one another. */
export const NODES_SERVICE = `${CLUSTER}-nodes`;
/** Of each node, and of the claims' template. */
export const DATA_VOLUME = 'persistence';
export const TLS_SECRET = `${CLUSTER}-tls`;
/** Who the nodes' first administrator is, and whom the operator asks as. */
export const ADMIN_SECRET = `${CLUSTER}-admin`;
export const COOKIE_SECRET = `${CLUSTER}-cookie`;
/** Where the operator puts what is in the Secret of certificates. */
export const OPERATOR_TLS_FOLDER = '/etc/rabbitmq-tls';
/** Of the StatefulSet that is no operator's. */
export const CONF_MAP = `${CLUSTER}-conf`;

export const AMQP_PORT = 5672;
/** The operator knows no other one. */
export const AMQPS_PORT = 5671;
export const MANAGEMENT_PORT = 15_672;
export const MANAGEMENT_TLS_PORT = 15_671;
export const METRICS_PORT = 15_692;
export const METRICS_TLS_PORT = 15_691;
/** epmd, Erlang's distribution, and the command-line tools. */
export const NODE_PORTS = [
  { port: 4369, endPort: 4369 },
  { port: 25_672, endPort: 25_672 },
  { port: 35_672, endPort: 35_682 },
] as const;

export function serviceHost(namespace: string): string {
  return `${CLUSTER}.${namespace}.svc`;
}

/** From 0, as Kubernetes counts. */
export function nodeName(index: number, namespace: string): string {
  return `rabbit@${STATEFUL_SET}-${index}.${NODES_SERVICE}.${namespace}`;
}

/** By which clients, other nodes and the nodes themselves call a node. */
export function dnsNames(namespace: string): readonly string[] {
  const host = serviceHost(namespace);
  const node = `*.${NODES_SERVICE}.${namespace}`;
  return [
    ...[CLUSTER, `${CLUSTER}.${namespace}`, host, `${host}.cluster.local`],
    ...[node, `${node}.svc`, `${node}.svc.cluster.local`, 'localhost'],
  ];
}

/** Whatever labels the rest of a stack has: the operator gives its pods this one. */
export const POD_SELECTOR = { 'app.kubernetes.io/name': CLUSTER };

export interface Port {
  readonly name: string;
  readonly port: number;
}
