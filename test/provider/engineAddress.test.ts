/** Which Docker Engine is asked, and with which certificates: by settings, the environment, and Docker's own files. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { providerArgs } from '../../docker/objects';
import { engineAddress, type AddressSettings } from '../../dockerApi/address';
import { clusterCookieStep, type ClusterCookie } from '../../provider/warren/steps/clusterCookie';
import { readWorkers } from '../../provider/warren/steps/workers';
import type { StepCall } from '../../provider/stepType';
import { UserError } from '../../provider/userError';

let home: string;

beforeEach(() => {
  home = fs.mkdtempSync(path.join(tmpdir(), 'warren-engine-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(home, { recursive: true });
});

const of = (settings: AddressSettings, env: NodeJS.ProcessEnv = {}) =>
  engineAddress(settings, { HOME: home, ...env });
const hostOf = (...args: Parameters<typeof of>) => of(...args).host;

function write(file: string, text: string): void {
  const whole = path.join(home, file);
  fs.mkdirSync(path.dirname(whole), { recursive: true });
  fs.writeFileSync(whole, text);
}

function writePems(folder: string, names: readonly string[] = ['ca', 'cert', 'key']): void {
  for (const name of names) write(`${folder}/${name}.pem`, `${name} of ${folder}`);
}

/** @returns the folder of its certificates */
function writeContext(name: string, endpoint: object): string {
  const id = createHash('sha256').update(name).digest('hex');
  write(
    `.docker/contexts/meta/${id}/meta.json`,
    JSON.stringify({ Name: name, Endpoints: { docker: endpoint } }),
  );
  return `.docker/contexts/tls/${id}/docker`;
}

const THERE = { DOCKER_CONTEXT: 'there' };

it("is that of the provider, of the environment, or of Docker's own settings", () => {
  expect(hostOf({ host: 'unix:///a.sock' }, { DOCKER_HOST: 'unix:///b.sock' })).toBe('unix:///a.sock');
  expect(hostOf({}, { DOCKER_HOST: 'tcp://h:2375' })).toBe('tcp://h:2375');
  expect(hostOf({})).toBe('unix:///var/run/docker.sock');
  expect(() => of({ context: 'none' })).toThrow('there is no Docker context "none"');
  expect(() => of({ host: 'ssh://h' })).toThrow('must be unix:///PATH or tcp://HOST:PORT');
  expect(() => of({ host: 'tcp://h:1', caMaterial: 'x' })).toThrow('needs certMaterial and keyMaterial');
});

it('comes by a context only where nobody names a host, and by the current one last', () => {
  writeContext('there', { Host: 'tcp://there:2375' });
  writeContext('current', { Host: 'tcp://current:2375' });
  write('.docker/config.json', JSON.stringify({ currentContext: 'current' }));
  expect(hostOf({ host: 'tcp://a:1' }, { ...THERE, DOCKER_HOST: 'tcp://b:1' })).toBe('tcp://a:1');
  expect(hostOf({}, { ...THERE, DOCKER_HOST: 'tcp://b:1' })).toBe('tcp://b:1');
  expect(hostOf({ context: 'current', host: 'tcp://a:1' }, THERE)).toBe('tcp://current:2375');
  expect(hostOf({}, THERE)).toBe('tcp://there:2375');
  expect(hostOf({})).toBe('tcp://current:2375');
  expect(hostOf({}, { DOCKER_CONTEXT: 'default' })).toBe('unix:///var/run/docker.sock');
});

it('has the certificates of the environment where the settings name none, over TCP only', () => {
  writePems('env');
  writePems('.docker');
  writePems('given');
  const env = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path.join(home, 'env') };
  const pems = (folder: string) => ({
    ca: `ca of ${folder}`,
    cert: `cert of ${folder}`,
    key: `key of ${folder}`,
  });
  expect(of({ host: 'tcp://a:2376' }, env)).toEqual({
    host: 'tcp://a:2376',
    origin: 'https://a:2376',
    options: { connect: pems('env') },
  });
  const connectOf = (settings: AddressSettings, more: NodeJS.ProcessEnv) =>
    of(settings, more).options.connect;
  const byCommand = { DOCKER_HOST: 'tcp://a:2376', DOCKER_TLS_VERIFY: '1' };
  expect(connectOf({}, byCommand)).toEqual(pems('.docker'));
  expect(connectOf({ host: 'tcp://a:1', certPath: path.join(home, 'given') }, env)).toEqual(pems('given'));
  expect(of({ host: 'unix:///a.sock' }, env).options).toEqual({ socketPath: '/a.sock' });
  fs.rmSync(path.join(home, 'env/key.pem'));
  expect(() => of({ host: 'tcp://a:2376' }, env)).toThrow(/the file .*env.key\.pem can't be read/);
});

it('has the certificates of its context, as Docker keeps them, and not those of the environment', () => {
  writePems('env');
  const folder = writeContext('there', { Host: 'tcp://there:2376' });
  const env = { ...THERE, DOCKER_CERT_PATH: path.join(home, 'env') };
  expect(of({}, env)).toMatchObject({ origin: 'http://there:2376', options: {} });
  writePems(folder, ['ca']);
  expect(of({}, env)).toMatchObject({
    origin: 'https://there:2376',
    options: { connect: { ca: `ca of ${folder}` } },
  });
  writeContext('there', { Host: 'tcp://there:2376', SkipTLSVerify: true });
  expect(of({}, env).options.connect).toEqual({ ca: `ca of ${folder}`, rejectUnauthorized: false });
});

it("is told to Pulumi's own plugin so that DOCKER_CONTEXT doesn't take its place", () => {
  expect(providerArgs('tcp://a:1', THERE)).toEqual({ host: 'tcp://a:1', context: '' });
  expect(providerArgs(undefined, { ...THERE, DOCKER_HOST: 'tcp://b:1' })).toEqual({
    host: 'tcp://b:1',
    context: '',
  });
  expect(providerArgs('tcp://a:1', {})).toEqual({ host: 'tcp://a:1' });
  expect(providerArgs(undefined, THERE)).toEqual({});
  // What the environment alone says stays out of the state.
  expect(providerArgs(undefined, { DOCKER_HOST: 'tcp://b:1' })).toEqual({});
});

it('that only Docker’s command can reach is refused where its API is needed, and else done without', async () => {
  const cookie = {
    cluster: 'prod-rabbitmq',
    owner: 'o',
    hosts: [],
    dockerHost: 'ssh://h',
    timeoutSeconds: 1,
  };
  const passing = clusterCookieStep.pass(
    {} as StepCall,
    { ...cookie, cookie: 'c' } satisfies ClusterCookie,
    undefined,
  );
  await expect(passing).rejects.toThrow(UserError);
  await expect(passing).rejects.toThrow(
    /^The nodes of prod-rabbitmq can't be asked .* must be unix:\/\/\/PATH or tcp:\/\/HOST:PORT, not "ssh:\/\/h"/,
  );
  expect(await readWorkers('ssh://h', ['0123456789abcdef'])).toBeUndefined();
});
