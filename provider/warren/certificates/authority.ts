/** `warren.Authority`: a certificate authority of a stack's own, which lives in its state. */
import type { MadeType } from '../../madeType';
import type { PropertyMap } from '../../values';
import { endOf, makeAuthority } from './x509';

interface Authority {
  readonly commonName: string;
  readonly days: number;
}

const WARN_DAYS = 180;
const DAY_MS = 86_400_000;

export const authorityType: MadeType<Authority> = {
  token: 'warren:index:Authority',
  outputs: ['certificate', 'key'],
  secrets: ['key'],
  parse: (inputs) => ({ commonName: inputs.text('commonName'), days: inputs.integer('days') }),
  make: ({ commonName, days }, now) => ({ ...makeAuthority(commonName, { days, now }) }),
  warning: ({ certificate }: PropertyMap, now) => {
    if (typeof certificate !== 'string') return undefined;
    const end = endOf(certificate);
    if (end.getTime() - now.getTime() > WARN_DAYS * DAY_MS) return undefined;
    return `This certificate authority ends on ${end.toISOString().slice(0, 10)}: begin with another one (docker.cluster.tls.authorities), and let every client trust both, well before.`;
  },
};
