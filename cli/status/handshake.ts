/** What a server shows of itself when a client begins with TLS. Nothing is verified: that is what is looked at. */
import * as net from 'node:net';
import * as tls from 'node:tls';

export interface ShownCertificate {
  readonly subject: string;
  readonly endsAt: Date;
}

const TIMEOUT_MS = 10_000;
/** An authority that signs itself ends a chain; so does one that is too long to be one. */
const LENGTH_MAX = 5;

/** The server's own certificate first, then those of its authorities that it sends along. @throws Error */
export function chainAt({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<readonly ShownCertificate[]> {
  return new Promise((resolve, reject) => {
    const named = net.isIP(host) === 0 ? { servername: host } : {};
    const socket = tls.connect({ host, port, rejectUnauthorized: false, ...named }, () => {
      const chain = chainOf(socket.getPeerCertificate(true));
      socket.destroy();
      if (chain.length === 0) reject(new Error('it sent no certificate'));
      else resolve(chain);
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Node's own words are OpenSSL's, with the line of its source.
      reject(
        new Error(
          error.code === 'ERR_SSL_WRONG_VERSION_NUMBER' ? 'it speaks no TLS' : (error.code ?? error.message),
        ),
      );
    });
  });
}

function chainOf(first: tls.DetailedPeerCertificate): readonly ShownCertificate[] {
  const chain: ShownCertificate[] = [];
  const seen = new Set<string>();
  // An empty object where there is none.
  for (let one: Partial<tls.DetailedPeerCertificate> | undefined = first; chain.length < LENGTH_MAX;) {
    if (one?.valid_to === undefined || seen.has(one.fingerprint256 ?? '')) break;
    seen.add(one.fingerprint256 ?? '');
    const name = one.subject?.CN ?? one.subject?.O ?? 'without a name';
    chain.push({ subject: [name].flat().join(', '), endsAt: new Date(one.valid_to) });
    one = one.issuerCertificate;
  }
  return chain;
}
