/**
 * `warren.VhostTopology`: all objects of one vhost as one resource, for topologies with thousands of them. Its diff is
 * shown object by object, and each object is claimed as if it were a resource of its own.
 */
import type { Outcome } from '../../broker/vhostObjects';
import type { VhostPart, VhostPartKind } from '../../topology/objects';
import type { AnyResourceType, Call, ResourceType } from '../resourceType';
import type { VhostTable } from './vhostTable';
import { bringAbout, foreseeRefusals, inFormOf } from '../../broker/vhostObjects';
import { isUnfinished } from '../../broker/replacement/holding';
import { identityKey } from '../../topology/objects';
import { liveLookup } from '../../broker/lookup';
import { Incomplete } from '../incomplete';
import { readInputs } from '../inputs';
import { tellLeftovers } from '../leftovers';
import { UserError } from '../userError';
import { bindingType } from '../rabbitmq/binding';
import { exchangeType } from '../rabbitmq/exchange';
import { permissionsType } from '../rabbitmq/permissions';
import { operatorPolicyType, policyType } from '../rabbitmq/policy';
import { queueType } from '../rabbitmq/queue';
import { topicPermissionsType } from '../rabbitmq/topicPermissions';
import { hasUnknown } from '../values';
import { objectsOf, tableOf } from './vhostTable';

interface VhostTopology {
  /** Of the vhost. */
  readonly name: string;
  readonly objects: VhostTable;
}

/** As which a resource of its own would claim an object. */
const OWN_TYPES: Readonly<Record<VhostPartKind, AnyResourceType>> = {
  permissions: permissionsType,
  topicPermissions: topicPermissionsType,
  policy: policyType,
  operatorPolicy: operatorPolicyType,
  exchange: exchangeType,
  queue: queueType,
  binding: bindingType,
};

/** More would only hide the first ones. */
const REASONS_MAX = 10;

export const vhostTopologyType: ResourceType<VhostTopology> = {
  token: 'warren:index:VhostTopology',
  kind: 'vhost',
  properties: { name: 'vhost', objects: 'objects' },
  parse: (inputs) => {
    const name = inputs.text('vhost');
    if (!inputs.has('objects')) inputs.fail('objects', 'is missing');
    const given = inputs.table('objects') as object as VhostTable;
    // Only a preview meets unknown values, and only to compare.
    return { name, objects: hasUnknown(given) ? given : tableOf(objectsOf(name, given, inputs)) };
  },
  identity: ({ name }) => ['vhostTopology', name],
  id: ({ name }) => name,
  parts: (topology) => partsOf(topology).map(identityOf),
  toProperties: ({ name, objects }) => ({ vhost: name, objects }),
  create: async (call, topology) => {
    const outcome = await converge(call, topology, undefined);
    if (outcome.failures.length > 0 && outcome.present.length === 0)
      throw new UserError(reasonsOf(outcome).join('\n'));
    return completed(topology, outcome);
  },
  /** The vhost as it is, with nothing in it that the resource would answer for. */
  locate: async ({ session }, id) => {
    const lookup = liveLookup(await session.broker());
    return (await lookup.find({ kind: 'vhost', name: id })) && { name: id, objects: {} };
  },
  find: async (lookup, known, wanted = known) => {
    const { name } = known;
    const wantedByKey = new Map(partsOf(wanted).map((object) => [identityKey(object), object]));
    const vhost = await lookup.find({ kind: 'vhost', name });
    if (vhost === undefined) return undefined;
    const found: VhostPart[] = [];
    for (const object of partsOf(known)) {
      const there = (await lookup.find(object)) as VhostPart | undefined;
      const form = wantedByKey.get(identityKey(object)) ?? object;
      if (there !== undefined) found.push(inFormOf(there, form, vhost.defaultQueueType));
    }
    return { name, objects: tableOf(found) };
  },
  isUnfinished: async (lookup, known) => {
    for (const object of partsOf(known)) {
      const isRecreatable = object.kind === 'queue' || object.kind === 'exchange';
      if (isRecreatable && (await isUnfinished(lookup, object))) return true;
    }
    return false;
  },
  foresee: async (call, found, wanted) =>
    foreseeRefusals(await call.session.broker(), {
      vhost: found.name,
      wanted: partsOf(wanted),
      previous: partsOf(found),
      isClaimed: (object) => call.isClaimed(identityOf(object)),
      approvals: call.session.approvals,
    }),
  update: async (call, topology, previous) => completed(topology, await converge(call, topology, previous)),
  remove: async (call, topology) => {
    completed(topology, await converge(call, { ...topology, objects: {} }, topology));
  },
};

async function converge(
  call: Call,
  topology: VhostTopology,
  previous: VhostTopology | undefined,
): Promise<Outcome> {
  return bringAbout(await call.session.broker(), {
    vhost: topology.name,
    wanted: partsOf(topology),
    previous: previous === undefined ? [] : partsOf(previous),
    isClaimed: (object) => call.isClaimed(identityOf(object)),
    approvals: call.session.approvals,
    onStranded: call.warn,
    onLeftovers: (leftovers) => tellLeftovers(call.session, leftovers, call.warnOnce),
  });
}

function completed(topology: VhostTopology, outcome: Outcome): VhostTopology {
  if (outcome.failures.length === 0) return topology;
  const there = { name: topology.name, objects: tableOf(outcome.present) };
  throw new Incomplete(topology.name, there, reasonsOf(outcome));
}

function reasonsOf({ failures }: Outcome): readonly string[] {
  const different = [...new Set(failures)];
  const more = different.length - REASONS_MAX;
  return more <= 0 ? different : [...different.slice(0, REASONS_MAX), `… and ${more} more.`];
}

/** A table that was checked already. */
function partsOf({ name, objects }: VhostTopology): readonly VhostPart[] {
  return objectsOf(name, objects, readInputs({}));
}

function identityOf(object: VhostPart): readonly string[] {
  return OWN_TYPES[object.kind].identity(object);
}
