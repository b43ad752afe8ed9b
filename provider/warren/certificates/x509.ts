/** X.509 certificates: an authority, and what it signs. RSA, because every client of RabbitMQ takes it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';

/** PEM texts. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

export interface Lifetime {
  readonly days: number;
  readonly now: Date;
}

export interface ServerNames {
  /** The first one is the certificate's subject. */
  readonly names: readonly [string, ...string[]];
  /** IP addresses. */
  readonly addresses: readonly string[];
}

export type Usage = 'serverAuth' | 'clientAuth';

const AUTHORITY_BITS = 3072;
const SERVER_BITS = 2048;
const DAY_MS = 86_400_000;
/** Clocks of other machines may be behind. */
const BEFORE_MS = 300_000;
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** Signs certificates, and no further authorities. */
export function makeAuthority(commonName: string, lifetime: Lifetime): Certified {
  const keys = makeKeys(AUTHORITY_BITS);
  const certificate = prepare(commonName, keys.publicKey, lifetime);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return signed(certificate, keys.privateKey, keys.pem);
}

/** @param authority as `makeAuthority` made it */
export function issue(
  authority: Certified,
  { names, addresses }: ServerNames,
  lifetime: Lifetime,
  usages: readonly Usage[] = ['serverAuth'],
): Certified {
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const keys = makeKeys(SERVER_BITS);
  const certificate = prepare(names[0], keys.publicKey, lifetime);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', ...Object.fromEntries(usages.map((usage) => [usage, true])) },
    {
      name: 'subjectAltName',
      altNames: [
        ...names.map((value) => ({ type: DNS_NAME, value })),
        ...addresses.map((ip) => ({ type: IP_ADDRESS, ip })),
      ],
    },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  return signed(certificate, forge.pki.privateKeyFromPem(authority.key), keys.pem);
}

/** From when on it isn't valid any more. */
export function endOf(certificate: string): Date {
  return forge.pki.certificateFromPem(certificate).validity.notAfter;
}

export function beginningOf(certificate: string): Date {
  return forge.pki.certificateFromPem(certificate).validity.notBefore;
}

interface Keys {
  readonly publicKey: forge.pki.PublicKey;
  readonly privateKey: forge.pki.PrivateKey;
  readonly pem: string;
}

/** OpenSSL's, by Node: forge's own take seconds. */
function makeKeys(modulusLength: number): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return {
    pem: privateKey,
    privateKey: forge.pki.privateKeyFromPem(privateKey),
    publicKey: forge.pki.publicKeyFromPem(publicKey),
  };
}

function prepare(
  commonName: string,
  publicKey: forge.pki.PublicKey,
  { days, now }: Lifetime,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = new Date(now.getTime() - BEFORE_MS);
  certificate.validity.notAfter = new Date(now.getTime() + days * DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: commonName }]);
  return certificate;
}

/** Positive, whatever comes. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function signed(certificate: forge.pki.Certificate, signer: forge.pki.PrivateKey, key: string): Certified {
  certificate.sign(signer as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
  const lines = (pem: string): string => pem.replaceAll('\r\n', '\n');
  return { certificate: lines(forge.pki.certificateToPem(certificate)), key: lines(key) };
}
