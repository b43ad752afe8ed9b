/** Certificates of the stack's own authority, judged by Node's and OpenSSL's own eyes. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import * as tls from 'node:tls';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { authorityType } from '../../provider/warren/certificates/authority';
import { certificateType } from '../../provider/warren/certificates/certificate';
import { endOf, issue, makeAuthority, type Certified } from '../../provider/warren/certificates/x509';

const NOW = new Date();
const DAY_MS = 86_400_000;
const authority = makeAuthority('shop authority 1', { days: 3650, now: NOW });
const names = { names: ['rabbitmq', 'rabbitmq-1', 'localhost'], addresses: ['127.0.0.1', '::1'] } as const;
const server = issue(
  authority,
  { names: [...names.names], addresses: names.addresses },
  { days: 397, now: NOW },
);

async function handshake(
  { certificate, key }: Certified,
  client: Readonly<{ ca: string; servername?: string; host?: string }>,
): Promise<string> {
  const listener = tls.createServer({ cert: certificate, key }, (socket) => socket.end());
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  try {
    return await new Promise((resolve, reject) => {
      const socket = tls.connect({ port, host: '127.0.0.1', servername: 'rabbitmq', ...client }, () => {
        resolve(String(socket.getProtocol()));
        socket.destroy();
      });
      socket.on('error', reject);
    });
  } finally {
    listener.close();
  }
}

describe('a certificate', () => {
  it('is trusted under its names and addresses, by who trusts the authority', async () => {
    for (const servername of names.names) {
      expect(await handshake(server, { ca: authority.certificate, servername })).toBe('TLSv1.3');
    }
    const certificate = new X509Certificate(server.certificate);
    for (const address of names.addresses) expect(certificate.checkIP(address)).toBeDefined();
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true);
    expect(certificate.ca).toBe(false);
    expect(new X509Certificate(authority.certificate).ca).toBe(true);
  });

  it('is trusted under no other name, and by nobody else', async () => {
    await expect(handshake(server, { ca: authority.certificate, servername: 'other' })).rejects.toThrow(
      /does not match/,
    );
    const stranger = makeAuthority('shop authority 1', { days: 1, now: NOW });
    await expect(handshake(server, { ca: stranger.certificate })).rejects.toThrow(
      /self-signed|unable to verify|signature/,
    );
    // Both beside one another, as while one takes the other's place.
    const both = stranger.certificate + authority.certificate;
    expect(await handshake(server, { ca: both })).toBe('TLSv1.3');
  });

  it('lives as long as it was said, and is another one each time', () => {
    expect(endOf(server.certificate).getTime() - NOW.getTime()).toBeCloseTo(397 * DAY_MS, -4);
    const again = issue(authority, { names: ['rabbitmq'], addresses: [] }, { days: 397, now: NOW });
    expect(new X509Certificate(again.certificate).serialNumber).not.toBe(
      new X509Certificate(server.certificate).serialNumber,
    );
  });

  it('is made anew in the last third of its life, and an authority says when it ends', () => {
    const later = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);
    expect(certificateType.staleness?.({ ...server }, later(200))).toBeUndefined();
    expect(certificateType.staleness?.({ ...server }, later(270))).toMatch(
      /ends on \d{4}-\d\d-\d\d: a new one/,
    );
    expect(authorityType.warning?.({ ...authority }, later(3000))).toBeUndefined();
    expect(authorityType.warning?.({ ...authority }, later(3500))).toMatch(/ends on .*authorities/);
  });
});
