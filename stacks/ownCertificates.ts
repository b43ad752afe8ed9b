/** Certificates that a stack makes by itself, and the authorities that sign them. */
import * as net from 'node:net';
import * as pulumi from '@pulumi/pulumi';
import { Authority, Certificate } from '../provider/warren/certificateResources';

/** PEM texts. */
export interface ClusterCertificates {
  /** All that clients trust. */
  readonly ca: pulumi.Input<string>;
  /** The same for a provider, which can't wait: a preview leaves out the authorities that only its `up` makes. */
  readonly caNow: pulumi.Input<string>;
  readonly certificate: pulumi.Input<string>;
  /** Secret. */
  readonly key: pulumi.Input<string>;
}

export interface OwnCertificatesArgs {
  /** Numbers; the first one signs. */
  readonly authorities: readonly number[];
  /** Of the certificate: another number is another certificate. */
  readonly generation: number;
  /** Begins the authorities' names. */
  readonly prefix: string;
  /** Of the cluster: DNS names, among which may be IP addresses where somebody says them. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  readonly provider: pulumi.ProviderResource;
}

const AUTHORITY_DAYS = 3650;
/** As long as public ones may live at most. */
const CERTIFICATE_DAYS = 397;

/** All authorities are trusted, and the first one signs: so another one can come before anybody needs it. */
export function ownCertificates(args: OwnCertificatesArgs): ClusterCertificates {
  const { authorities, generation, prefix, names, addresses, provider } = args;
  const all = authorities.map(
    (number) =>
      new Authority(
        `authority-${number}`,
        { commonName: `${prefix} authority ${number}`, days: AUTHORITY_DAYS },
        { provider },
      ),
  );
  const [signer] = all;
  if (signer === undefined) throw new Error('there is an authority for each number');
  const certificate = new Certificate(
    'certificate',
    {
      authorityCertificate: signer.certificate,
      authorityKey: signer.key,
      ...subjectOf(names, addresses),
      days: CERTIFICATE_DAYS,
      // Left out where it says nothing: certificates that are there stay as they are.
      ...(generation === 1 ? {} : { generation }),
    },
    { provider },
  );
  const texts = all.map((one) => one.certificate);
  return {
    ca: pulumi.all(texts).apply((known) => known.join('')),
    caNow: pulumi.output(Promise.all(texts.map(nowOf)).then((known) => known.join(''))),
    certificate: certificate.certificate,
    key: certificate.key,
  };
}

/** Empty where nobody knows it yet. */
async function nowOf(text: pulumi.Output<string>): Promise<string> {
  // Part of the SDK's outputs, but not of their types.
  const { isKnown } = text as pulumi.Output<string> & { readonly isKnown: Promise<boolean> };
  if (!(await isKnown)) return '';
  return new Promise((resolve) => {
    text.apply(resolve);
  });
}

/** An address that somebody says among the names is one all the same: clients look for it nowhere else. */
export function subjectOf(
  names: readonly string[],
  addresses: readonly string[],
): { readonly names: string[]; readonly addresses: string[] } {
  const isAddress = (name: string): boolean => net.isIP(name) !== 0;
  return {
    names: [...new Set(names.filter((name) => !isAddress(name)))],
    addresses: [...new Set([...addresses, ...names.filter(isAddress)])],
  };
}
