/** What the entries of each section stand for. */
import type {
  BrokerObject,
  JsonValue,
  ObjectOfKind,
  PolicyApplyTo,
  PolicyObject,
  QueueType,
} from '../objects';
import { BROKERS_GLOBAL_PARAMETERS } from '../objects';
import type { Entry } from './entry';
import { TYPE } from '../queueType';
import { heldParameter, withoutSecrets } from './heldValues';

/** What an entry doesn't say itself. */
export interface FileContext {
  /** The vhost that the whole file is of, where it is of one. */
  readonly vhost?: string;
  /** By the vhost's name. */
  readonly defaultTypes: ReadonlyMap<string, QueueType>;
}

type ReadEntry = (entry: Entry, file: FileContext) => readonly BrokerObject[];

export interface Section {
  /** What one entry is, in words. */
  readonly what: string;
  readonly read: ReadEntry;
}

export const SECTIONS: ReadonlyMap<string, Section> = new Map<string, Section>([
  ['vhosts', { what: 'vhost', read: readVhost }],
  ['users', { what: 'user', read: readUser }],
  ['permissions', { what: 'permission of user', read: readPermissions }],
  ['topic_permissions', { what: 'topic permission of user', read: readTopicPermissions }],
  ['parameters', { what: 'parameter', read: readParameter }],
  ['global_parameters', { what: 'global parameter', read: readGlobalParameter }],
  ['policies', { what: 'policy', read: (entry, file) => readPolicy(entry, 'policy', file) }],
  ['exchanges', { what: 'exchange', read: readExchange }],
  ['queues', { what: 'queue', read: readQueue }],
  ['bindings', { what: 'binding of', read: readBinding }],
]);

/** In an export of one vhost all is in that one, whatever its name was. */
function vhostOf(entry: Entry, { vhost }: FileContext): string | undefined {
  if (vhost === undefined) return entry.text('vhost');
  entry.ignore('vhost');
  return vhost;
}

export function readVhost(entry: Entry): readonly BrokerObject[] {
  const name = entry.text('name');
  if (name === undefined) return [];
  return [vhostObject(entry, name), ...vhostLimits(entry.inner('limits', 'limits of vhost'), name)];
}

/** The settings of a vhost, wherever a series writes them: beside its name, or in `metadata`. */
export function vhostObject(entry: Entry, name: string): ObjectOfKind<'vhost'> {
  const metadata = entry.inner('metadata', 'metadata of vhost');
  const descriptions = [metadata, entry].map((each) => each.optionalText('description') ?? '');
  const description = descriptions.find((each) => each !== '') ?? '';
  const own = [metadata, entry].map((each) => each.texts('tags'));
  const tags = own.find((each) => each.length > 0) ?? [];
  const [inner, outer] = [readDefaultQueueType(metadata), readDefaultQueueType(entry)];
  const defaultQueueType = inner ?? outer;
  const deletionProtection = [metadata, entry]
    .map((each) => each.optionalFlag('protected_from_deletion'))
    .find((each) => each !== undefined);
  for (const each of [metadata, entry]) {
    if (!each.flag('tracing', false)) continue;
    each.fault(
      'definitions-unheld',
      'info',
      {
        message: `The vhost ${JSON.stringify(name)} traces messages: that is left out, as it is for debugging only.`,
      },
      ['tracing'],
    );
  }
  metadata.finish();
  return {
    kind: 'vhost',
    name,
    ...(description === '' ? {} : { description }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(defaultQueueType === undefined ? {} : { defaultQueueType }),
    ...(deletionProtection === undefined ? {} : { deletionProtection }),
    position: entry.position,
  };
}

function readDefaultQueueType(entry: Entry): QueueType | undefined {
  const type = entry.optionalText('default_queue_type');
  // 3.10 to 3.12 write "undefined" where there is none.
  if (type === undefined || type === 'undefined' || type === '') return undefined;
  if (isQueueType(type)) return type;
  const message = `${entry.inWords} has the default queue type "${type}", which is not known: it is left out.`;
  entry.fault('definitions-unheld', 'warning', { message }, ['default_queue_type']);
  return undefined;
}

function isQueueType(type: string): type is QueueType {
  return type === 'classic' || type === 'quorum' || type === 'stream';
}

export function vhostLimits(entry: Entry, vhost: string): readonly ObjectOfKind<'vhostLimits'>[] {
  const limits = limitsIn(entry, { maxConnections: 'max-connections', maxQueues: 'max-queues' });
  entry.finish();
  return limits === undefined ? [] : [{ kind: 'vhostLimits', vhost, ...limits, position: entry.position }];
}

/** -1 is RabbitMQ's word for no limit. */
function limitsIn<K extends string>(
  entry: Entry,
  keys: Readonly<Record<K, string>>,
): Partial<Record<K, number>> | undefined {
  const found = Object.entries<string>(keys).flatMap(([name, key]) => {
    const value = entry.integer(key);
    return value === undefined || value < 0 ? [] : [[name, value] as const];
  });
  return found.length === 0 ? undefined : (Object.fromEntries(found) as Partial<Record<K, number>>);
}

function readUser(entry: Entry): readonly BrokerObject[] {
  const name = entry.text('name');
  // No object holds a password, nor anything that one could be guessed from.
  entry.ignore('password_hash', 'hashing_algorithm', 'password');
  if (name === undefined) return [];
  const inner = entry.inner('limits', 'limits of user');
  const limits = limitsIn(inner, { maxConnections: 'max-connections', maxChannels: 'max-channels' });
  inner.finish();
  const { position } = entry;
  const tags = [...new Set(entry.texts('tags'))].sort();
  return [
    { kind: 'user', name, tags, position },
    ...(limits === undefined ? [] : [{ kind: 'userLimits' as const, user: name, ...limits, position }]),
  ];
}

function readPermissions(entry: Entry): readonly BrokerObject[] {
  const [user, vhost] = [entry.text('user'), entry.text('vhost')];
  const [configure, write, read] = [entry.text('configure'), entry.text('write'), entry.text('read')];
  if (user === undefined || vhost === undefined) return [];
  if (configure === undefined || write === undefined || read === undefined) return [];
  return [{ kind: 'permissions', user, vhost, configure, write, read, position: entry.position }];
}

/** One exchange each; those of one user in one vhost are put together afterwards. */
function readTopicPermissions(entry: Entry): readonly BrokerObject[] {
  const [user, vhost, exchange] = [entry.text('user'), entry.text('vhost'), entry.text('exchange')];
  const [write, read] = [entry.text('write'), entry.text('read')];
  if (user === undefined || vhost === undefined || exchange === undefined) return [];
  if (write === undefined || read === undefined) return [];
  const exchanges = [{ exchange, write, read }];
  return [{ kind: 'topicPermissions', user, vhost, exchanges, position: entry.position }];
}

function readParameter(entry: Entry, file: FileContext): readonly BrokerObject[] {
  const [component, name, vhost] = [entry.text('component'), entry.text('name'), vhostOf(entry, file)];
  const value = entry.value('value');
  if (component === undefined || name === undefined || vhost === undefined) return [];
  if (component === 'vhost-limits') return vhostLimits(entry.inner('value', 'limits of vhost'), vhost);
  if (component === 'operator_policy') {
    const policy = entry.inner('value', 'operator policy', name);
    const objects = readPolicyValue(policy, 'operatorPolicy', { name, vhost });
    policy.finish();
    return objects;
  }
  if (value === undefined) {
    entry.text('value');
    return [];
  }
  const { value: held, logins, lost } = heldParameter(component, value as JsonValue);
  tellLost(entry, lost);
  const { position } = entry;
  const own = logins === undefined ? {} : { logins };
  return [{ kind: 'parameter', vhost, component, name, value: held, ...own, position }];
}

function tellLost(entry: Entry, lost: readonly string[]): void {
  for (const what of lost) {
    entry.fault(
      'definitions-unheld',
      'warning',
      {
        message: `${entry.inWords}: ${what} is left out.`,
        reason: 'No password may stand where it can be read.',
        help: 'Give it to the stack as a secret.',
      },
      ['value'],
    );
  }
}

function readGlobalParameter(entry: Entry): readonly BrokerObject[] {
  const name = entry.text('name');
  const value = entry.value('value');
  if (name === undefined || BROKERS_GLOBAL_PARAMETERS.has(name)) return [];
  const { value: held, lost } = withoutSecrets((value ?? null) as JsonValue);
  tellLost(entry, lost);
  return [{ kind: 'globalParameter', name, value: held, position: entry.position }];
}

function readPolicy(entry: Entry, kind: PolicyObject['kind'], file: FileContext): readonly BrokerObject[] {
  const [name, vhost] = [entry.text('name'), vhostOf(entry, file)];
  if (name === undefined || vhost === undefined) return [];
  return readPolicyValue(entry, kind, { name, vhost });
}

const APPLY_TO: readonly PolicyApplyTo[] = [
  'queues',
  'classic_queues',
  'quorum_queues',
  'streams',
  'exchanges',
  'all',
];

function readPolicyValue(
  entry: Entry,
  kind: PolicyObject['kind'],
  { name, vhost }: { readonly name: string; readonly vhost: string },
): readonly BrokerObject[] {
  if (kind === 'operatorPolicy' && !entry.has('pattern')) tellStray(entry);
  const pattern = kind === 'policy' ? entry.text('pattern') : entry.optionalText('pattern');
  const said = entry.optionalText('apply-to');
  const applyTo = APPLY_TO.find((each) => each === (said ?? (kind === 'policy' ? 'all' : 'queues')));
  const priority = entry.integer('priority') ?? 0;
  const definition = entry.arguments('definition');
  if (pattern === undefined) return [];
  if (applyTo === undefined) {
    entry.fault(
      'definitions-value',
      'error',
      {
        message: `The policy ${JSON.stringify(name)} applies to "${said ?? ''}", which is not known: it is left out.`,
        help: `It can be ${APPLY_TO.join(', ')}.`,
      },
      ['apply-to'],
    );
    return [];
  }
  return [{ kind, vhost, name, pattern, applyTo, priority, definition, position: entry.position }];
}

/** Anybody can put such a parameter there by hand, and it does nothing: the rest is still worth reading. */
function tellStray(entry: Entry): void {
  entry.fault('definitions-value', 'warning', {
    message: `${entry.inWords} has no "pattern": it is left out.`,
    reason: 'It applies to no queue.',
    help: 'Add the pattern, or remove the entry.',
  });
}

function readExchange(entry: Entry, file: FileContext): readonly BrokerObject[] {
  const [name, vhost, type] = [entry.text('name'), vhostOf(entry, file), entry.text('type')];
  const durable = entry.requiredFlag('durable', true);
  const autoDelete = entry.requiredFlag('auto_delete', false);
  // 3.x writes it, and 4.3 doesn't: it leaves such exchanges out.
  const internal = entry.flag('internal', false);
  const given = entry.arguments('arguments');
  // Statistics, a policy that applies at the moment, and who made it.
  entry.ignore('policy', 'user_who_performed_action', 'message_stats');
  if (name === undefined || vhost === undefined || type === undefined) return [];
  // The broker's own are always there.
  if (name === '' || name.startsWith('amq.')) return [];
  const { position } = entry;
  return [{ kind: 'exchange', vhost, name, type, durable, autoDelete, internal, arguments: given, position }];
}

function readQueue(entry: Entry, file: FileContext): readonly BrokerObject[] {
  const [name, vhost] = [entry.text('name'), vhostOf(entry, file)];
  const durable = entry.requiredFlag('durable', true);
  const autoDelete = entry.requiredFlag('auto_delete', false);
  const given = entry.arguments('arguments');
  const type = entry.optionalText('type');
  const isExclusive = entry.flag('exclusive', false);
  if (name === undefined || vhost === undefined) return [];
  if (isExclusive) {
    const message = `The queue ${JSON.stringify(name)} is exclusive: it is left out, for it goes with the connection that declared it.`;
    entry.fault('definitions-unheld', 'info', { message }, ['exclusive']);
    return [];
  }
  const defaultType = file.defaultTypes.get(vhost) ?? 'classic';
  // A queue that was there before the default was is no queue of the default type: only its own type tells.
  const isImplied = type === undefined || (type === 'classic' && defaultType === 'classic');
  const typed = isImplied || TYPE in given ? given : { ...given, [TYPE]: type };
  return [{ kind: 'queue', vhost, name, durable, autoDelete, arguments: typed, position: entry.position }];
}

function readBinding(entry: Entry, file: FileContext): readonly BrokerObject[] {
  const [source, vhost] = [entry.text('source'), vhostOf(entry, file)];
  const [destination, type] = [entry.text('destination'), entry.text('destination_type')];
  const routingKey = entry.has('routing_key') ? entry.text('routing_key') : '';
  const given = entry.arguments('arguments');
  entry.ignore('properties_key');
  if (source === undefined || vhost === undefined || destination === undefined) return [];
  if (routingKey === undefined || type === undefined) return [];
  const destinationType = (['queue', 'exchange'] as const).find((each) => each === type);
  if (destinationType === undefined) {
    const message = `${entry.inWords}: its destination is "${type}", and must be queue or exchange; it is left out.`;
    entry.fault('definitions-value', 'error', { message }, ['destination_type']);
    return [];
  }
  // The default exchange reaches every queue by itself.
  if (source === '') return [];
  const { position } = entry;
  return [
    { kind: 'binding', vhost, source, destination, destinationType, routingKey, arguments: given, position },
  ];
}
