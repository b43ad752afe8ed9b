/** The pod of a node where no operator makes it. */
import type { Topology } from '../../topology/model';
import { TLS_FOLDER } from '../../topology/render/rabbitmqConf';
import type { ClusterSettings } from '../settings';
import { ADMIN_SECRET, CONF_MAP, COOKIE_SECRET, DATA_VOLUME, NODES_SERVICE, type Port } from './names';
import { graceSeconds, readinessProbe, resourcesOf, spreadConstraints } from './pods';
import { tlsSecretOf } from './secrets';

/** A global parameter that says that the whole cluster goes: `warren.NodesRolled` sets it. */
const LEAVING = 'warren_leaving';
const DATA_FOLDER = '/var/lib/rabbitmq';
const CONF_FOLDER = '/run/warren/conf';
const COOKIE_FOLDER = '/run/cookie';
/** RabbitMQ's user in the official image. */
const RABBITMQ_USER = 999;
const DATA = { name: DATA_VOLUME, mountPath: DATA_FOLDER };
const SECURED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};

export function nodePod(
  topology: Topology,
  settings: ClusterSettings,
  image: string,
  ports: readonly Port[],
): object {
  const hasTls = topology.broker?.tls !== undefined;
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceSeconds(settings),
    topologySpreadConstraints: spreadConstraints(settings),
    securityContext: { runAsUser: RABBITMQ_USER, fsGroup: 0 },
    ...(settings.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })) }),
    initContainers: [cookieContainer(settings, image)],
    containers: [
      {
        name: 'rabbitmq',
        image,
        ports: ports.map(({ name, port }) => ({ name, containerPort: port })),
        env: ENVIRONMENT,
        resources: resourcesOf(settings),
        readinessProbe: readinessProbe(topology),
        lifecycle: { preStop: { exec: { command: ['/bin/bash', '-c', stopScript(settings)] } } },
        securityContext: SECURED,
        volumeMounts: [
          DATA,
          { name: 'conf-d', mountPath: '/etc/rabbitmq/conf.d' },
          { name: 'conf', mountPath: CONF_FOLDER },
          ...(hasTls ? [{ name: 'tls', mountPath: TLS_FOLDER }] : []),
        ],
      },
    ],
    volumes: [
      ...VOLUMES,
      ...(hasTls ? [{ name: 'tls', secret: { secretName: tlsSecretOf(settings) } }] : []),
    ],
  };
}

const ENVIRONMENT = [
  { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
  { name: 'RABBITMQ_USE_LONGNAME', value: 'true' },
  { name: 'RABBITMQ_NODENAME', value: `rabbit@$(POD_NAME).${NODES_SERVICE}.$(POD_NAMESPACE)` },
  { name: 'K8S_HOSTNAME_SUFFIX', value: `.${NODES_SERVICE}.$(POD_NAMESPACE)` },
  { name: 'RABBITMQ_ENABLED_PLUGINS_FILE', value: `${CONF_FOLDER}/enabled_plugins` },
];

const CONF_FILE = '50-warren.conf';
const VOLUMES = [
  {
    name: 'conf-d',
    projected: {
      sources: [
        { configMap: { name: CONF_MAP, items: [{ key: CONF_FILE, path: CONF_FILE }] } },
        { secret: { name: ADMIN_SECRET, items: [{ key: 'default_user.conf', path: '60-login.conf' }] } },
      ],
    },
  },
  { name: 'conf', configMap: { name: CONF_MAP } },
  { name: 'cookie', secret: { secretName: COOKIE_SECRET } },
];

/** Erlang takes a cookie that is its user's own, and nobody else's to read. */
function cookieContainer({ startDelayMs }: ClusterSettings, image: string): object {
  const file = `${DATA_FOLDER}/.erlang.cookie`;
  const script = [
    `sleep ${Math.ceil(startDelayMs / 1000)}`,
    `cp ${COOKIE_FOLDER}/cookie ${file}`,
    `chmod 600 ${file}`,
  ].join(' && ');
  return {
    name: 'cookie',
    image,
    command: ['/bin/sh', '-c', script],
    resources: { requests: { cpu: '20m', memory: '32Mi' }, limits: { memory: '64Mi' } },
    securityContext: SECURED,
    volumeMounts: [DATA, { name: 'cookie', mountPath: COOKIE_FOLDER }],
  };
}

/** A node goes when no queue would lose its majority by that, and hands its leaders over first. */
function stopScript(settings: ClusterSettings): string {
  const seconds = graceSeconds(settings);
  return [
    `if rabbitmqctl -q list_global_parameters | grep -q ${LEAVING}; then exit 0; fi`,
    `rabbitmq-upgrade await_online_quorum_plus_one -t ${seconds}`,
    `rabbitmq-upgrade drain -t ${seconds}`,
  ].join('; ');
}
