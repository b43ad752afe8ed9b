/** What a stack's settings, outputs and topology say, and its broker, for what is read there beside Pulumi. */
import * as path from 'node:path';
import type { BrokerSettings } from '../broker/api/endpoint';
import type { Broker } from '../broker/api/transport';
import { openPortForward, type PortForward } from '../kubernetesApi/portForward';
import type { Topology } from '../topology/model';
import type { BrokerObject } from '../topology/objects';
import { isTarget } from '../topology/index';
import { CHECKOUT } from './checkout';
import { openAsFirst, type Login } from './firstLogin';
import { configArguments, configFileIn, settingsFileOf, settingsIn } from './configFile';
import { mustPulumi } from './pulumi';
import type { ExportedStack } from './stackState';
import { loadTopologyFile } from './topologyFile';
import { UserError } from './userError';

export interface StackOutputs {
  readonly management: string;
  readonly admin: { readonly username: string; readonly password: string };
  readonly amqp?: string;
  /** The way to a cluster on Kubernetes. */
  readonly portForward?: PortForward;
  /** PEM text of what clients of the stack's own cluster trust. */
  readonly ca?: string;
  /** What the certificate of the stack's own management API is for, where that isn't its address. */
  readonly serverName?: string;
  /** By user of the topology, its newest login. */
  readonly users?: Readonly<Record<string, Login & { readonly vhosts: string[] }>>;
}

interface Entry {
  readonly value?: string;
  readonly objectValue?: unknown;
}

export type StackConfig = Readonly<Record<string, unknown>>;

/**
 * The stack's settings under their short names; secrets in plain, for they stay in this process. Pulumi says an empty
 * table for each table that isn't given, a platform that the stack hasn't among them.
 */
export async function readConfig(stack: string, further: readonly string[]): Promise<StackConfig> {
  const file = configArguments(configFileIn(further));
  settingsIn(settingsFileOf(stack, configFileIn(further))); // broken ones are told here, with their place
  const json = await mustPulumi(stack, ['config', '--json', '--show-secrets', '--stack', stack, ...file]);
  const entries = Object.entries(JSON.parse(json) as Readonly<Record<string, Entry>>);
  return Object.fromEntries(
    entries.flatMap(([key, { value, objectValue = value }]) =>
      isEmptyTable(objectValue) ? [] : [[key.slice(key.indexOf(':') + 1), objectValue]],
    ),
  );
}

function isEmptyTable(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value ?? {}).length === 0;
}

export function loadTopology(
  stack: string,
  config: StackConfig,
): {
  readonly objects: readonly BrokerObject[];
  readonly topology: Topology;
} {
  const { topology: file, target } = config;
  // Pulumi says an empty text where a setting isn't given.
  if (typeof file !== 'string' || file === '') {
    throw new UserError(
      `the stack says no topology. Set it with: pulumi config set topology topology/examples/celery-django.yaml --stack ${stack}`,
    );
  }
  const options = typeof target === 'string' && isTarget(target) ? { target } : {};
  const { objects, topology } = loadTopologyFile(path.resolve(CHECKOUT, file), options);
  if (objects === undefined || topology === undefined)
    throw new UserError(`${file} has errors: warren check ${file} shows them`);
  return { objects, topology };
}

export async function readOutputs(stack: string): Promise<StackOutputs> {
  const json = await mustPulumi(stack, ['stack', 'output', '--json', '--show-secrets', '--stack', stack]);
  return JSON.parse(json) as StackOutputs;
}

/** What the stack's state holds; `--show-secrets` for secrets in plain. */
export async function exportedStack(stack: string, ...further: readonly string[]): Promise<ExportedStack> {
  const json = await mustPulumi(stack, ['stack', 'export', '--stack', stack, ...further]);
  return JSON.parse(json) as ExportedStack;
}

/** The way to a cluster on Kubernetes; a relative kubeconfig is the project's, whatever folder this was called from. */
export function openStackWay(way: PortForward): ReturnType<typeof openPortForward> {
  return openPortForward({ ...way, folder: CHECKOUT });
}

/** As the stack's administrator; before the first `up` there is none yet, and the bootstrap user gets in. */
export function openStackBroker(config: StackConfig, outputs: StackOutputs): Promise<Broker> {
  const { management, portForward, ca, serverName } = outputs;
  const settings = {
    ...connectionSettings(config, management),
    ...(ca === undefined || !isShownOwn(config) ? {} : { cacert: ca }),
    ...(serverName === undefined ? {} : { serverName }),
    // The API server leads to the pod itself: the node's certificate has nothing to add.
    ...(portForward === undefined ? {} : { detour: openStackWay(portForward), insecure: true }),
  };
  return openAsFirst(settings, stackLogins(config, outputs));
}

/** In the order in which they are tried. */
export function stackLogins(config: StackConfig, { admin }: StackOutputs): readonly Login[] {
  const { bootstrapUsername: username, bootstrapPassword: password } = config;
  const isGiven = typeof username === 'string' && typeof password === 'string';
  return [admin, ...(isGiven ? [{ username, password }] : [])];
}

/** Whether the management API shows the nodes' own certificate: an Ingress has another one. */
function isShownOwn({ docker, kubernetes }: StackConfig): boolean {
  const { cluster } = Object(kubernetes ?? {}) as { cluster?: { access?: unknown } };
  return Object.hasOwn(Object(docker ?? {}) as object, 'cluster') || cluster?.access === 'inside';
}

export function connectionSettings(config: StackConfig, endpoint: string): Omit<BrokerSettings, keyof Login> {
  const text = (key: string): Readonly<Record<string, string>> => {
    const value = config[key];
    return typeof value === 'string' && value !== '' ? { [key]: value } : {};
  };
  const files = ['cacertFile', 'clientcertFile', 'clientkeyFile'].flatMap((key) =>
    Object.entries(text(key)).map(([name, file]) => [name, path.resolve(CHECKOUT, file)] as const),
  );
  const endpoints = config.endpoints;
  return {
    endpoint,
    ...(Array.isArray(endpoints) ? { endpoints: endpoints as string[] } : {}),
    ...text('proxy'),
    ...Object.fromEntries(files),
    insecure: config.insecure === 'true',
  };
}

/** With the names that users have on the broker: one for each generation. */
export function withBrokerNames(
  objects: readonly BrokerObject[],
  config: StackConfig,
): readonly BrokerObject[] {
  return objects.flatMap((object): BrokerObject[] => {
    if (object.kind === 'user') return namesOf(object.name, config).map((name) => ({ ...object, name }));
    return 'user' in object ? namesOf(object.user, config).map((user) => ({ ...object, user })) : [object];
  });
}

/** The stack's own administrator, without a generation. */
export function adminUserOf({ adminUser }: StackConfig): string {
  return typeof adminUser === 'string' ? adminUser : 'warren-admin';
}

/** Users that the stack deletes. */
export function absentUsers({ absentUsers: names }: StackConfig): readonly string[] {
  return Array.isArray(names) ? (names as readonly string[]) : ['guest'];
}

function namesOf(user: string, config: StackConfig): readonly string[] {
  return brokerNames(user, generationsOf(config, user));
}

/** Of a user's login, by the settings. @throws UserError where the stack's program would refuse them */
export function generationsOf({ generations }: StackConfig, user: string): readonly number[] {
  const table = Object.entries(Object(generations ?? {}) as Record<string, unknown>);
  const found = new Map(table).get(user) ?? [1];
  const isList =
    typeof generations !== 'string' &&
    Array.isArray(found) &&
    found.length > 0 &&
    new Set(found).size === found.length &&
    found.every((item) => Number.isSafeInteger(item) && Number(item) >= 1);
  if (isList) return found as readonly number[];
  throw new UserError(
    `the setting generations must map users to lists of different whole numbers from 1, e.g. {"${user}": [1, 2]}; see it with: pulumi config get generations`,
  );
}

/** What a user is called on the broker, in these generations. */
export function brokerNames(user: string, generations: readonly number[]): readonly string[] {
  return generations.map((generation) => `${user}-g${generation}`);
}

/** With the stack's own administrator, who may enter every vhost, and with the users that it deletes. */
export function knownObjects(objects: readonly BrokerObject[], config: StackConfig): readonly BrokerObject[] {
  const admins = namesOf(adminUserOf(config), config);
  const vhosts = objects.filter((object) => object.kind === 'vhost');
  const full = { configure: '.*', write: '.*', read: '.*' };
  return [
    ...withBrokerNames(objects, config),
    ...[...admins, ...absentUsers(config)].map((name) => ({ kind: 'user', name, tags: [] }) as const),
    ...[...admins, ...absentUsers(config)].flatMap((user) =>
      vhosts.map(({ name }) => ({ kind: 'permissions', vhost: name, user, ...full }) as const),
    ),
  ];
}
