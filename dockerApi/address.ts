/** Where the Docker Engine is: the provider's `host` or `context`, what Docker's own programs use, or its usual socket. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Pool } from 'undici';

export interface EngineAddress {
  /** As in DOCKER_HOST, for messages. */
  readonly host: string;
  readonly origin: string;
  readonly options: Pool.Options;
}

export interface AddressSettings {
  readonly host?: string;
  readonly context?: string;
  /** PEM texts. */
  readonly caMaterial?: string;
  readonly certMaterial?: string;
  readonly keyMaterial?: string;
  /** Folder with ca.pem, cert.pem and key.pem. */
  readonly certPath?: string;
}

/** A setting that can't work; `setting` is the provider's property. */
export class AddressError extends Error {
  constructor(
    readonly setting: string,
    message: string,
  ) {
    super(message);
  }
}

const SYSTEM_SOCKET = '/var/run/docker.sock';
/** Where Docker Desktop has it without an administrator's rights. */
const USER_SOCKETS = ['.docker/run/docker.sock', '.docker/desktop/docker.sock'];

/**
 * In the order of Docker's own programs: who names a host means it, whatever context the environment or Docker's
 * settings name.
 * @throws AddressError
 */
export function engineAddress(settings: AddressSettings, environment: NodeJS.ProcessEnv): EngineAddress {
  const home = environment.HOME ?? os.homedir();
  const folder = nonEmpty(environment.DOCKER_CONFIG) ?? path.join(home, '.docker');
  const host = settings.host ?? nonEmpty(environment.DOCKER_HOST);
  const contextElsewhere = (): string | undefined =>
    host === undefined ? (nonEmpty(environment.DOCKER_CONTEXT) ?? currentContext(folder)) : undefined;
  const context = settings.context ?? contextElsewhere();
  const tls = givenTls(settings);
  if (context !== undefined && context !== 'default') {
    const named = contextOf(folder, context);
    return parse(named.host, () => tls ?? named.tls());
  }
  return parse(host ?? usualHost(home), () => tls ?? environmentTls(environment, folder));
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function usualHost(home: string): string {
  const sockets = [SYSTEM_SOCKET, ...USER_SOCKETS.map((name) => path.join(home, name))];
  return `unix://${sockets.find((socket) => fs.existsSync(socket)) ?? SYSTEM_SOCKET}`;
}

function currentContext(folder: string): string | undefined {
  const file = path.join(folder, 'config.json');
  if (!fs.existsSync(file)) return undefined;
  try {
    return (JSON.parse(fs.readFileSync(file, 'utf8')) as { currentContext?: string }).currentContext;
  } catch (error) {
    throw new AddressError('context', `the file ${file} can't be read: ${(error as Error).message}`);
  }
}

interface Context {
  readonly host: string;
  readonly tls: () => Tls | undefined;
}

function contextOf(folder: string, name: string): Context {
  const id = crypto.createHash('sha256').update(name).digest('hex');
  const file = path.join(folder, 'contexts', 'meta', id, 'meta.json');
  if (!fs.existsSync(file)) {
    throw new AddressError(
      'context',
      `there is no Docker context "${name}": \`docker context ls\` lists them`,
    );
  }
  const meta = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
  };
  const { Host: host, SkipTLSVerify: isUnverified = false } = meta.Endpoints?.docker ?? {};
  if (host === undefined) throw new AddressError('context', `the Docker context "${name}" names no host`);
  return { host, tls: () => tlsOfContext(path.join(folder, 'contexts', 'tls', id, 'docker'), isUnverified) };
}

/** @param readTls not asked where there is none */
function parse(host: string, readTls: () => Tls | undefined): EngineAddress {
  const socket = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (socket !== undefined) {
    return { host, origin: 'http://docker', options: { socketPath: socket } };
  }
  const server = /^(?:tcp|https?):\/\/([^/]+)\/?$/.exec(host)?.[1];
  if (server !== undefined) {
    const tls = readTls();
    const isSecure = host.startsWith('https:') || tls !== undefined;
    const options = tls === undefined ? {} : { connect: tls };
    return { host, origin: `${isSecure ? 'https' : 'http'}://${server}`, options };
  }
  throw new AddressError(
    'host',
    `must be unix:///PATH or tcp://HOST:PORT, not "${host}". ` +
      "Warren asks the Docker Engine's own API, by a socket or by TCP (with TLS, too); ssh:// and npipe:// are known to Pulumi's own docker plugin only",
  );
}

/** What Node and undici call these things. */
interface Tls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: false;
}

function givenTls(settings: AddressSettings): Tls | undefined {
  const { caMaterial, certMaterial, keyMaterial, certPath } = settings;
  const given = [caMaterial, certMaterial, keyMaterial].filter((text) => text !== undefined);
  if (given.length > 0 && certPath !== undefined) {
    throw new AddressError('certPath', 'may not stand beside caMaterial, certMaterial and keyMaterial');
  }
  if (certPath !== undefined) return tlsIn(certPath);
  if (caMaterial !== undefined && certMaterial !== undefined && keyMaterial !== undefined) {
    return { ca: caMaterial, cert: certMaterial, key: keyMaterial };
  }
  if (given.length === 0) return undefined;
  throw new AddressError('caMaterial', 'needs certMaterial and keyMaterial beside it, and they need it');
}

function tlsIn(folder: string): Tls {
  const read = (name: string): string => readPem(path.join(folder, name));
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}

/** Pulumi's own docker plugin takes DOCKER_CERT_PATH alone for TLS, the `docker` command DOCKER_TLS_VERIFY. */
function environmentTls(environment: NodeJS.ProcessEnv, folder: string): Tls | undefined {
  const certPath = nonEmpty(environment.DOCKER_CERT_PATH);
  if (certPath === undefined && nonEmpty(environment.DOCKER_TLS_VERIFY) === undefined) return undefined;
  return tlsIn(certPath ?? folder);
}

/** As `docker context create --docker host=…,ca=…,cert=…,key=…` stores it: each of them may be left out. */
function tlsOfContext(folder: string, isUnverified: boolean): Tls | undefined {
  const given = (['ca', 'cert', 'key'] as const)
    .map((name) => ({ name, file: path.join(folder, `${name}.pem`) }))
    .filter(({ file }) => fs.existsSync(file))
    .map(({ name, file }) => [name, readPem(file)]);
  if (given.length === 0 && !isUnverified) return undefined;
  return { ...(Object.fromEntries(given) as Tls), ...(isUnverified ? { rejectUnauthorized: false } : {}) };
}

function readPem(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new AddressError('certPath', `the file ${file} can't be read: ${(error as Error).message}`);
  }
}
