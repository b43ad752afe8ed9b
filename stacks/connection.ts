/** The stack's settings that say where the broker is and how to get there; both providers are given the same. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as pulumi from '@pulumi/pulumi';
import type { ConnectionArgs } from '../provider/warren/resources';
import { parseDurationMs } from '../topology/units';
import { readProjectFile } from './projectFile';
import { refusal } from './refusal';

export const CONNECTION_KEYS = [
  ...['endpoint', 'endpoints', 'proxy', 'requestTimeout', 'retryBudget'],
  ...['cacertFile', 'clientcertFile', 'clientkeyFile', 'insecure'],
  ...['scalerClientcertFile', 'scalerClientkeyFile'],
];

export interface Connection extends ConnectionArgs {
  /** Names the broker, whichever node answers. */
  readonly endpoint: string;
  readonly endpoints?: string[];
  readonly cacertFile?: string;
  readonly clientcertFile?: string;
  readonly insecure?: boolean;
  /** What the scaler, KEDA and the workers' probes show a broker that is there already. */
  readonly scalerClientcertFile?: string;
  readonly scalerClientkeyFile?: string;
}

export const CLIENT_KEYS = ['scalerClientcertFile', 'scalerClientkeyFile'] as const;
const FILE_KEYS = ['cacertFile', 'clientcertFile', 'clientkeyFile', ...CLIENT_KEYS];
const DURATION_KEYS = ['requestTimeout', 'retryBudget'];

/** Of a cluster that the stack itself makes. */
export interface OwnEndpoint {
  readonly url: string;
  /** The setting that makes it. */
  readonly key: string;
}

/** PEM text of whom a broker that is there already has its certificates from, for who has no files of this machine. */
export function authorityOf({ cacertFile }: Pick<Connection, 'cacertFile'>): { ca?: string } {
  return cacertFile === undefined ? {} : { ca: readProjectFile(cacertFile, 'cacertFile') };
}

/** PEM texts. The file of a certificate may hold a key as well: both are secrets. */
export interface ClientCertificate {
  readonly certificate: pulumi.Output<string>;
  readonly key: pulumi.Output<string>;
}

/** What who has no files of this machine shows a broker that is there already. */
export function scalerClientOf(
  files: Pick<Connection, (typeof CLIENT_KEYS)[number]>,
): ClientCertificate | undefined {
  const [certificateFile, keyFile] = CLIENT_KEYS.map((key) => files[key]);
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  if (certificateFile === undefined || keyFile === undefined) {
    const missing = certificateFile === undefined ? CLIENT_KEYS[0] : CLIENT_KEYS[1];
    throw refusal(
      `${missing} is missing: a certificate and its key go together. Set it with: pulumi config set ${missing} FILE --stack ${pulumi.getStack()}`,
    );
  }
  const certificate = readProjectFile(certificateFile, CLIENT_KEYS[0]);
  const key = readProjectFile(keyFile, CLIENT_KEYS[1]);
  if (!isPair(certificate, key)) {
    throw refusal(
      `scalerClientkeyFile: ${keyFile} doesn't hold, in PEM form and without a passphrase, the private key of the certificate in ${certificateFile}, scalerClientcertFile. Name the file of that key; openssl pkey -in FILE -out NEW_FILE takes a passphrase off.`,
    );
  }
  return { certificate: pulumi.secret(certificate), key: pulumi.secret(key) };
}

/** Who is to show it can't be asked for a passphrase. */
function isPair(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

export function readConnection(config: pulumi.Config, own?: OwnEndpoint): Connection {
  const [endpoint, ...others] = own === undefined ? readEndpoints(config) : [ownEndpoint(config, own)];
  const texts = [...FILE_KEYS, ...DURATION_KEYS]
    .map((key) => [key, config.get(key) ?? ''] as const)
    .filter(([, value]) => value !== '');
  for (const [key, value] of texts) if (DURATION_KEYS.includes(key)) checkDuration(key, value);
  const proxy = config.getSecret('proxy');
  return {
    endpoint,
    ...(others.length === 0 ? {} : { endpoints: [endpoint, ...others] }),
    ...Object.fromEntries(texts),
    ...(proxy === undefined || config.get('proxy') === '' ? {} : { proxy }),
    ...(config.getBoolean('insecure') === true ? { insecure: true } : {}),
  };
}

function ownEndpoint(config: pulumi.Config, { url, key }: OwnEndpoint): string {
  const given = ['endpoint', 'endpoints'].find(
    (name) => (config.get(name) ?? '') !== '' && config.get(name) !== '[]',
  );
  if (given === undefined) return url;
  throw refusal(
    `The stack has both ${key}, a cluster of its own, and ${given}, a broker that is there already. Take one of them out: pulumi config rm ${given} --stack ${pulumi.getStack()}`,
  );
}

function readEndpoints(config: pulumi.Config): readonly [string, ...string[]] {
  const one = config.get('endpoint') ?? '';
  const [first, ...others] = checkedList(config.getObject<unknown>('endpoints') ?? []);
  if (first === undefined && one === '') {
    throw refusal(
      `The stack says no endpoint. Set it with: pulumi config set endpoint http://127.0.0.1:15672 --stack ${pulumi.getStack()}`,
    );
  }
  if (first === undefined) return [checkedEndpoint('endpoint', one)];
  if (one !== '') {
    throw refusal(
      `The stack has both endpoint and endpoints. Keep one of them: endpoints for all nodes of a cluster, tried in turn. Take the other out with: pulumi config rm endpoint --stack ${pulumi.getStack()}`,
    );
  }
  return [checkedEndpoint('endpoints', first), ...others.map((url) => checkedEndpoint('endpoints', url))];
}

function checkedList(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw refusal(
    'endpoints must be a list of URLs, one for each node of the cluster, e.g. ["http://rabbit-1:15672", "http://rabbit-2:15672"].',
  );
}

function checkedEndpoint(key: string, endpoint: string): string {
  // A password may hold what ends a URL's host: then it is read as a port, a path or a fragment.
  if (endpoint.includes('@')) {
    throw refusal(
      `${key} holds a user or a password, which would stand in plain text. Give it without; the administrator to begin with is bootstrapUsername and bootstrapPassword (a secret).`,
    );
  }
  let url: URL;
  try {
    url = new URL(endpoint);
  } catch {
    throw refusal(
      `${key} "${endpoint}" is no URL. It is the base of RabbitMQ's management API, e.g. http://127.0.0.1:15672`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw refusal(
      `${key} has the scheme "${url.protocol}", but Warren talks to the management API over http or https, e.g. http://127.0.0.1:15672. The AMQP address for applications is the key "amqp".`,
    );
  }
  return endpoint;
}

function checkDuration(key: string, value: string): void {
  if ((parseDurationMs(value) ?? 0) > 0) return;
  throw refusal(
    `${key} must be a duration, e.g. 500ms, 30s or 2m, not "${value}". Set it with: pulumi config set ${key} 30s --stack ${pulumi.getStack()}`,
  );
}
