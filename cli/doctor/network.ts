/** The way to a broker's AMQP port, step by step: its name, the port, and TLS as clients would do it. */
import { lookup } from 'node:dns/promises';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { displayOf, type AmqpSettings } from '../../broker/amqp/address';
import { AmqpError, amqpError } from '../../broker/amqp/errors';
import type { Checks } from './checks';

/** @param saidBy where the address comes from, if whoever reads this can change it */
export async function checkNetwork(checks: Checks, settings: AmqpSettings, saidBy?: string): Promise<void> {
  const { address, detour } = settings;
  const failure = (error: unknown): Error => {
    const known = amqpError(error, settings, '');
    const origin = saidBy === undefined ? '' : ` The address is said by ${saidBy}.`;
    return new AmqpError(known.stage, known.message + origin);
  };
  const where = displayOf(address);
  let way = { host: address.host, port: address.port };
  if (detour !== undefined) {
    await checks.step('way', async () => {
      way = { ...(await detour(address)) };
      return { text: `a port-forward leads to ${where}` };
    });
  } else if (net.isIP(address.host) === 0) {
    await checks.step('name', async () => {
      const found = await lookup(address.host, { all: true }).catch((error: unknown) => {
        throw failure(error);
      });
      return { text: `${address.host} is ${found.map((one) => one.address).join(', ')}` };
    });
  }
  await checks.step('connect', async () => {
    const tookMs = await connectMs(way).catch((error: unknown) => {
      throw failure(error);
    });
    return { text: `${where} answers in ${tookMs} ms${saidBy === undefined ? '' : ` (by ${saidBy})`}` };
  });
  if (address.scheme === 'amqp') return;
  await checks.step('tls', async () => {
    const certificate = await handshake(way, settings).catch((error: unknown) => {
      throw failure(error);
    });
    return { text: `its certificate is trusted, and good until ${certificate.valid_to}` };
  });
}

const TIMEOUT_MS = 10_000;

interface Way {
  readonly host: string;
  readonly port: number;
}

function connectMs(way: Way): Promise<number> {
  return new Promise((resolve, reject) => {
    const beganMs = performance.now();
    const socket = net.connect(way, () => {
      socket.destroy();
      resolve(Math.round(performance.now() - beganMs));
    });
    failing(socket, reject);
  });
}

function handshake(way: Way, { address, tls: options }: AmqpSettings): Promise<tls.PeerCertificate> {
  return new Promise((resolve, reject) => {
    const named = net.isIP(address.host) === 0 ? { servername: address.host } : {};
    const socket = tls.connect({ ...way, ...named, ...options }, () => {
      const certificate = socket.getPeerCertificate();
      socket.destroy();
      resolve(certificate);
    });
    failing(socket, reject);
  });
}

function failing(socket: net.Socket, reject: (error: Error) => void): void {
  socket.setTimeout(TIMEOUT_MS, () =>
    socket.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
  );
  socket.once('error', reject);
}
