/** After a refresh: what the broker holds and the topology doesn't know. Only shown; nothing is ever deleted for it. */
import * as path from 'node:path';
import type { BrokerSettings } from '../../broker/endpoint';
import type { BrokerObject, QueueObject } from '../../topology/objects';
import type { Topology } from '../../topology/model';
import { readSnapshot } from '../../broker/snapshot';
import { openBroker } from '../../broker/transport';
import { isTarget } from '../../topology/index';
import { quoteList } from '../../topology/names';
import { KIND_WORDS, nameInVhost } from '../../topology/objectNames';
import { identityKey } from '../../topology/objects';
import { unmanaged, type ObjectsByKind, type Unmanaged } from '../../topology/unmanaged';
import { CHECKOUT } from '../checkout';
import { mustPulumi } from '../pulumi';
import { identitiesIn, type ExportedStack } from '../stackState';
import { loadTopologyFile } from '../topologyFile';
import { UserError } from '../userError';

interface StackOutputs {
  readonly management: string;
  readonly admin: { readonly username: string; readonly password: string };
}

interface Entry {
  readonly value?: string;
  readonly objectValue?: unknown;
}

type Config = Readonly<Record<string, unknown>>;

/** Lists it as text. @throws UserError or BrokerError where stack, topology or broker can't be read */
export async function listUnmanaged(stack: string, further: readonly string[]): Promise<string> {
  const config = await readConfig(stack, further);
  const outputs = JSON.parse(
    await mustPulumi(stack, ['stack', 'output', '--json', '--show-secrets', '--stack', stack]),
  ) as StackOutputs;
  const { objects, topology } = loadTopology(config);
  const exported = await mustPulumi(stack, ['stack', 'export', '--stack', stack]);
  const inState = identitiesIn(JSON.parse(exported) as ExportedStack);
  const broker = openBroker(brokerSettings(config, outputs));
  try {
    const snapshot = await readSnapshot(broker);
    const inventory = {
      objects: snapshot.objects(),
      isExclusive: (queue: QueueObject) => snapshot.isExclusive(queue),
      isInState: (object: BrokerObject) => inState.has(identityKey(object)),
    };
    return inWords(unmanaged(knownObjects(objects, config), topology, inventory), outputs.management);
  } finally {
    await broker.close();
  }
}

/** The stack's settings under their short names; secrets in plain, for they stay in this process. */
async function readConfig(stack: string, further: readonly string[]): Promise<Config> {
  const at = further.indexOf('--config-file');
  const file = at === -1 ? [] : further.slice(at, at + 2);
  const json = await mustPulumi(stack, ['config', '--json', '--show-secrets', '--stack', stack, ...file]);
  const entries = Object.entries(JSON.parse(json) as Readonly<Record<string, Entry>>);
  return Object.fromEntries(
    entries.map(([key, { value, objectValue }]) => [key.slice(key.indexOf(':') + 1), objectValue ?? value]),
  );
}

function loadTopology(config: Config): {
  readonly objects: readonly BrokerObject[];
  readonly topology: Topology;
} {
  const { topology: file, target } = config;
  if (typeof file !== 'string') throw new UserError('the stack names no topology');
  const options = typeof target === 'string' && isTarget(target) ? { target } : {};
  const { objects, topology } = loadTopologyFile(path.resolve(CHECKOUT, file), options);
  if (objects === undefined || topology === undefined)
    throw new UserError(`${file} has errors: warren check ${file} shows them`);
  return { objects, topology };
}

function brokerSettings(config: Config, { management, admin }: StackOutputs): BrokerSettings {
  const text = (key: string): Readonly<Record<string, string>> => {
    const value = config[key];
    return typeof value === 'string' && value !== '' ? { [key]: value } : {};
  };
  const files = ['cacertFile', 'clientcertFile', 'clientkeyFile'].flatMap((key) =>
    Object.entries(text(key)).map(([name, file]) => [name, path.resolve(CHECKOUT, file)] as const),
  );
  const endpoints = config.endpoints;
  return {
    endpoint: management,
    ...(Array.isArray(endpoints) ? { endpoints: endpoints as string[] } : {}),
    username: admin.username,
    password: admin.password,
    ...text('proxy'),
    ...Object.fromEntries(files),
    insecure: config.insecure === 'true',
  };
}

/** With the names that users have on the broker, and the stack's own administrator, who may enter every vhost. */
function knownObjects(objects: readonly BrokerObject[], config: Config): readonly BrokerObject[] {
  const generations = (config.generations ?? {}) as Readonly<Record<string, readonly number[]>>;
  const namesOf = (user: string): string[] =>
    (generations[user] ?? [1]).map((generation) => `${user}-g${generation}`);
  const admins = namesOf(typeof config.adminUser === 'string' ? config.adminUser : 'warren-admin');
  const vhosts = objects.filter((object) => object.kind === 'vhost');
  const full = { configure: '.*', write: '.*', read: '.*' };
  return [
    ...objects.flatMap((object): BrokerObject[] => {
      if (object.kind === 'user') return namesOf(object.name).map((name) => ({ ...object, name }));
      return 'user' in object ? namesOf(object.user).map((user) => ({ ...object, user })) : [object];
    }),
    ...admins.map((name) => ({ kind: 'user', name, tags: [] }) as const),
    ...admins.flatMap((user) =>
      vhosts.map(({ name }) => ({ kind: 'permissions', vhost: name, user, ...full }) as const),
    ),
  ];
}

const SHOWN_MAX = 50;

export function inWords({ byKind, leaving, setAside, owned }: Unmanaged, endpoint: string): string {
  const owners = new Map<string, number>();
  for (const { owner } of owned) owners.set(owner, (owners.get(owner) ?? 0) + 1);
  owners.delete('RabbitMQ');
  const theirs = [...owners].map(([owner, count]) => `${owner}: ${count}`).sort();
  return [
    ...(byKind.size === 0
      ? [`Unmanaged: nothing on ${endpoint} that neither the topology nor the stack's state knows.`]
      : section(
          `Unmanaged: on ${endpoint}, and neither in the topology nor in the stack's state. Nothing of it is ever changed or deleted:`,
          byKind,
        )),
    ...section(
      "Taken out of the topology, and still in the stack's state. The next `up` deletes it; a queue with messages or consumers only where that is approved:",
      leaving,
    ),
    ...section(
      'Set aside by Warren for a queue or an exchange that was to be recreated or deleted. An `up` with it in the topology brings everything back:',
      setAside,
    ),
    ...(theirs.length === 0 ? [] : [`Left to those who make them: ${theirs.join(', ')}.`]),
    '',
  ].join('\n');
}

/** Nothing where there is nothing. */
function section(title: string, byKind: ObjectsByKind): readonly string[] {
  if (byKind.size === 0) return [];
  const groups = [...byKind].map(([kind, objects]) => {
    const names = objects.map(nameInVhost);
    return `  ${KIND_WORDS[kind].many} (${names.length}): ${quoteList(names, SHOWN_MAX)}`;
  });
  return [title, ...groups];
}
