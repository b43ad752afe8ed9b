/** Secrets that stand in a topology: each is found, and none is repeated in what is said about the file. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { load } from '../../topology/index';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import {
  holdsPassword,
  holdsSecret,
  isSecretName,
  secretIn,
  starred,
  withoutLogins,
} from '../../topology/secrets';
import { isPlainUri } from '../../topology/units';
import { readFrom } from './memoryFiles';
import type { Files } from './memoryFiles';

const FORMATS = ['text', 'json', 'github'] as const;

/** All that `warren check` says about it, in every format. */
function said(yaml: string, beside: Files = {}): string {
  const { diagnostics, sources } = load(yaml, 'secrets.yaml', { readFile: readFrom(beside) });
  expect(diagnostics.length).toBeGreaterThan(0);
  return FORMATS.map((format) => renderDiagnostics(diagnostics, sources, { format, color: false })).join(
    '\n',
  );
}

const SECRET = 'hunter2-§$';

describe('what is said about a file repeats no secret of it:', () => {
  it.each([
    ['a key that the language does not have', `users: { app: { password: ${SECRET} } }`],
    ['a value that is quoted', `rules: { token: ${SECRET} }`],
    ['a value of the wrong type', `broker: { deprecatedFeatures: { client_secret: '${SECRET}' } }`],
    ['a variable', `workers: { w: { vhost: v, env: { DB_PASSWORD: ${SECRET} } } }`],
    ['a list', `workers: { w: { vhost: v, env: { SECRETS: [${SECRET}, x] } } }`],
    ['a line of rabbitmq.conf', `broker: { conf: { default_pass: '${SECRET}' } }`],
    ['a parameter', `vhosts: { v: { parameters: { c: { p: { apiKey: ${SECRET} } } } } }`],
    ['an option', `workers: { w: { vhost: v, command: [run, --password=${SECRET}] } }`],
    ['an option and its value', `workers: { w: { vhost: v, command: [run, --password, ${SECRET}] } }`],
    ['a URI', `vhosts: { v: { celery: { resultBackend: 'redis://:${SECRET}@h' } } }`],
    ['a URI with blanks', `vhosts: { v: { celery: { resultBackend: 'redis://u:a ${SECRET}@h', x: 1 } } }`],
    ['the query of a URI', `globalParameters: { link: { uri: 'amqp://h?password=${SECRET}' } }`],
    ['a name', `vhosts: { v: { queus: { 'amqp://u:${SECRET}@h': } } }`],
    ['a long value', `target: 'amqp://${'u'.repeat(50)}:${SECRET.repeat(3)}@host'`],
    ['the name of a file', `include: ['https://u:${SECRET}@h/x.yaml']`],
    ['a text over several lines', `users:\n  app:\n    password: |\n      ${SECRET}\n    x: 1`],
    ['a file that is no YAML', `users:\n  app: { password: ${SECRET}\nx: [\n`],
  ])('%s', (_, yaml) => {
    expect(said(`warren: 1\n${yaml}\n`)).not.toContain(SECRET);
  });

  it('one of another file', () => {
    const beside = { 'base.yaml': `warren: 1\nusers: { app: { password: ${SECRET} } }\n` };
    expect(said('warren: 1\nextends: base.yaml\nrules: { x: y }\n', beside)).not.toContain(SECRET);
  });

  it('whatever the secret, at whatever place', () => {
    const secret = fc
      .string({ minLength: 8, maxLength: 80, unit: 'grapheme-ascii' })
      .map((text) => `~${text}`);
    const place = fc.constantFrom<(secret: string) => unknown>(
      (text) => ({ users: { app: { password: text } } }),
      (text) => ({ rules: { token: text } }),
      (text) => ({ workers: { w: { env: { API_KEY: text }, vhost: 5 } } }),
      (text) => ({ target: `amqp://u:${encodeURIComponent(text)}@h` }),
      (text) => ({ globalParameters: { p: [`amqp://u:${text}@h`] } }),
    );
    fc.assert(
      fc.property(secret, place, (text, at) => {
        const output = said(stringify({ warren: 1, ...(at(text) as object) }));
        expect(output).not.toContain(text.slice(0, 9));
        expect(output).not.toContain(encodeURIComponent(text).slice(0, 12));
      }),
    );
  });

  it('and stays readable', () => {
    const yaml = `warren: 1\nvhosts: { v: { queues: { q: { ttl: 5 } } } }\nusers: { app: { password: abc } } # abc\n`;
    const text = said(yaml);
    expect(text).toContain('users: { app: { password: *** } } # abc');
    expect(text).toContain('The duration of "ttl" has no unit: 5.');
  });
});

it('stars leave everything else where it was', () => {
  const yaml =
    'a: { password: "x世" } # token=abc\nb: amqp://u:p@h\npassword: |\n  two\n  lines\ntoken:\nc: 1\n';
  expect(starred(yaml)).toBe(
    'a: { password: **** } # token=***\nb: amqp://***@h\npassword: *\n*****\n*******\ntoken:\nc: 1\n',
  );
});

it('a value that is a word of the language, a variable, or the queue of a task, is no secret', () => {
  for (const text of [
    'a: { token: true }',
    "a: { password: '${DB_PASSWORD}' }",
    'a: { password: $(cat /x) }',
    'a: { password: encrypted:abc }',
    'tasks: { refresh_token: default }',
    'a: { token_file: /run/x }',
  ])
    expect(starred(text)).toBe(text);
});

it('hiding takes no longer than the text is long', () => {
  for (const piece of ['://', 'a', 'token="', ' x://a:b', 'password: ', '- --token\n', '@', '=']) {
    const text = piece.repeat(30_000);
    const start = performance.now();
    starred(text);
    secretIn(text);
    expect(performance.now() - start, piece).toBeLessThan(5_000);
  }
});

it('names of secrets', () => {
  const secret = [
    'password',
    'DB_PASSWORD',
    'clientSecret',
    'default_pass',
    'SECRET_KEY',
    'apiKey',
    'API_TOKEN2',
  ];
  expect(
    [...secret, 'PGPASSWORD', 'MYSQL_PWD', 'erlang_cookie'].filter((name) => !isSecretName(name)),
  ).toEqual([]);
  const other = [
    'PWD',
    'routing_key',
    'key',
    'bypass',
    'compass',
    'PASSWORD_FILE',
    'token_ttl',
    'tokens',
    '',
  ];
  expect(other.filter(isSecretName)).toEqual([]);
});

it('a password in a URI is seen wherever it stands', () => {
  const holding = [
    'amqp://u:p@h',
    'redis://:p@h/0',
    'see amqp://h and amqp://u:p/w@h',
    'amqp:///u:p@h',
    'amqp://h/v?x=1&password=p',
    'amqps://[::1]:5671/u:p@h',
    'amqp://u:a://b@h',
    'amqp://h,amqp://u:a://b@h',
  ];
  for (const uri of holding) expect(secretIn(uri), uri).toBeDefined();
  const plain = [
    'amqp://u@h',
    'amqp://h:5672/a@b',
    'amqps://[::1]:5671/a@b',
    'amqp://u:${P}@h',
    'a:b@c',
    'rpc://',
    'amqp://h,amqp://u@h',
    'amqp://h:5672,amqp://u@h',
    'http://h:80?back=http://u@h',
    'http://h:80&back=http://u@h',
    '["amqp://h:5672","amqp://u@h"]',
  ];
  for (const uri of plain) expect(secretIn(uri), uri).toBeUndefined();
  for (const uri of holding) expect(isPlainUri(uri), uri).toBe(false);
  for (const uri of ['amqp://h', 'amqp:///a@b', 'amqps://[::1]:5671/v?heartbeat=5'])
    expect(isPlainUri(uri)).toBe(true);
});

it('a URI without a password is left as it is', () => {
  expect(withoutLogins('amqp://h:5672/v and a@b')).toBe('amqp://h:5672/v and a@b');
  expect(holdsPassword({ uri: 'amqp://h?password=x' })).toBe(true);
  expect(holdsPassword({ uri: 'amqp://h?heartbeat=5' })).toBe(false);
});

it('a value holds a secret in a URI, in an option, or under the name of one, however deep', () => {
  const holding = [
    { deep: [{ uri: 'amqp://u:p@h' }] },
    { args: ['x', 'password=p'] },
    { mail: { smtp_password: 'p' } },
    { tokens: 1, apiKey: ['p'] },
  ];
  for (const value of holding) expect(holdsSecret(value), JSON.stringify(value)).toBe(true);
  const plain = [
    { uri: 'amqp://h' },
    { password: '' },
    { secret: '${SECRET}' },
    { token: 5 },
    ['secret'],
    null,
  ];
  for (const value of plain) expect(holdsSecret(value), JSON.stringify(value)).toBe(false);
});
