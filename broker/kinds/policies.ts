/** Policies and operator policies: the same shape under two paths. */
import type { PolicyApplyTo, PolicyObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import { argumentTable, count, deleteOrAbsent, field, getOrAbsent, records, text } from '../api/json';
import { path } from '../api/transport';

type PolicyKind = PolicyObject['kind'];

const AREAS: Readonly<Record<PolicyKind, string>> = {
  policy: 'policies',
  operatorPolicy: 'operator-policies',
};

const inWords = (kind: PolicyKind, vhost: string, name: string): string =>
  `${kind === 'policy' ? 'policy' : 'operator policy'} "${name}" in vhost "${vhost}"`;

export async function list(
  broker: Broker,
  kind: PolicyKind,
  vhost: string,
): Promise<readonly PolicyObject[]> {
  const action = `list the policies of vhost "${vhost}"`;
  const { json } = await broker.request({ method: 'GET', path: `${AREAS[kind]}/${path(vhost)}`, action });
  return records(json).map((entry) => fromJson(kind, entry));
}

export async function read(
  broker: Broker,
  kind: PolicyKind,
  vhost: string,
  name: string,
): Promise<PolicyObject | undefined> {
  const action = `read ${inWords(kind, vhost, name)}`;
  const json = await getOrAbsent(broker, { path: `${AREAS[kind]}/${path(vhost, name)}`, action });
  return json === undefined ? undefined : fromJson(kind, json);
}

export async function put(broker: Broker, policy: PolicyObject): Promise<void> {
  await broker.request({
    method: 'PUT',
    path: `${AREAS[policy.kind]}/${path(policy.vhost, policy.name)}`,
    body: {
      pattern: policy.pattern,
      'apply-to': policy.applyTo,
      priority: policy.priority,
      definition: policy.definition,
    },
    action: `set ${inWords(policy.kind, policy.vhost, policy.name)}`,
  });
}

export async function remove(broker: Broker, kind: PolicyKind, vhost: string, name: string): Promise<void> {
  const action = `delete ${inWords(kind, vhost, name)}`;
  await deleteOrAbsent(broker, { path: `${AREAS[kind]}/${path(vhost, name)}`, action });
}

/** From an entry of the list, or from the answer about one. */
export function fromJson(kind: PolicyKind, json: unknown): PolicyObject {
  return {
    kind,
    vhost: text(json, 'vhost'),
    name: text(json, 'name'),
    pattern: text(json, 'pattern'),
    applyTo: text(json, 'apply-to') as PolicyApplyTo,
    priority: count(json, 'priority') ?? 0,
    definition: argumentTable(field(json, 'definition')),
  };
}
