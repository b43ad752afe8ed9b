/**
 * Passwords that are given instead of derived: in the encrypted setting `passwords`, or from the environment or a
 * file, which the setting `passwordSources` names. A key is a user of the topology, for all of its generations, or
 * one generation's name on the broker (`celery-g2`), which goes before.
 */
import * as pulumi from '@pulumi/pulumi';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isRecord } from '../topology/build/values';
import { brokerUsername } from './credentials';
import { refusal } from './refusal';

export type GivenPasswords = pulumi.Output<Readonly<Record<string, string>>>;

/** Secret. */
export function readPasswords(config: pulumi.Config, env: NodeJS.ProcessEnv): GivenPasswords {
  const sources = Object.entries(checkedSources(config.getObject<unknown>('passwordSources') ?? {}));
  const found = Object.fromEntries(sources.map(([user, source]) => [user, readSource(user, source, env)]));
  const stored = config.getSecretObject<unknown>('passwords') ?? pulumi.secret({});
  return pulumi.all([stored, pulumi.secret(found)]).apply(([value, read]) => {
    const passwords = checkedPasswords(value);
    const twice = Object.keys(passwords).find((user) => user in read);
    if (twice === undefined) return { ...passwords, ...read };
    throw refusal(
      `The password of "${twice}" is given twice, in passwords and by passwordSources. Take one of them out: pulumi config rm --path 'passwords["${twice}"]' --stack ${pulumi.getStack()}`,
    );
  });
}

/** Where a user's own one is given, or its newest. */
export function givenPassword(
  given: Readonly<Record<string, string>>,
  user: string,
  brokerName: string,
): string | undefined {
  // Users may be called `constructor`, which every object has.
  const own = new Map(Object.entries(given));
  return own.get(brokerName) ?? own.get(user);
}

/** Of one password for two users, who has the one login has the other. */
export function refuseAmbiguous(
  given: Readonly<Record<string, string>>,
  users: readonly string[],
  generationsOf: (user: string) => readonly number[],
): void {
  for (const user of users) {
    const names = generationsOf(user).map((generation) => brokerUsername(user, generation));
    const both = names.find((name) => users.includes(name) && Object.hasOwn(given, name));
    if (both === undefined) continue;
    throw refusal(
      `passwords has "${both}", which is a user of the topology, and on the broker a generation of ${user}. Give that user's by its own name on the broker: ${brokerUsername(both, 1)}.`,
    );
  }
}

type Source = { readonly environment: string } | { readonly file: string };

function checkedSources(value: unknown): Record<string, Source> {
  const isSource = (item: unknown): boolean =>
    isRecord(item) &&
    Object.keys(item).length === 1 &&
    ['environment', 'file'].some((key) => typeof item[key] === 'string' && item[key] !== '');
  if (isRecord(value) && Object.values(value).every(isSource)) return value as Record<string, Source>;
  throw refusal(
    'passwordSources must map users of the topology to an environment variable or a file, e.g. {"partner": {"environment": "PARTNER_PASSWORD"}, "legacy": {"file": "/run/secrets/legacy"}}.',
  );
}

function readSource(user: string, source: Source, env: NodeJS.ProcessEnv): string {
  if ('environment' in source) {
    const value = env[source.environment] ?? '';
    if (value !== '') return value;
    throw refusal(
      `The password of "${user}" is to come from the environment variable ${source.environment} (passwordSources), which is empty or not set.`,
    );
  }
  let text: string;
  try {
    text = readFileSync(resolve(source.file), 'utf8');
  } catch (error) {
    throw refusal(
      `The password of "${user}" is to come from the file ${source.file} (passwordSources), which can't be read (${(error as NodeJS.ErrnoException).code ?? 'unreadable'}).`,
    );
  }
  // Editors end a file with a line break, which is no part of a password.
  const password = text.replace(/\r?\n$/, '');
  if (password !== '') return password;
  throw refusal(
    `The file ${source.file}, which is to hold the password of "${user}" (passwordSources), is empty.`,
  );
}

function checkedPasswords(value: unknown): Record<string, string> {
  if (isRecord(value) && Object.values(value).every((item) => typeof item === 'string' && item !== '')) {
    return value as Record<string, string>;
  }
  throw refusal('passwords must map users of the topology to texts that are not empty.');
}
