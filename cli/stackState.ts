/** Which objects a stack's state has: what of it the topology no longer says, the next `up` deletes. */
import type { BrokerObject, BrokerObjectKind } from '../topology/objects';
import { identityKey } from '../topology/objects';

interface Resource {
  readonly type: string;
  readonly outputs?: Properties;
}

/** `pulumi stack export`. */
export interface ExportedStack {
  readonly deployment: { readonly resources?: readonly Resource[] | null };
}

type Properties = Readonly<Record<string, unknown>>;

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

/** Of the objects themselves, by `identityKey`. */
export function identitiesIn({ deployment }: ExportedStack): ReadonlySet<string> {
  return new Set(
    (deployment.resources ?? []).flatMap(({ type, outputs = {} }) => {
      if (type === VHOST_TOPOLOGY) return partsOf(outputs);
      const kind = KINDS[type];
      return kind === undefined ? [] : [keyOf(kind, outputs)];
    }),
  );
}

/** Each stands in the table under its kind and its name. */
function partsOf({ vhost, objects }: Properties): readonly string[] {
  return Object.entries((objects ?? {}) as Readonly<Record<string, Properties>>).map(([key, entry]) =>
    keyOf(key.slice(0, key.indexOf(' ')) as BrokerObjectKind, { ...entry, vhost }),
  );
}

function keyOf(kind: BrokerObjectKind, properties: Properties): string {
  const { arguments: table, argumentsJson } = properties;
  const given = typeof argumentsJson === 'string' && argumentsJson !== '' ? argumentsJson : undefined;
  // The identity needs no more than names, and of a binding its arguments.
  return identityKey({
    routingKey: '',
    destinationType: 'queue',
    ...properties,
    kind,
    arguments: table ?? (given === undefined ? {} : (JSON.parse(given) as unknown)),
  } as BrokerObject);
}
