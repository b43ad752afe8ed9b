/** What comes and goes with something larger: what is in a vhost, the bindings of a queue, the permissions of a user. */
import type { BrokerObject } from '../objects';
import { identityKey } from '../objects';
import type { ObjectChange } from './objectChanges';

/** Ids of changes by the keys of objects that come, and that go. */
export interface Containers {
  readonly added: ReadonlyMap<string, string>;
  readonly removed: ReadonlyMap<string, string>;
}

/** The id of the change that this one is a part of. */
export function containerOf(change: ObjectChange, { added, removed }: Containers): string | undefined {
  if (change.change !== 'added' && change.change !== 'removed') return undefined;
  const [object, ids] = change.change === 'added' ? [change.after, added] : [change.before, removed];
  return holdersOf(object)
    .map((holder) => ids.get(identityKey(holder)))
    .find((id) => id !== undefined);
}

/** The largest first. */
function holdersOf(object: BrokerObject): BrokerObject[] {
  const vhosts: BrokerObject[] = 'vhost' in object ? [{ kind: 'vhost', name: object.vhost }] : [];
  const users: BrokerObject[] = 'user' in object ? [{ kind: 'user', name: object.user, tags: [] }] : [];
  if (object.kind !== 'binding') return [...vhosts, ...users];
  const { vhost, source, destination, destinationType } = object;
  const common = { vhost, durable: true, autoDelete: false, arguments: {} };
  const end = (kind: 'queue' | 'exchange', name: string): BrokerObject =>
    kind === 'queue' ? { kind, name, ...common } : { kind, name, type: '', internal: false, ...common };
  return [...vhosts, end(destinationType, destination), end('exchange', source)];
}
