import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PlatformSettingsError } from '../../../platform/reads';
import { readDockerSettings, settingsOfFleet } from '../../../docker/settings';
import { plainGrafanaOf, plainListenersOf } from '../../../stacks/plainListeners';
import { withOwnDocker } from '../../../stacks/dockerConnection';
import type { Settings } from '../../../stacks/settings';
import { Authority, opensslObstacle } from '../../faults/certificates';
import type { Topology } from '../../../topology/model';

it('a cluster needs nothing said', () => {
  expect(readDockerSettings({ cluster: {} }).cluster).toEqual({
    haproxyImage: 'haproxy:3.0',
    address: '127.0.0.1',
    cookie: 1,
    managementAddress: '127.0.0.1',
    amqpPort: 5672,
    amqpsPort: 5671,
    keepVolumes: false,
    plainText: false,
  });
  expect(readDockerSettings({ cluster: null, workers: { a: null } }).workers).toEqual({ a: {} });
});

it.each([
  [{ clutser: {} }, /docker has the key clutser, .* Did you mean docker\.cluster\?/],
  [{ cluster: { memory: '1 XB' } }, /docker\.cluster\.memory must be a size, e\.g\. .* not "1 XB"/],
  [{ cluster: { memory: '1MB' } }, /docker\.cluster\.memory must be a size/],
  [{ cluster: { amqpPort: 70_000 } }, /docker\.cluster\.amqpPort must be a port from 1 to 65535, not 70000/],
  [{ cluster: { keepVolumes: 'yes' } }, /docker\.cluster\.keepVolumes must be true or false, not "yes"/],
  [{ cluster: { tls: { ca: 'ca.pem' } } }, /docker\.cluster\.tls needs three PEM files/],
  [{ workers: { a: { image: 'x', build: 'y' } } }, /docker\.workers\.a has both an image and a build/],
  [{ workers: { a: { build: {} } } }, /docker\.workers\.a\.build says no context/],
  [
    { workers: { a: { urlVariable: '1X' } } },
    /docker\.workers\.a\.urlVariable must be the name of an environment/,
  ],
  [
    { workers: { a: { hosts: ['b'] } } },
    /docker\.workers\.a\.hosts names "b", which is not in docker\.hosts/,
  ],
  [
    { cluster: {}, monitoring: { targets: ['a:15692'] } },
    /monitoring\.targets is for a broker that is there/,
  ],
  [{ monitoring: {} }, /docker\.monitoring doesn't know where .* HOST:15692/],
  [{ monitoring: { targets: ['a'] } }, /docker\.monitoring\.targets\[0\] must be HOST:PORT, not "a"/],
  [{ monitoring: { targets: ['a:0'] } }, /docker\.monitoring\.targets\[0\] must be a port from 1/],
  [{ monitoring: { targets: ['localhost:15692'] } }, /own loopback address.*host\.docker\.internal:15692/],
  [{ monitoring: { alertmanagers: 'a:1' } }, /docker\.monitoring\.alertmanagers must be a list of texts/],
  [{ monitoring: { interval: '0s' } }, /docker\.monitoring\.interval must be a duration of a second or more/],
  [{ monitoring: { prometheus: false } }, /docker\.monitoring\.prometheus must be a table, not false/],
  [{ workers: { a: { hosts: ['b', 'b'] } }, hosts: { b: 'tcp://b:1' } }, /hosts names "b" twice/],
  [
    { workers: { a: { replicas: -1 } } },
    /docker\.workers\.a\.replicas must be a whole number from 0 to 1000/,
  ],
  [{ workers: { a: { replicas: 100_000 } } }, /replicas must be a whole number from 0 to 1000/],
  [
    { cluster: { address: 'localhost' } },
    /docker\.cluster\.address must be an IP address .* not "localhost"/,
  ],
  [{ cluster: { managementAddress: '[::1]' } }, /managementAddress must be an IP address/],
  [{ cluster: { amqpPort: 15_672 } }, /amqpPort and docker\.cluster\.managementPort are both 15672/],
  [{ cluster: { address: '0.0.0.0', managementPort: 5671 } }, /amqpsPort and .* are both 5671/],
  [{ cluster: {}, network: 'n' }, /both a cluster, .* and a network/],
  [{ workers: [] }, /docker\.workers must be a table, not \[\]/],
  ['cluster', /docker must be a table, not "cluster"/],
])('refuses %j', (value, message) => {
  expect(() => readDockerSettings(value)).toThrow(PlatformSettingsError);
  expect(() => readDockerSettings(value)).toThrow(message);
});

it('monitoring needs nothing said beside a cluster', () => {
  expect(readDockerSettings({ cluster: {}, monitoring: null }).monitoring).toEqual({
    address: '127.0.0.1',
    plainText: false,
    prometheus: { image: 'prom/prometheus:v3.5.0', port: 9090, retentionMs: 1_296_000_000 },
    grafana: { image: 'grafana/grafana:12.4.0', port: 3000 },
    intervalMs: 15_000,
    alertmanagers: [],
  });
  const given = {
    prometheus: { port: 9191, retention: '90d', memory: '1GiB' },
    grafana: false,
    targets: ['[fe80::1]:15692'],
  };
  expect(readDockerSettings({ monitoring: given }).monitoring).toMatchObject({
    prometheus: {
      image: 'prom/prometheus:v3.5.0',
      port: 9191,
      retentionMs: 7_776_000_000,
      memoryBytes: 2 ** 30,
    },
    grafana: false,
    targets: ['[fe80::1]:15692'],
  });
});

describe('settings of a fleet', () => {
  const settings = readDockerSettings({
    workers: { '*': { build: './app', cpus: 2, memory: '1GiB' }, own: { image: 'other', cpus: 1 } },
  });

  it('are those of all where it says nothing', () => {
    expect(settingsOfFleet(settings, 'any')).toEqual({
      build: { context: './app', args: {} },
      cpus: 2,
      memoryBytes: 2 ** 30,
    });
  });

  it('take its own over those of all; another image builds nothing', () => {
    expect(settingsOfFleet(settings, 'own')).toEqual({ image: 'other', cpus: 1, memoryBytes: 2 ** 30 });
  });
});

function withAddresses(cluster: object, tls?: { only: boolean }, amqp?: string): Settings {
  const given = {
    ...{ project: 'p', stack: 's', docker: readDockerSettings({ cluster }) },
    ...(amqp === undefined ? {} : { amqp }),
  };
  const broker = tls === undefined ? {} : { tls };
  return withOwnDocker(given as unknown as Settings, { broker } as unknown as Topology);
}

it.each([
  [{}, undefined, 'http://127.0.0.1:15672'],
  [{}, { only: true }, 'http://127.0.0.1:15672'],
  [{ managementAddress: '0.0.0.0' }, undefined, 'http://127.0.0.1:15672'],
  [{ managementAddress: '10.0.0.5' }, { only: false }, 'https://10.0.0.5:15671'],
  [{ managementAddress: '10.0.0.5', managementTls: false }, { only: true }, 'http://10.0.0.5:15672'],
  [{ managementAddress: '::1', managementTls: true }, { only: true }, 'https://[::1]:15671'],
  [{ managementAddress: '::', managementPort: 443 }, { only: true }, 'https://127.0.0.1:443'],
])('the management API of %j with TLS %j is at %s', (cluster, tls, expected) => {
  expect(withAddresses(cluster, tls).connection.endpoint).toBe(expected);
});

describe.skipIf(opensslObstacle() !== undefined)('given certificates', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-given-'));
  afterAll(() => {
    fs.rmSync(folder, { recursive: true });
  });

  it.each([
    ['IP:10.0.0.5', undefined],
    ['DNS:rabbit.example.com', 'rabbit.example.com'],
    ['DNS:*.example.com, IP:10.0.0.6', 'rabbitmq.example.com'],
  ])('for %s are checked by the name %s', (altName, serverName) => {
    const authority = new Authority(folder);
    const { certFile, keyFile } = authority.issue({ subject: 'rabbitmq', altName });
    const tls = { ca: authority.certFile, certificate: certFile, key: keyFile };
    const { connection } = withAddresses({ managementAddress: '10.0.0.5', tls }, { only: true });
    expect(connection.serverName).toBe(serverName);
    expect(connection.cacert).toBe(fs.readFileSync(authority.certFile, 'utf8'));
  });
});

it('a management API with TLS needs certificates', () => {
  expect(() => withAddresses({ managementTls: true })).toThrow(/broker: \{tls: \{\}\}/);
});

it('the address of a cluster follows from its ports, and from TLS', () => {
  const addressOf = (...given: Parameters<typeof withAddresses>): string | undefined =>
    withAddresses(...given).amqp;
  expect(addressOf({ amqpPort: 5700, address: '0.0.0.0' })).toBe('amqp://127.0.0.1:5700');
  expect(addressOf({ address: '10.0.0.5' }, { only: false })).toBe('amqp://10.0.0.5:5672');
  expect(addressOf({ amqpsPort: 5701 }, { only: true })).toBe('amqps://127.0.0.1:5701');
  expect(addressOf({}, undefined, 'amqp://rabbitmq.example.com:5672')).toBe(
    'amqp://rabbitmq.example.com:5672',
  );
});

it.each([
  [{}, undefined, undefined],
  [
    { address: '0.0.0.0' },
    undefined,
    /^AMQP is published on 0\.0\.0\.0: .* Say `broker: \{tls: \{only: true\}\}`/,
  ],
  [
    { address: '10.0.0.7' },
    { only: false },
    /^AMQP without TLS, beside that with TLS, is published on 10\.0\.0\.7/,
  ],
  [{ address: '10.0.0.7' }, { only: true }, undefined],
  [{ managementAddress: '::' }, { only: true }, undefined],
  [{ managementAddress: '::' }, undefined, /^the management API is published on :: without TLS.* `ssh -L`/],
  [{ managementAddress: '::', managementTls: false }, { only: true }, /^the management API/],
  [{ address: '0.0.0.0', managementAddress: '::', plainText: true }, undefined, undefined],
])('of %j with TLS %j others can read: %j', (settings, tls, expected) => {
  const { cluster } = readDockerSettings({ cluster: settings });
  if (cluster === undefined) throw new Error('there is a cluster');
  const broker = tls === undefined ? {} : { tls: { port: 5671, verifyPeer: false, ...tls } };
  const found = plainListenersOf(cluster, { broker } as unknown as Topology);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});

it.each([
  [{}, undefined],
  [{ address: '::1' }, undefined],
  [{ address: '10.0.0.7', grafana: false }, undefined],
  [{ address: '10.0.0.7', plainText: true }, undefined],
  [{ address: '10.0.0.7' }, /^Grafana is published on 10\.0\.0\.7 without TLS: .* `ssh -L`/],
])('of the monitoring %j others can read: %j', (settings, expected) => {
  const { monitoring } = readDockerSettings({ cluster: {}, monitoring: settings });
  if (monitoring === undefined) throw new Error('there is monitoring');
  const found = plainGrafanaOf(monitoring);
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});
