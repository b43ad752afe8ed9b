/** `rabbitmq.VHost`: a virtual host, with its limits where they are given. */
import type { QueueType, VhostLimitsObject } from '../../topology/objects';
import type { Lookup } from '../../broker/lookup';
import type { Vhost } from '../../broker/kinds/vhosts';
import type { ResourceType } from '../resourceType';
import { putVhostLimits } from '../../broker/kinds/limits';
import { liveLookup } from '../../broker/lookup';
import * as vhosts from '../../broker/kinds/vhosts';

type VhostWithLimits = Vhost & Pick<VhostLimitsObject, 'maxConnections' | 'maxQueues'>;

export const vhostType: ResourceType<VhostWithLimits> = {
  token: 'rabbitmq:index/vHost:VHost',
  kind: 'vhost',
  isAutonamed: true,
  properties: {
    name: 'name',
    description: 'description',
    tags: 'tags',
    defaultQueueType: 'defaultQueueType',
    tracing: 'tracing',
    maxConnections: 'maxConnections',
    maxQueues: 'maxQueues',
  },
  parse: (inputs) => {
    const description = inputs.optionalText('description');
    const tags = inputs.list('tags') as readonly string[] | undefined;
    const defaultQueueType = inputs.optionalText('defaultQueueType');
    const maxConnections = inputs.optionalInteger('maxConnections');
    const maxQueues = inputs.optionalInteger('maxQueues');
    return {
      kind: 'vhost',
      name: inputs.text('name'),
      ...(description === undefined ? {} : { description }),
      ...(tags === undefined ? {} : { tags }),
      ...(defaultQueueType === undefined ? {} : { defaultQueueType: defaultQueueType as QueueType }),
      ...(inputs.has('tracing') ? { tracing: inputs.flag('tracing', false) } : {}),
      ...(maxConnections === undefined ? {} : { maxConnections }),
      ...(maxQueues === undefined ? {} : { maxQueues }),
    };
  },
  identity: (vhost) => ['vhost', vhost.name],
  id: ({ name }) => name,
  toProperties: (vhost) => {
    const { name, description, tags, defaultQueueType, tracing, maxConnections, maxQueues } = vhost;
    return {
      name,
      description,
      tags,
      defaultQueueType,
      tracing,
      // The bridged provider's schema has the limits as texts.
      ...(maxConnections === undefined ? {} : { maxConnections: String(maxConnections) }),
      ...(maxQueues === undefined ? {} : { maxQueues: String(maxQueues) }),
    };
  },
  create: async ({ session }, vhost) => {
    const broker = await session.broker();
    await vhosts.put(broker, vhost);
    if (hasLimits(vhost)) await putVhostLimits(broker, limitsOf(vhost));
    return vhost;
  },
  locate: async ({ session }, id) => findWithLimits(liveLookup(await session.broker()), id, true),
  find: async (lookup, known) => {
    const found = await findWithLimits(lookup, known.name, hasLimits(known));
    return found && onlyStated(found, known);
  },
  update: async ({ session }, vhost, previous) => {
    const broker = await session.broker();
    await vhosts.put(broker, vhost);
    if (hasLimits(vhost) || hasLimits(previous)) await putVhostLimits(broker, limitsOf(vhost));
    return vhost;
  },
  remove: async ({ session }, { name }) => {
    await vhosts.remove(await session.broker(), name, { approvals: session.approvals });
  },
};

async function findWithLimits(
  lookup: Lookup,
  name: string,
  withLimits: boolean,
): Promise<VhostWithLimits | undefined> {
  const found = await lookup.find({ kind: 'vhost', name });
  if (found === undefined || !withLimits) return found;
  return {
    ...found,
    ...withoutNames(await lookup.find({ kind: 'vhostLimits', vhost: name })),
  };
}

function hasLimits(vhost: VhostWithLimits): boolean {
  return vhost.maxConnections !== undefined || vhost.maxQueues !== undefined;
}

function limitsOf({ name, maxConnections, maxQueues }: VhostWithLimits): VhostLimitsObject {
  return {
    kind: 'vhostLimits',
    vhost: name,
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxQueues === undefined ? {} : { maxQueues }),
  };
}

function withoutNames(limits: VhostLimitsObject | undefined): Partial<VhostWithLimits> {
  const { maxConnections, maxQueues } = limits ?? {};
  return {
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxQueues === undefined ? {} : { maxQueues }),
  };
}

/** What the program doesn't state isn't managed here (another resource may), so it never shows as drift. */
function onlyStated(found: VhostWithLimits, known: VhostWithLimits): VhostWithLimits {
  const stated = Object.entries(found).filter(([name]) => name in known);
  return Object.fromEntries(stated) as unknown as VhostWithLimits;
}
