/** The certificates that a stack's clients meet, or show themselves, and when they end. */
import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { withoutBrackets } from '../../broker/amqp/address';
import { CHECKOUT } from '../checkout';
import type { StackConfig, StackOutputs } from '../stackBroker';
import { certificatesIn, type ExportedStack } from '../stackState';
import { chainAt } from './handshake';

export interface FoundCertificate {
  /** What it is, in words. */
  readonly name: string;
  /** Undefined where it can't be had. */
  readonly endsAt?: Date;
  /** Why it can't be had. */
  readonly fault?: string;
  /** How it is renewed, as a sentence without its full stop. */
  readonly wayOut: string;
}

/** A server that speaks TLS. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface AskedOfStack {
  readonly stack: string;
  readonly config: StackConfig;
  readonly outputs: StackOutputs;
  readonly exported: ExportedStack;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'amqps:': 5671, 'https:': 443 };
const FILES = ['cacertFile', 'clientcertFile', 'scalerClientcertFile'];

/** The stack's own ones by its state; those of a broker that is there already by asking it. */
export async function findCertificates(asked: AskedOfStack): Promise<readonly FoundCertificate[]> {
  const own = ownCertificates(asked);
  const files = FILES.flatMap((key) => fileCertificates(key, asked.config[key]));
  // What nodes show of the stack's own authority is in the state.
  const shown = own.length > 0 ? [] : await Promise.all(addressesOf(asked).map(shownAt));
  return [...own, ...files, ...shown.flat()];
}

function ownCertificates({ stack, exported }: AskedOfStack): readonly FoundCertificate[] {
  const rotate = `npx warren rotate --stack ${stack}`;
  return certificatesIn(exported).map(({ number, pem }) =>
    number === undefined
      ? {
          ...ending("the nodes' certificate", pem),
          wayOut: `npx warren up --stack ${stack}, or ${rotate} --certificate`,
        }
      : { ...ending(`authority ${number} of the stack`, pem), wayOut: `${rotate} --authority` },
  );
}

function fileCertificates(key: string, file: unknown): readonly FoundCertificate[] {
  if (typeof file !== 'string' || file === '') return [];
  const wayOut = `put a new one in the place of ${file}`;
  try {
    const text = fs.readFileSync(path.resolve(CHECKOUT, file), 'utf8');
    const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (pems.length === 0) return [{ name: `${key} ${file}`, fault: 'has no PEM certificate in it', wayOut }];
    return pems.map((pem) => ({ ...ending(`${key} ${file}`, pem), wayOut }));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    return [{ name: `${key} ${file}`, fault: `can't be read (${code})`, wayOut }];
  }
}

async function shownAt({ host, port }: Address): Promise<readonly FoundCertificate[]> {
  const wayOut = 'whoever runs that broker renews it';
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  try {
    const chain = await chainAt({ host, port });
    return chain.map((certificate, index) => ({
      name: index === 0 ? `${at} (${certificate.subject})` : `its authority (${certificate.subject})`,
      endsAt: certificate.endsAt,
      wayOut,
    }));
  } catch (error) {
    const wayOutOf = 'look whether it runs, and whether it speaks TLS there';
    return [{ name: at, fault: `shows none (${(error as Error).message})`, wayOut: wayOutOf }];
  }
}

/** Where the stack's broker speaks TLS, as far as the stack says so. */
export function addressesOf({
  config,
  outputs,
}: Pick<AskedOfStack, 'config' | 'outputs'>): readonly Address[] {
  const { endpoint, endpoints, amqp } = config;
  const several = Array.isArray(endpoints) ? (endpoints as readonly unknown[]) : [];
  const urls = [endpoint, ...several, outputs.management, amqp, outputs.amqp];
  const found = urls.flatMap((url) => addressIn(url));
  const { cluster } = Object(config.docker ?? {}) as { cluster?: unknown };
  const { address = '127.0.0.1', amqpsPort = 5671 } = Object(cluster ?? {}) as Partial<
    Record<'address' | 'amqpsPort', unknown>
  >;
  // Its nodes have certificates where the stack says what is to be trusted.
  const own = outputs.ca === undefined ? [] : [{ host: reachable(String(address)), port: Number(amqpsPort) }];
  return [...new Map([...found, ...own].map((one) => [JSON.stringify(one), one])).values()];
}

function addressIn(url: unknown): readonly Address[] {
  if (typeof url !== 'string' || !URL.canParse(url)) return [];
  const { protocol, hostname, port } = new URL(url);
  const defaultPort = DEFAULT_PORTS[protocol];
  if (defaultPort === undefined) return [];
  return [{ host: withoutBrackets(hostname), port: port === '' ? defaultPort : Number(port) }];
}

/** What is published everywhere is found here. */
function reachable(address: string): string {
  return ['0.0.0.0', '::'].includes(address) ? '127.0.0.1' : address;
}

function ending(name: string, pem: string): Pick<FoundCertificate, 'name' | 'endsAt'> & { fault?: string } {
  try {
    return { name, endsAt: new Date(new X509Certificate(pem).validTo) };
  } catch {
    return { name, fault: "can't be read: it is no certificate" };
  }
}
