/**
 * The stack's configuration (`warren:*` in Pulumi.<stack>.yaml; its schema stands in Pulumi.yaml), read once and
 * checked before anything is registered. Everything a user can get wrong ends in a `refusal`: one message,
 * no stack trace.
 */
import * as pulumi from '@pulumi/pulumi';
import { readFileSync } from 'node:fs';
import { isRecord } from '../topology/build/values';
import { nearest } from '../topology/names';
import { isTarget, TARGETS, type Target } from '../topology/target';
import { parseDurationMs } from '../topology/units';
import { PlatformSettingsError } from '../platform/reads';
import { readDockerSettings, type DockerSettings } from '../docker/settings';
import { readKubernetesSettings, type KubernetesSettings } from '../k8s/settings';
import { readPasswords, type GivenPasswords } from './givenPasswords';
import {
  CLIENT_KEYS,
  CONNECTION_KEYS,
  readConnection,
  type Connection,
  type OwnEndpoint,
} from './connection';
import { refusePlainSecrets } from './plainSecrets';
import { refusal } from './refusal';
import { SEED_LENGTH_MIN, derivePassword } from './credentials';

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface Settings {
  readonly project: string;
  readonly stack: string;
  /** Nothing that is fine for an experiment only. */
  readonly isProduction: boolean;
  readonly topologyFile: string;
  readonly target?: Target;
  readonly connection: Connection;
  /** AMQP address for applications. */
  readonly amqp?: string;
  readonly seed: pulumi.Output<string>;
  /** Given ones, by topology user or by name on the broker; all others are derived. */
  readonly passwords: GivenPasswords;
  /** Users whose clients live outside of the stack; `warren rotate` reads the rest. */
  readonly handOver: readonly string[];
  /** Of upstreams and shovels on other brokers, by the name that the topology has for the login. */
  readonly logins: pulumi.Output<Readonly<Record<string, Login>>>;
  readonly generations: Readonly<Record<string, readonly number[]>>;
  /** For how long an operation waits for clients that still use a login which goes. */
  readonly drainSeconds: number;
  readonly adminUser: string;
  readonly bootstrap: { readonly username: string; readonly password: pulumi.Output<string> };
  /** Tried last on a cluster of the stack's own: for volumes whose users have other passwords. */
  readonly rescue?: Settings['bootstrap'];
  readonly absentUsers: readonly string[];
  readonly approve: readonly string[];
  readonly granularity: 'object' | 'vhost';
  /** A cluster, or workers, on Docker. */
  readonly docker?: DockerSettings;
  /** The same on Kubernetes. */
  readonly kubernetes?: KubernetesSettings;
}

export const SETTINGS_KEYS = [
  ...['topology', 'target', 'amqp', 'granularity', 'docker', 'approve', 'production'],
  ...['seed', 'passwords', 'passwordSources', 'logins', 'generations', 'drainTimeout', 'handOver'],
  ...['adminUser', 'bootstrapUsername', 'bootstrapPassword', 'absentUsers'],
  'kubernetes',
  ...CONNECTION_KEYS,
];

/** Stands for that of a cluster of the stack's own until the topology is read. */
const UNKNOWN_ENDPOINT = 'http://rabbitmq';

const PRODUCTION_STACK = /^prod(uction)?$/;

export function readSettings(config: pulumi.Config, env: NodeJS.ProcessEnv): Settings {
  const stack = pulumi.getStack();
  refuseUnknownKeys(config, stack);
  refusePlainSecrets(config, env);
  const isProduction = config.getBoolean('production') === true || PRODUCTION_STACK.test(stack);
  if (isProduction) refuseEmptyPassphrase(stack, env);
  const docker = readPlatform(config, 'docker', readDockerSettings);
  const kubernetes = readPlatform(config, 'kubernetes', readKubernetesSettings);
  refuseTwoPlatforms(docker, kubernetes, stack);
  const seed = readSeed(config, stack);
  return {
    project: pulumi.getProject(),
    stack,
    isProduction,
    ...(docker === undefined ? {} : { docker }),
    ...(kubernetes === undefined ? {} : { kubernetes }),
    topologyFile: required(config, 'topology', 'topology/examples/celery-django.yaml'),
    ...checkedTarget(config.get('target')),
    connection: connectionOf(config, docker, kubernetes),
    ...optional('amqp', config.get('amqp')),
    seed,
    passwords: readPasswords(config, env),
    handOver: checkedHandOvers(config.getObject<unknown>('handOver') ?? {}),
    logins: (config.getSecretObject<unknown>('logins') ?? pulumi.secret({})).apply(checkedLogins),
    generations: checkedGenerations(config.getObject<unknown>('generations') ?? {}),
    drainSeconds: checkedDrain(config.get('drainTimeout') ?? ''),
    adminUser: config.get('adminUser') ?? 'warren-admin',
    ...bootstrapOf(config, docker?.cluster === undefined ? undefined : { seed, stack }),
    approve: checkedStrings('approve', config.getObject<unknown>('approve') ?? []),
    granularity: checkedGranularity(config.get('granularity') ?? 'object'),
  };
}

/** Of a new cluster: it never has a guest. */
const FIRST_USER = 'warren-boot';

/** The administrator to begin with, which goes as soon as the stack's own one is there. */
function bootstrapOf(
  config: pulumi.Config,
  cluster: { readonly seed: pulumi.Output<string>; readonly stack: string } | undefined,
): Pick<Settings, 'bootstrap' | 'rescue' | 'absentUsers'> {
  const absentUsers = checkedStrings('absentUsers', config.getObject<unknown>('absentUsers') ?? ['guest']);
  const given = {
    username: config.get('bootstrapUsername') ?? 'guest',
    password: config.getSecret('bootstrapPassword') ?? pulumi.secret('guest'),
  };
  if (cluster === undefined) return { bootstrap: given, absentUsers };
  const scope = { project: pulumi.getProject(), stack: cluster.stack, user: FIRST_USER, generation: 1 };
  return {
    bootstrap: { username: FIRST_USER, password: cluster.seed.apply((seed) => derivePassword(seed, scope)) },
    ...(given.username === 'guest' ? {} : { rescue: given }),
    absentUsers: [...new Set([...absentUsers, FIRST_USER])],
  };
}

function readPlatform<T>(
  config: pulumi.Config,
  key: 'docker' | 'kubernetes',
  read: (value: unknown) => T,
): T | undefined {
  const value = config.getObject<unknown>(key);
  if (value === undefined || (isRecord(value) && Object.keys(value).length === 0)) return undefined;
  try {
    return read(value);
  } catch (error) {
    if (error instanceof PlatformSettingsError) throw refusal(error.message);
    throw error;
  }
}

function refuseTwoPlatforms(
  docker: DockerSettings | undefined,
  kubernetes: KubernetesSettings | undefined,
  stack: string,
): void {
  if (docker === undefined || kubernetes === undefined) return;
  throw refusal(
    `The stack has both docker and kubernetes: a stack is on one of them. Take the other out: pulumi config rm docker --stack ${stack}`,
  );
}

/** Of a cluster that the stack itself makes, and the setting that says so. */
function ownEndpoint(
  docker: DockerSettings | undefined,
  kubernetes: KubernetesSettings | undefined,
): OwnEndpoint | undefined {
  // Which of its ports it is, and under which name, the topology and the platform say.
  if (docker?.cluster !== undefined) return { url: UNKNOWN_ENDPOINT, key: 'docker.cluster' };
  if (kubernetes?.cluster !== undefined) return { url: UNKNOWN_ENDPOINT, key: 'kubernetes.cluster' };
  return undefined;
}

/** Who is to show a certificate asks from containers, or pods, a broker that is there already. */
function connectionOf(
  config: pulumi.Config,
  docker: DockerSettings | undefined,
  kubernetes: KubernetesSettings | undefined,
): Connection {
  const own = ownEndpoint(docker, kubernetes);
  const connection = readConnection(config, own);
  const given = CLIENT_KEYS.find((key) => key in connection);
  if (given === undefined || (own === undefined && (docker ?? kubernetes) !== undefined)) return connection;
  const why =
    own === undefined
      ? 'the stack runs no workers: it has neither docker nor kubernetes'
      : `a cluster of the stack's own (${own.key}) wants no certificate of them`;
  throw refusal(
    `${given} is for the scaler, KEDA and the workers' probes, and ${why}. Take it out: pulumi config rm ${given} --stack ${pulumi.getStack()}`,
  );
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined || value === '' ? {} : ({ [key]: value } as Record<K, string>);
}

function required(config: pulumi.Config, key: string, example: string): string {
  const value = config.get(key);
  if (value !== undefined && value !== '') return value;
  throw refusal(
    `The stack says no ${key}. Set it with: pulumi config set ${key} ${example} --stack ${pulumi.getStack()}`,
  );
}

function checkedTarget(value: string | undefined): { target?: Target } {
  if (value === undefined || value === '') return {};
  if (isTarget(value)) return { target: value };
  throw refusal(
    `target "${value}" is no RabbitMQ series that Warren knows: ${TARGETS.join(', ')}. In YAML it needs quotes: '4.3'.`,
  );
}

function checkedGranularity(value: string): Settings['granularity'] {
  if (value === 'object' || value === 'vhost') return value;
  throw refusal(
    `granularity "${value}" must be "object" (a resource per object) or "vhost" (one for all objects of a vhost).`,
  );
}

/** @throws Error where there is none, or one that is too short */
export function readSeed(config: pulumi.Config, stack: string): pulumi.Output<string> {
  const wayOut = `A stack that has been up needs its old one, from git (git log -p stacks/Pulumi.${stack}.yaml) or a backup: with another one it is locked out of its broker (docs/runbooks.md, "Restore"). For a new stack, make one with: npx warren init --stack ${stack}   (or: openssl rand -base64 32 | pulumi config set --secret seed --stack ${stack})`;
  const seed = config.getSecret('seed');
  if (seed === undefined || config.get('seed') === '') {
    throw refusal(`The stack has no seed, from which its passwords are derived. ${wayOut}`);
  }
  return seed.apply((value) => {
    if (value.length >= SEED_LENGTH_MIN) return value;
    throw refusal(
      `The stack's seed has ${value.length} characters; at least ${SEED_LENGTH_MIN} random ones are needed. ${wayOut}`,
    );
  });
}

function checkedLogins(value: unknown): Record<string, Login> {
  const isText = (item: unknown): boolean => typeof item === 'string' && item !== '';
  const isLogin = (item: unknown): boolean =>
    isRecord(item) && isText(item.username) && isText(item.password) && Object.keys(item).length === 2;
  if (isRecord(value) && Object.values(value).every(isLogin))
    return value as unknown as Record<string, Login>;
  throw refusal(
    'logins must map names to a username and a password, e.g. {"partner": {"username": "shop", "password": "…"}}.',
  );
}

function checkedGenerations(value: unknown): Record<string, number[]> {
  const isGenerations = (list: unknown): boolean =>
    Array.isArray(list) &&
    list.length > 0 &&
    new Set(list).size === list.length &&
    list.every((item) => Number.isInteger(item) && Number(item) >= 1);
  if (isRecord(value) && Object.values(value).every(isGenerations)) return value as Record<string, number[]>;
  throw refusal(
    'generations must map users to lists of different whole numbers from 1, e.g. {"celery": [1, 2]}.',
  );
}

function checkedHandOvers(value: unknown): string[] {
  const isDuration = (text: unknown): boolean => typeof text === 'string' && (parseDurationMs(text) ?? 0) > 0;
  const isHandOver = (item: unknown): boolean =>
    isRecord(item) &&
    Object.keys(item).every((key) => ['file', 'within', 'until'].includes(key)) &&
    typeof item.file === 'string' &&
    item.file !== '' &&
    isDuration(item.within) &&
    (item.until === undefined || (typeof item.until === 'string' && !Number.isNaN(Date.parse(item.until))));
  if (isRecord(value) && Object.values(value).every(isHandOver)) return Object.keys(value);
  throw refusal(
    'handOver must map users whose clients live outside of this stack to a file for their new login and the time that they get, e.g. {"partner": {"file": "../partner.env", "within": "14d"}}.',
  );
}

const DRAIN_SECONDS = 300;

function checkedDrain(value: string): number {
  if (value === '') return DRAIN_SECONDS;
  const ms = parseDurationMs(value);
  if (ms !== undefined && ms >= 1_000) return Math.ceil(ms / 1_000);
  throw refusal(
    `drainTimeout must be a duration of at least a second, e.g. 90s, 10m or 1h, not "${value}". Set it with: pulumi config set drainTimeout 10m --stack ${pulumi.getStack()}`,
  );
}

function checkedStrings(key: string, value: unknown): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw refusal(`${key} must be a list of texts, e.g. ["guest"].`);
}

/** A key that nobody reads is a wish that silently doesn't come true: a misspelt `absentUsers` would delete guest. */
function refuseUnknownKeys(config: pulumi.Config, stack: string): void {
  const prefix = `${config.name}:`;
  const names = Object.keys(pulumi.runtime.allConfig()).filter((name) => name.startsWith(prefix));
  const unknown = names.map((name) => name.slice(prefix.length)).find((key) => !SETTINGS_KEYS.includes(key));
  if (unknown === undefined) return;
  const meant = nearest(unknown, SETTINGS_KEYS);
  throw refusal(
    `Pulumi.${stack}.yaml has the key ${prefix}${unknown}, which Warren doesn't know.${meant === undefined ? '' : ` Did you mean ${prefix}${meant}?`} All keys are described in Pulumi.yaml; take it out with: pulumi config rm ${unknown} --stack ${stack}`,
  );
}

/** With an empty passphrase the encrypted seed in the stack's file is as good as plain text. */
function refuseEmptyPassphrase(stack: string, env: NodeJS.ProcessEnv): void {
  const file = env.PULUMI_CONFIG_PASSPHRASE_FILE;
  const passphrase =
    env.PULUMI_CONFIG_PASSPHRASE ?? (file === undefined || file === '' ? undefined : readText(file));
  if (passphrase?.trim() !== '') return;
  throw refusal(
    `Stack ${stack} is a production stack and its passphrase is empty: everyone who reads its file could decrypt the seed. Set one with: pulumi stack change-secrets-provider passphrase --stack ${stack}`,
  );
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // Pulumi itself has already complained about it
  }
}
