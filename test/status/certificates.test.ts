/** `warren status --certificates`: what servers show, what a state has, and when somebody has to do something. */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { addressesOf, findCertificates } from '../../cli/status/certificates';
import { certificatesAsJson, certificatesAsText, isWorrying } from '../../cli/status/certificateReport';
import type { StackOutputs } from '../../cli/stackBroker';
import type { ExportedStack } from '../../cli/stackState';
import { issue, makeAuthority, type Certified } from '../../provider/warren/certificates/x509';

// Certificates know no milliseconds.
const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const authority = makeAuthority('the old authority', { days: 20, now });
const NAMES = { names: ['rabbit.example'] as [string], addresses: ['127.0.0.1'] };
const certified = (days: number, from = now): Certified => issue(authority, NAMES, { days, now: from });
const LONG_AGO = new Date('2020-01-01');

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: net.Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}

function look(config: Record<string, unknown>, outputs: object = {}, resources: unknown[] = []) {
  const exported = { deployment: { resources } } as ExportedStack;
  return findCertificates({ stack: 'test', config, outputs: outputs as StackOutputs, exported });
}

describe('a broker that is there already', () => {
  it('is asked by a handshake, with all that it sends along', async () => {
    const { certificate, key } = certified(10);
    const port = await listen(tls.createServer({ cert: certificate + authority.certificate, key }));
    const found = await look({ endpoint: `https://127.0.0.1:${port}` });
    expect(found.map(({ name }) => name)).toEqual([
      `127.0.0.1:${port} (rabbit.example)`,
      'its authority (the old authority)',
    ]);
    expect(certificatesAsText(found, now)).toMatch(
      /rabbit\.example\) ends in 10 days: whoever runs that broker/,
    );
    expect(found.every((one) => isWorrying(one, now))).toBe(true);
  });

  it('whose certificate has ended says so; one that is good for longer is fine', async () => {
    const [ended, fine] = [certified(30, LONG_AGO), certified(90)];
    const ports = await Promise.all(
      [ended, fine].map(({ certificate, key }) => listen(tls.createServer({ cert: certificate, key }))),
    );
    const [first] = await look({ amqp: `amqps://127.0.0.1:${ports[0]}` });
    expect(certificatesAsText(first === undefined ? [] : [first], now)).toMatch(
      /has ended on 2020-01-31, and nobody accepts it any more/,
    );
    const second = await look({ amqp: `amqps://127.0.0.1:${ports[1]}` });
    expect(second.map((one) => isWorrying(one, now))).toEqual([false]);
    expect(certificatesAsText(second, now)).toContain('90 days');
  });

  it('that speaks no TLS there, or that is away, is no good news either', async () => {
    const port = await listen(net.createServer((socket) => socket.end('AMQP\0\0\t\u0001')));
    const [plain] = await look({ endpoint: `https://127.0.0.1:${port}` });
    expect(plain?.fault).toBe('shows none (it speaks no TLS)');
    const [away] = await look({ endpoint: 'https://127.0.0.1:1' });
    expect(away?.fault).toBe('shows none (ECONNREFUSED)');
    const text = certificatesAsText(
      [plain, away].flatMap((one) => one ?? []),
      now,
    );
    expect(text).toMatch(/127\.0\.0\.1:1 shows none \(ECONNREFUSED\): look whether it runs/);
    expect(
      certificatesAsJson(
        [plain, away].flatMap((one) => one ?? []),
        now,
      ),
    ).toMatchObject([{ isWorrying: true, fault: 'shows none (it speaks no TLS)' }, { isWorrying: true }]);
  });

  it('is found by its addresses, each once', () => {
    const endpoints = ['https://one.example:15671', 'http://two.example:15672'];
    const found = (config: object, outputs: object = {}): unknown =>
      addressesOf({ config: config as Record<string, unknown>, outputs: outputs as StackOutputs });
    expect(found({ endpoints, amqp: 'amqps://one.example' })).toEqual([
      { host: 'one.example', port: 15_671 },
      { host: 'one.example', port: 5671 },
    ]);
    expect(found({ endpoint: 'https://[::1]:1' }, { management: 'https://[::1]:1' })).toEqual([
      { host: '::1', port: 1 },
    ]);
    expect(found({ docker: { cluster: null } }, { ca: 'PEM' })).toEqual([{ host: '127.0.0.1', port: 5671 }]);
    expect(found({ endpoint: 'http://127.0.0.1:15672', amqp: 'no URL' })).toEqual([]);
  });
});

describe("a stack's own", () => {
  const resource = (type: string, name: string, certificate: string) => ({
    type: `warren:index:${type}`,
    urn: `urn:pulumi:test::warren::warren:index:${type}::${name}`,
    outputs: { certificate },
  });

  it('are in its state, with the command for each', async () => {
    const found = await look({}, { ca: 'PEM', management: 'https://127.0.0.1:1' }, [
      resource('Authority', 'authority-2', authority.certificate),
      resource('Certificate', 'certificate', certified(100).certificate),
    ]);
    expect(found.map(({ name, wayOut }) => [name, wayOut])).toEqual([
      ['authority 2 of the stack', 'npx warren rotate --stack test --authority'],
      [
        "the nodes' certificate",
        'npx warren up --stack test, or npx warren rotate --stack test --certificate',
      ],
    ]);
    expect(found.map((one) => isWorrying(one, now))).toEqual([true, false]);
  });

  it('files of a client are read, too', async () => {
    const [missing] = await look({ clientcertFile: 'nowhere/client.pem' });
    expect(missing).toMatchObject({
      name: 'clientcertFile nowhere/client.pem',
      fault: "can't be read (ENOENT)",
    });
    const [ofScaler] = await look({ scalerClientcertFile: 'nowhere/scaler.pem' });
    expect(ofScaler?.name).toBe('scalerClientcertFile nowhere/scaler.pem');
    const [other] = await look({ cacertFile: 'package.json' });
    expect(other?.fault).toBe('has no PEM certificate in it');
  });

  it('that has none has nothing to worry about', async () => {
    expect(certificatesAsText(await look({}), now)).toBe(
      'The stack has no certificates: nothing of it speaks TLS.\n',
    );
  });
});
