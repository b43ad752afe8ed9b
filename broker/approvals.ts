/** Approvals: the names of the objects that may be lost, in the words in which a refusal asks for them. */

/** What an approval can name: `queue NAME@VHOST` or `vhost NAME`; `*` approves everything. */
export type Approvals = ReadonlySet<string>;

const EVERYTHING = '*';

/** From a list, or from text with commas or line breaks between the approvals. */
export function parseApprovals(source: string | readonly string[] | undefined): Approvals {
  const items = typeof source === 'string' ? source.split(/[,\n]/) : (source ?? []);
  return new Set(items.map((item) => item.trim()).filter((item) => item !== ''));
}

export function approvesQueue(approvals: Approvals, vhost: string, name: string): boolean {
  return approvals.has(EVERYTHING) || approvals.has(`queue ${name}@${vhost}`);
}

export function approvesVhost(approvals: Approvals, name: string): boolean {
  return approvals.has(EVERYTHING) || approvals.has(`vhost ${name}`);
}
