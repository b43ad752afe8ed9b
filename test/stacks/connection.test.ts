import { createPrivateKey } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { expect, it } from 'vitest';
import { authorityOf, readConnection, scalerClientOf, type Connection } from '../../stacks/connection';
import { Authority, opensslObstacle } from '../faults/certificates';
import { temporaryFolder } from '../tools/helpers';

function connection(config: Readonly<Record<string, unknown>>): Connection {
  const texts = Object.entries(config).map(([key, value]) => [
    `warren:${key}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>);
  return readConnection(new pulumi.Config('warren'));
}

const A = 'http://rabbit-1:15672';
const B = 'https://rabbit-2:15671/prefix';

it('one endpoint, or a list of them, of which the first names the broker', () => {
  expect(connection({ endpoint: A })).toEqual({ endpoint: A });
  expect(connection({ endpoint: '', endpoints: [A, B] })).toEqual({ endpoint: A, endpoints: [A, B] });
  expect(connection({ endpoints: [B] })).toEqual({ endpoint: B });
});

it('files, limits and the way there', () => {
  const given = { endpoint: A, cacertFile: 'ca.pem', requestTimeout: '30s', retryBudget: '1m' };
  expect(connection({ ...given, insecure: true })).toEqual({ ...given, insecure: true });
  expect(connection({ endpoint: A, proxy: 'http://proxy:3128' }).proxy).toBeDefined();
});

it('the text of an authority, for who has no files of this machine', () => {
  const cacertFile = path.join(temporaryFolder(), 'ca.pem');
  expect(authorityOf({})).toEqual({});
  expect(() => authorityOf({ cacertFile })).toThrow(/cacertFile: can't read .*ca\.pem/);
  fs.writeFileSync(cacertFile, 'PEM');
  expect(authorityOf(connection({ endpoint: A, cacertFile }))).toEqual({ ca: 'PEM' });
});

it.skipIf(opensslObstacle() !== undefined)(
  'the certificate that who asks from containers shows is one with its key, and a secret',
  async () => {
    const folder = temporaryFolder();
    const authority = new Authority(folder);
    const [one, other] = ['one', 'other'].map((subject) => authority.issue({ subject }));
    const locked = path.join(folder, 'locked.key');
    const pem = createPrivateKey(fs.readFileSync(one?.keyFile ?? '')).export({
      ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' },
    });
    fs.writeFileSync(locked, pem);
    const clientOf = (certificate?: string, key?: string) =>
      scalerClientOf(
        connection({ endpoint: A, scalerClientcertFile: certificate ?? '', scalerClientkeyFile: key ?? '' }),
      );
    expect(clientOf()).toBeUndefined();
    const client = clientOf(one?.certFile, one?.keyFile);
    for (const part of [client?.certificate, client?.key])
      expect(await pulumi.isSecret(part ?? pulumi.output(''))).toBe(true);
    expect(() => clientOf(one?.certFile)).toThrow(
      /scalerClientkeyFile is missing: .* config set scalerClientkeyFile/,
    );
    expect(() => clientOf(undefined, one?.keyFile)).toThrow(/scalerClientcertFile is missing/);
    expect(() => clientOf(one?.certFile, 'nowhere')).toThrow(/scalerClientkeyFile: can't read nowhere/);
    for (const [certificate, key] of [
      [one?.certFile, other?.keyFile],
      [one?.certFile, locked],
      [one?.keyFile, one?.certFile],
    ])
      expect(() => clientOf(certificate, key)).toThrow(
        /^scalerClientkeyFile: .* without a passphrase(?!.*BEGIN)/,
      );
  },
);

it.each([
  [{}, /says no endpoint.*pulumi config set endpoint/],
  [{ endpoint: A, endpoints: [A, B] }, /both endpoint and endpoints/],
  [{ endpoints: [A, 'amqp://rabbit-2'] }, /endpoints has the scheme "amqp:"/],
  [{ endpoints: [A, 'http://u:hidden@rabbit-2'] }, /endpoints holds a user or a password(?!.*hidden)/],
  [{ endpoint: 'http://u:hid#den@rabbit-2' }, /endpoint holds a user or a password(?!.*(hid|den))/],
  [{ endpoint: 'u:hid den@rabbit-2' }, /endpoint holds a user or a password(?!.*(hid|den))/],
  [{ endpoint: 'http://u:12#den@rabbit-2' }, /endpoint holds a user or a password(?!.*(12|den@))/],
  [{ endpoints: { a: A } }, /endpoints must be a list/],
  [{ endpoint: A, requestTimeout: '30' }, /requestTimeout must be a duration, e\.g\. .*not "30"/],
  [{ endpoint: A, retryBudget: '0s' }, /retryBudget must be a duration/],
])('refuses %j', (config, message) => {
  expect(() => connection(config)).toThrow(message);
});
