import * as pulumi from '@pulumi/pulumi';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { plainPartIn } from '../../stacks/plainSecrets';
import { readSeed, SETTINGS_KEYS } from '../../stacks/settings';

const ROOT = path.resolve(__dirname, '../..');

interface Project {
  readonly config: Readonly<Record<string, { readonly description?: string }>>;
}

it('the keys that the program knows are those that Pulumi.yaml describes', () => {
  const { config } = parse(fs.readFileSync(path.join(ROOT, 'Pulumi.yaml'), 'utf8')) as Project;
  expect(Object.keys(config).sort()).toEqual([...SETTINGS_KEYS].sort());
  expect(Object.entries(config).filter(([, { description }]) => description === undefined)).toEqual([]);
});

it.each(['quickstart', 'dev', 'staging', 'production'])(
  'the example stack %s says nothing unknown',
  (stack) => {
    const file = path.join(ROOT, 'stacks', `Pulumi.${stack}.yaml`);
    const { config } = parse(fs.readFileSync(file, 'utf8')) as { config: Record<string, unknown> };
    const unknown = Object.keys(config).filter((key) => !SETTINGS_KEYS.includes(key.replace('warren:', '')));
    expect(unknown).toEqual([]);
    expect(fs.existsSync(path.join(ROOT, String(config['warren:topology'])))).toBe(true);
  },
);

it("a developer's example leaves AMQP to the broker, whichever endpoint `init` writes there", () => {
  const text = fs.readFileSync(path.join(ROOT, 'stacks/Pulumi.dev.yaml'), 'utf8');
  expect((parse(text) as { config: object }).config).not.toHaveProperty(['warren:amqp']);
});

it.each<[string, string | undefined]>([
  ['warren:passwords: { a: { secure: v1:x }, b: plain }', 'passwords["b"]'],
  ['warren:logins: { a: { username: u, password: plain } }', 'logins["a"].password'],
  ['warren:passwords: { a: { secure: v1:x } }', undefined],
  ['warren:passwords: { secure: v1:x }', undefined],
  ['warren:logins: { a: { username: u, password: { secure: v1:x } } }', undefined],
  ['warren:logins: { secure: v1:x }', undefined],
  ['other:passwords: { b: plain }', undefined],
  ['warren:passwords:', undefined],
])('what stands in plain text beside what is encrypted is found: %s', (settings, found) => {
  expect(plainPartIn(parse(settings) as Record<string, unknown>, 'warren')?.path).toBe(found);
});

it('says of a missing seed that a stack that has been up needs its old one', () => {
  expect(() => readSeed(new pulumi.Config('warren'), 'dev')).toThrow(
    /^The stack has no seed, .* has been up needs its old one, .*git log -p stacks\/Pulumi\.dev\.yaml.* new stack, make one with: npx warren init --stack dev/,
  );
});
