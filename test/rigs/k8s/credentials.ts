/** Who may talk to the API server of a cluster of our own, and by which certificates. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { issue, makeAuthority } from '../../../provider/warren/certificates/x509';
import { NODE_ADDRESS } from './node';

export interface Credentials {
  /** File names. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
  /** Of the API server as a client of the servers that extend it. */
  readonly proxyCertificate: string;
  readonly proxyKey: string;
  /** Signs the tokens of service accounts. */
  readonly accountKey: string;
  /** Names the administrator's token. */
  readonly tokens: string;
  readonly adminToken: string;
}

/** The first address of the range of Services is the API server's. */
export const API_SERVICE_ADDRESS = '10.96.0.1';
const DAYS = 30;
/** Of those that extend the API server and run beside it. */
export const EXTENSION_NAMES = ['keda-metrics-apiserver.keda.svc', 'keda-operator.keda.svc.cluster.local'];

export function writeCredentials(folder: string): Credentials {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const lifetime = { days: DAYS, now: new Date() };
  const authority = makeAuthority('warren-tests', lifetime);
  const server = issue(
    authority,
    {
      names: ['kubernetes.default.svc', 'kubernetes', 'kubernetes.default', 'localhost', ...EXTENSION_NAMES],
      addresses: [NODE_ADDRESS, API_SERVICE_ADDRESS, '127.0.0.1'],
    },
    lifetime,
    // The two parts of KEDA show it to one another.
    ['serverAuth', 'clientAuth'],
  );
  const proxy = issue(authority, { names: ['front-proxy-client'], addresses: [] }, lifetime, ['clientAuth']);
  const accounts = crypto.generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const adminToken = crypto.randomBytes(24).toString('hex');
  return {
    authority: write('ca.crt', authority.certificate),
    certificate: write('tls.crt', server.certificate),
    key: write('tls.key', server.key),
    proxyCertificate: write('proxy.crt', proxy.certificate),
    proxyKey: write('proxy.key', proxy.key),
    accountKey: write('accounts.key', accounts.privateKey),
    tokens: write('tokens.csv', `${adminToken},admin,1,"system:masters"\n`),
    adminToken,
  };
}

export const CONTEXT = 'warren-tests';

/** A kubeconfig with all that it needs inside. */
export function kubeconfigOf(server: string, { authority }: Credentials, token: string): string {
  const name = CONTEXT;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: { token } }],
    clusters: [
      {
        name,
        cluster: { server, 'certificate-authority-data': fs.readFileSync(authority).toString('base64') },
      },
    ],
  });
}
