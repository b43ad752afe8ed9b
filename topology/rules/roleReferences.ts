/** Names in roles that the vhost doesn't have, or that are something else there. Part of dangling-reference. */
import type { Role, Topology } from '../model';
import { DEFAULT_EXCHANGE, quoteList, suggestion } from '../names';
import { resolveQueueType } from '../resolve/replication';
import { RoleNames } from '../roleNames';
import type { Meaning } from '../roleNames';
import type { Finding } from './rule';

type Use = 'publisher' | 'subscriber' | 'consumer' | 'owner' | 'celery';
type Fault = Pick<Finding, 'message' | 'reason' | 'help'>;

export function roleReferences({ vhosts, users, target }: Topology): Finding[] {
  const known = new Map(vhosts.map((vhost) => [vhost.name, new RoleNames(vhost)]));
  return users.flatMap(({ roles }) =>
    roles.flatMap((role) => {
      const names = known.get(role.vhost);
      if (names === undefined) return [];
      const isStream = ({ queue }: Meaning): boolean =>
        queue !== undefined && resolveQueueType(queue, names.vhost, target).type === 'stream';
      return USES.flatMap((use) => checkUse(role, use, names, isStream));
    }),
  );
}

const USES: readonly Use[] = ['publisher', 'subscriber', 'consumer', 'owner', 'celery'];

function checkUse(
  role: Role,
  use: Use,
  names: RoleNames,
  isStream: (meaning: Meaning) => boolean,
): Finding[] {
  return role[use].flatMap((name, index) => {
    const meaning = names.find(name);
    const isExchange = meaning.exchange !== undefined || meaning.isPredeclaredExchange;
    const isQueue =
      meaning.queue !== undefined || meaning.family !== undefined || meaning.superStream !== undefined;
    const isFine = {
      publisher: isExchange || name === DEFAULT_EXCHANGE || isStream(meaning),
      subscriber: isExchange,
      consumer: isQueue,
      owner: isExchange || isQueue,
      celery: isQueue,
    }[use];
    if (isFine) return [];
    const fault = defaultExchangeFault(name, use) ?? kindFault(name, names, { isExchange, isQueue });
    return [{ ...(fault ?? unknownName(name, use, names)), path: [...role.path, use, index] }];
  });
}

function defaultExchangeFault(name: string, use: Use): Fault | undefined {
  if (name !== DEFAULT_EXCHANGE && name !== '') return undefined;
  if (use === 'publisher') {
    return { message: 'The default exchange has no name here.', help: `Call it ${DEFAULT_EXCHANGE}.` };
  }
  return {
    message: 'The default exchange can only be published to.',
    help: `Name it as publisher: [${DEFAULT_EXCHANGE}].`,
  };
}

/** The name is there, as something else. */
function kindFault(
  name: string,
  { vhost }: RoleNames,
  { isExchange, isQueue }: { readonly isExchange: boolean; readonly isQueue: boolean },
): Fault | undefined {
  if (isQueue) {
    return {
      message: `"${name}" is a queue, not an exchange.`,
      reason: 'Messages come into a queue through an exchange.',
      help: `Name an exchange; ${DEFAULT_EXCHANGE} takes messages to every queue by its name.`,
    };
  }
  if (!isExchange) return undefined;
  const bound = vhost.queues.filter(({ bindings }) => bindings.some(({ exchange }) => exchange === name));
  const names = bound.map((queue) => queue.name);
  return {
    message: `"${name}" is an exchange, not a queue.`,
    reason: 'Messages are consumed from queues.',
    help:
      names.length === 0 ? 'Name a queue or a family.' : `Name a queue: ${quoteList(names)} is bound to it.`,
  };
}

function unknownName(name: string, use: Use, { vhost }: RoleNames): Fault {
  const exchanges = vhost.exchanges.map((exchange) => exchange.name);
  const queues = [
    ...vhost.queues.map((queue) => queue.name),
    ...vhost.families.map(({ template }) => template),
    ...vhost.superStreams.map((superStream) => superStream.name),
  ];
  const [known, what] = {
    publisher: [exchanges, 'exchange'],
    subscriber: [exchanges, 'exchange'],
    consumer: [queues, 'queue'],
    owner: [[...queues, ...exchanges], 'queue or exchange'],
    celery: [queues, 'queue'],
  }[use] as [string[], string];
  return {
    message: `There is no ${what} "${name}" in the vhost "${vhost.name}".`,
    reason: 'Permissions follow from what the topology has.',
    help: suggestion(name, [...new Set(known)], what),
  };
}
