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

/** @throws AddressError */
export function engineAddress(settings: AddressSettings, environment: NodeJS.ProcessEnv): EngineAddress {
  const home = environment.HOME ?? os.homedir();
  const context = settings.context ?? nonEmpty(environment.DOCKER_CONTEXT);
  const given = settings.host ?? nonEmpty(environment.DOCKER_HOST);
  const folder = nonEmpty(environment.DOCKER_CONFIG) ?? path.join(home, '.docker');
  if (context !== undefined && context !== 'default') return parse(hostOfContext(folder, context), settings);
  return parse(given ?? hostOfCurrentContext(folder) ?? usualHost(home), settings);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function usualHost(home: string): string {
  const sockets = [SYSTEM_SOCKET, ...USER_SOCKETS.map((name) => path.join(home, name))];
  return `unix://${sockets.find((socket) => fs.existsSync(socket)) ?? SYSTEM_SOCKET}`;
}

function hostOfCurrentContext(folder: string): string | undefined {
  const file = path.join(folder, 'config.json');
  if (!fs.existsSync(file)) return undefined;
  try {
    const { currentContext } = JSON.parse(fs.readFileSync(file, 'utf8')) as { currentContext?: string };
    if (currentContext === undefined || currentContext === 'default') return undefined;
    return hostOfContext(folder, currentContext);
  } catch (error) {
    if (error instanceof AddressError) throw error;
    throw new AddressError('context', `the file ${file} can't be read: ${(error as Error).message}`);
  }
}

function hostOfContext(folder: string, name: string): string {
  const id = crypto.createHash('sha256').update(name).digest('hex');
  const file = path.join(folder, 'contexts', 'meta', id, 'meta.json');
  if (!fs.existsSync(file)) {
    throw new AddressError(
      'context',
      `there is no Docker context "${name}": \`docker context ls\` lists them`,
    );
  }
  const meta = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    Endpoints?: { docker?: { Host?: string } };
  };
  const host = meta.Endpoints?.docker?.Host;
  if (host === undefined) throw new AddressError('context', `the Docker context "${name}" names no host`);
  return host;
}

function parse(host: string, settings: AddressSettings): EngineAddress {
  const socket = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
  if (socket !== undefined) {
    return { host, origin: 'http://docker', options: { socketPath: socket } };
  }
  const server = /^(?:tcp|https?):\/\/([^/]+)\/?$/.exec(host)?.[1];
  if (server !== undefined) {
    const tls = tlsOf(settings);
    const isSecure = host.startsWith('https:') || tls !== undefined;
    const options = tls === undefined ? {} : { connect: tls };
    return { host, origin: `${isSecure ? 'https' : 'http'}://${server}`, options };
  }
  throw new AddressError(
    'host',
    `must be unix:///PATH or tcp://HOST:PORT, not "${host}". ` +
      'The offline docker plugin knows no other way; the genuine one also knows ssh:// and npipe://',
  );
}

interface TlsMaterial {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

function tlsOf(settings: AddressSettings): TlsMaterial | undefined {
  const { caMaterial, certMaterial, keyMaterial, certPath } = settings;
  const given = [caMaterial, certMaterial, keyMaterial].filter((text) => text !== undefined);
  if (given.length > 0 && certPath !== undefined) {
    throw new AddressError('certPath', 'may not stand beside caMaterial, certMaterial and keyMaterial');
  }
  if (certPath !== undefined) {
    const read = (name: string): string => readPem(path.join(certPath, name));
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
  }
  if (caMaterial !== undefined && certMaterial !== undefined && keyMaterial !== undefined) {
    return { ca: caMaterial, cert: certMaterial, key: keyMaterial };
  }
  if (given.length === 0) return undefined;
  throw new AddressError('caMaterial', 'needs certMaterial and keyMaterial beside it, and they need it');
}

function readPem(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    throw new AddressError('certPath', `the file ${file} can't be read: ${(error as Error).message}`);
  }
}
