/** Which objects a stack's state has: what of it the topology no longer says, the next `up` deletes. */
import type { BrokerObject, BrokerObjectKind } from '../topology/objects';
import { identityKey } from '../topology/objects';

interface Resource {
  readonly type: string;
  readonly urn?: string;
  readonly provider?: string;
  /** What the program said. */
  readonly inputs?: Properties;
  /** What the broker had when the state was written. */
  readonly outputs?: Properties;
}

/** `pulumi stack export`. */
export interface ExportedStack {
  readonly deployment: { readonly resources?: readonly Resource[] | null };
}

export type Properties = Readonly<Record<string, unknown>>;

/** One object in a state, whether it is a resource of its own or in the table of its vhost. */
export interface StateObject {
  /** Says which one it is, and no more. */
  readonly object: BrokerObject;
  readonly inputs: Properties;
  readonly outputs: Properties;
}

const KINDS: Readonly<Record<string, BrokerObjectKind>> = {
  'rabbitmq:index/vHost:VHost': 'vhost',
  'rabbitmq:index/user:User': 'user',
  'rabbitmq:index/permissions:Permissions': 'permissions',
  'rabbitmq:index/topicPermissions:TopicPermissions': 'topicPermissions',
  'rabbitmq:index/exchange:Exchange': 'exchange',
  'rabbitmq:index/queue:Queue': 'queue',
  'rabbitmq:index/binding:Binding': 'binding',
  'rabbitmq:index/policy:Policy': 'policy',
  'rabbitmq:index/operatorPolicy:OperatorPolicy': 'operatorPolicy',
  'warren:index:VhostLimits': 'vhostLimits',
  'warren:index:UserLimits': 'userLimits',
  'warren:index:Parameter': 'parameter',
  'warren:index:GlobalParameter': 'globalParameter',
};
const VHOST_TOPOLOGY = 'warren:index:VhostTopology';
/** Not an object of its own: more of the vhost's settings. */
const VHOST_SETTINGS = 'warren:index:VhostSettings';
/** The first thing that an `up` makes. */
const ADMINISTRATOR = 'warren:index:Admin';
const AUTHORITY = 'warren:index:Authority';
const CERTIFICATE = 'warren:index:Certificate';
/** What an `up` passes when it has made all nodes of the stack's own cluster. */
const CLUSTER_READY = 'warren:index:ClusterReady';

/** Of the objects themselves, by `identityKey`. */
export function identitiesIn(exported: ExportedStack): ReadonlySet<string> {
  return new Set(objectsIn(exported).map(({ object }) => identityKey(object)));
}

export function objectsIn({ deployment }: ExportedStack): readonly StateObject[] {
  return (deployment.resources ?? []).flatMap(({ type, inputs = {}, outputs = {} }) => {
    if (type === VHOST_TOPOLOGY) return partsOf(inputs, outputs);
    const kind = KINDS[type];
    return kind === undefined ? [] : [{ object: objectOf(kind, outputs), inputs, outputs }];
  });
}

/** Of vhosts, what stands beside them. */
export function vhostSettingsIn({ deployment }: ExportedStack): readonly StateObject[] {
  return (deployment.resources ?? []).flatMap(({ type, inputs = {}, outputs = {} }) =>
    type === VHOST_SETTINGS ? [{ object: objectOf('vhost', { name: outputs.vhost }), inputs, outputs }] : [],
  );
}

/** Whether an `up` has gone as far as the administrator, so that the stack may have made what it holds. */
export function wasUp({ deployment }: ExportedStack): boolean {
  return (deployment.resources ?? []).some(({ type }) => type === ADMINISTRATOR);
}

/** Whether anything of the stack is there, beside what Pulumi notes of every run: the stack itself, and providers. */
export function holdsResources({ deployment }: ExportedStack): boolean {
  return (deployment.resources ?? []).some(({ type }) => !/^pulumi:(pulumi:Stack$|providers:)/.test(type));
}

/** Names on the broker of the logins that the state has: users and administrators, whatever generation. */
export function usernamesIn({ deployment }: ExportedStack): readonly string[] {
  return (deployment.resources ?? []).flatMap(({ type, outputs = {} }) => {
    if (type !== ADMINISTRATOR && KINDS[type] !== 'user') return [];
    const name = type === ADMINISTRATOR ? outputs.username : outputs.name;
    return typeof name === 'string' ? [name] : [];
  });
}

/** Something that the stack has made, and that ends some day. */
export interface StateCertificate {
  /** Of an authority. */
  readonly number?: number;
  readonly pem: string;
}

/** The stack's own authorities, and the certificate that its nodes show. */
export function certificatesIn({ deployment }: ExportedStack): readonly StateCertificate[] {
  return (deployment.resources ?? []).flatMap(({ type, urn = '', outputs = {} }) => {
    const { certificate: pem } = outputs;
    if ((type !== AUTHORITY && type !== CERTIFICATE) || typeof pem !== 'string') return [];
    return [type === CERTIFICATE ? { pem } : { number: Number(/-(\d+)$/.exec(urn)?.[1]), pem }];
  });
}

/** Where the workers of the fleets are, as far as the stack has made them. */
export interface StateWorkers {
  /** `host` as in DOCKER_HOST; what the environment says where it is absent. */
  readonly containers: readonly { readonly fleet: string; readonly name: string; readonly host?: string }[];
  readonly deployments: readonly { readonly name: string; readonly namespace: string }[];
}

export function workersIn({ deployment }: ExportedStack): StateWorkers {
  const resources = deployment.resources ?? [];
  const hosts = new Map(
    resources
      .filter(({ type }) => type === 'pulumi:providers:docker')
      .map(({ urn = '', inputs = {} }) => [urn, inputs.host]),
  );
  return {
    containers: resources
      .filter(({ type }) => type === 'docker:index/container:Container')
      .flatMap(({ inputs = {}, outputs = {}, provider = '' }) => {
        const labels = (Array.isArray(inputs.labels) ? inputs.labels : []) as readonly Properties[];
        const fleet = labels.find(({ label }) => label === 'warren.fleet')?.value;
        // The reference to a provider is its URN and its id.
        const host = hosts.get(provider.slice(0, provider.lastIndexOf('::')));
        if (typeof fleet !== 'string' || typeof outputs.name !== 'string') return [];
        return [{ fleet, name: outputs.name, ...(typeof host === 'string' ? { host } : {}) }];
      }),
    deployments: resources
      .filter(({ type }) => type === 'kubernetes:apps/v1:Deployment')
      .flatMap(({ outputs = {} }) => {
        const { name, namespace, labels } = (outputs.metadata ?? {}) as Properties;
        const isWorker = (labels as Properties | undefined)?.['app.kubernetes.io/component'] === 'worker';
        return isWorker && typeof name === 'string' && typeof namespace === 'string'
          ? [{ name, namespace }]
          : [];
      }),
  };
}

/** What all nodes of the stack's own cluster have been given, as numbers by what it is; undefined where it has none. */
export function givenToNodes({ deployment }: ExportedStack): Readonly<Record<string, number>> | undefined {
  const ready = (deployment.resources ?? []).find(({ type }) => type === CLUSTER_READY);
  return ready === undefined ? undefined : ((ready.inputs?.given ?? {}) as Readonly<Record<string, number>>);
}

/** Each stands in the table under its kind and its name. */
function partsOf(inputs: Properties, outputs: Properties): readonly StateObject[] {
  const { vhost } = outputs;
  const wanted = tableOf(inputs);
  return Object.entries(tableOf(outputs)).map(([key, entry]) => ({
    object: objectOf(key.slice(0, key.indexOf(' ')) as BrokerObjectKind, { ...entry, vhost }),
    inputs: wanted[key] ?? {},
    outputs: entry,
  }));
}

function tableOf({ objects }: Properties): Readonly<Record<string, Properties>> {
  return (objects ?? {}) as Readonly<Record<string, Properties>>;
}

function objectOf(kind: BrokerObjectKind, properties: Properties): BrokerObject {
  const { arguments: table, argumentsJson } = properties;
  const given = typeof argumentsJson === 'string' && argumentsJson !== '' ? argumentsJson : undefined;
  // The identity needs no more than names, and of a binding its arguments.
  return {
    routingKey: '',
    destinationType: 'queue',
    ...properties,
    kind,
    arguments: table ?? (given === undefined ? {} : (JSON.parse(given) as unknown)),
  } as BrokerObject;
}
