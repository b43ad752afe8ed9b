/** Certificates of a test's own authorities, made with openssl. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findProgram } from '../../tools/processes';

/** Paths of PEM files. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

interface Wanted {
  readonly subject: string;
  /** As openssl writes a subjectAltName, e.g. `IP:127.0.0.1`. */
  readonly altName?: string;
  readonly isExpired?: boolean;
}

/** Why no certificates can be made here; undefined when they can. */
export function opensslObstacle(): string | undefined {
  return findProgram('openssl') === undefined ? 'no openssl to make certificates' : undefined;
}

/** One authority, whose files lie in a folder of their own. */
export class Authority {
  readonly certFile: string;
  readonly #keyFile: string;
  #count = 0;

  constructor(private readonly folder: string) {
    fs.mkdirSync(folder, { recursive: true });
    this.certFile = path.join(folder, 'ca.pem');
    this.#keyFile = path.join(folder, 'ca.key');
    const subject = `/CN=authority ${path.basename(folder)}`;
    const files = ['-keyout', this.#keyFile, '-out', this.certFile];
    // Python 3.13 and newer take no authority that doesn't say that it is one.
    const usage = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
    openssl('req', '-x509', ...NEW_KEY, ...usage, '-days', '2', '-subj', subject, ...files);
  }

  issue({ subject, altName, isExpired = false }: Wanted): Certificate {
    const base = path.join(this.folder, `issued-${++this.#count}`);
    const [certFile, keyFile, requestFile, extensions] = ['pem', 'key', 'csr', 'ext'].map(
      (suffix) => `${base}.${suffix}`,
    ) as [string, string, string, string];
    openssl('req', ...NEW_KEY, '-subj', `/CN=${subject}`, '-keyout', keyFile, '-out', requestFile);
    const names = altName === undefined ? '' : `subjectAltName=${altName}\n`;
    // Nor a certificate without the identifier of its authority's key.
    fs.writeFileSync(extensions, `authorityKeyIdentifier=keyid\n${names}`);
    const signer = ['-CA', this.certFile, '-CAkey', this.#keyFile, '-CAcreateserial'];
    const files = ['-in', requestFile, '-out', certFile, '-extfile', extensions];
    openssl('x509', '-req', '-days', isExpired ? '-1' : '2', ...signer, ...files);
    return { certFile, keyFile };
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
