/** Secrets that stand in the stack's settings as everybody can read them. */
import * as pulumi from '@pulumi/pulumi';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { isRecord } from '../topology/build/values';
import { refusal } from './refusal';

const SECRET_KEYS = ['seed', 'passwords', 'logins', 'bootstrapPassword'];

/** No secret: the whole world knows it. */
const DEFAULTS_IN_PLAIN = new Map([['bootstrapPassword', 'guest']]);

/** Pulumi.yaml can't demand it: a key that is a secret there may have no default. */
export function refusePlainSecrets(config: pulumi.Config, env: NodeJS.ProcessEnv): void {
  for (const key of SECRET_KEYS) refusePlainText(config, key, env);
  if (config.get('proxy')?.includes('@') === true) refusePlainText(config, 'proxy', env);
  // Most stacks have neither, and need not read their file for it.
  if (['passwords', 'logins'].every((key) => isUnset(config.get(key)))) return;
  const plain = plainPartIn(settingsInFile(), config.name);
  if (plain === undefined || !isInUse(config, plain)) return;
  throw plainTextRefusal(plain.path, `--path '${plain.path}'`);
}

/**
 * What isn't encrypted beside what is, as a path in these settings: Pulumi calls a whole table a secret as soon as one
 * value in it is.
 */
export function plainPartIn(
  settings: Readonly<Record<string, unknown>>,
  namespace: string,
): PlainPart | undefined {
  const tableOf = (key: string): [string, unknown][] => {
    const table = settings[`${namespace}:${key}`];
    // Encrypted as a whole it is {secure: …}, as is each value that is encrypted by itself.
    return isRecord(table) && typeof table.secure !== 'string' ? Object.entries(table) : [];
  };
  for (const [name, value] of tableOf('passwords'))
    if (typeof value === 'string') return { path: `passwords["${name}"]`, key: 'passwords', name, value };
  for (const [name, login] of tableOf('logins')) {
    const value = isRecord(login) ? login.password : undefined;
    if (typeof value === 'string') return { path: `logins["${name}"].password`, key: 'logins', name, value };
  }
  return undefined;
}

interface PlainPart {
  readonly path: string;
  readonly key: 'passwords' | 'logins';
  readonly name: string;
  readonly value: string;
}

/** With `--config-file` the stack's own file may hold what nobody reads. */
function isInUse(config: pulumi.Config, { key, name, value }: PlainPart): boolean {
  const table: unknown = JSON.parse(pulumi.runtime.allConfig()[`${config.name}:${key}`] ?? '{}');
  const found = isRecord(table) ? table[name] : undefined;
  return (isRecord(found) ? found.password : found) === value;
}

/** As they are encrypted. Nothing where they are in another file: Pulumi doesn't tell its programs which one. */
function settingsInFile(): Readonly<Record<string, unknown>> {
  const { stackConfigDir = '' } = tableIn('Pulumi.yaml');
  const { config } = tableIn(path.join(String(stackConfigDir), `Pulumi.${pulumi.getStack()}.yaml`));
  return isRecord(config) ? config : {};
}

function tableIn(file: string): Readonly<Record<string, unknown>> {
  if (!existsSync(file)) return {};
  // Pulumi has read both before, and would have complained about what isn't YAML.
  const value: unknown = parse(readFileSync(file, 'utf8'), { logLevel: 'silent' });
  return isRecord(value) ? value : {};
}

function refusePlainText(config: pulumi.Config, key: string, env: NodeJS.ProcessEnv): void {
  const fullKey = `${config.name}:${key}`;
  const value = pulumi.runtime.allConfig()[fullKey];
  // Where Pulumi tells its programs which keys were encrypted; the SDK has no public question for it.
  const encrypted = JSON.parse(env.PULUMI_CONFIG_SECRET_KEYS ?? '[]') as unknown[];
  if (isUnset(value) || DEFAULTS_IN_PLAIN.get(key) === value || encrypted.includes(fullKey)) return;
  throw plainTextRefusal(key, key);
}

function isUnset(value: string | undefined): boolean {
  return value === undefined || value === '' || value === '{}';
}

function plainTextRefusal(key: string, argument: string): Error {
  const stack = pulumi.getStack();
  return refusal(
    `${key} stands in plain text in Pulumi.${stack}.yaml. Take it out there, and set it again (another value, if that file was shared) with: pulumi config set --secret ${argument} --stack ${stack}`,
  );
}
