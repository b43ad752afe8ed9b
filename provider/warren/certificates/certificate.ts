/** `warren.Certificate`: of a server, signed by a stack's own authority, and made anew before it ends. */
import type { MadeType } from '../../madeType';
import type { PropertyMap } from '../../values';
import { beginningOf, endOf, issue, type Certified } from './x509';

interface ServerCertificate {
  readonly authority: Certified;
  readonly names: readonly [string, ...string[]];
  readonly addresses: readonly string[];
  readonly days: number;
}

/** What is left of its life when it is made anew: time enough for several `up`s that somebody forgets. */
const LEFT_SHARE = 1 / 3;

export const certificateType: MadeType<ServerCertificate> = {
  token: 'warren:index:Certificate',
  outputs: ['certificate', 'key'],
  secrets: ['key'],
  parse: (inputs) => {
    const [first, ...others] = (inputs.list('names') ?? []).map(String);
    if (first === undefined) inputs.fail('names', 'is empty: no client would accept the certificate');
    return {
      authority: { certificate: inputs.text('authorityCertificate'), key: inputs.text('authorityKey') },
      names: [first ?? '', ...others],
      addresses: (inputs.list('addresses') ?? []).map(String),
      days: inputs.integer('days'),
    };
  },
  make: ({ authority, days, ...names }, now) => ({ ...issue(authority, names, { days, now }) }),
  staleness: ({ certificate }: PropertyMap, now) => {
    if (typeof certificate !== 'string') return undefined;
    const [begin, end] = [beginningOf(certificate).getTime(), endOf(certificate)];
    const leftMs = end.getTime() - now.getTime();
    if (leftMs > (end.getTime() - begin) * LEFT_SHARE) return undefined;
    return `The certificate ends on ${end.toISOString().slice(0, 10)}: a new one takes its place.`;
  },
};
