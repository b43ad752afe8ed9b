/** PromQL's words for what a topology names. */
import { compareNames } from '../../names';
import { escapeRegex } from '../../patterns/brokerRegex';
import { templateParts } from '../../patterns/template';

/** Queues of one vhost; families by their templates. */
export interface Selection {
  readonly vhost: string;
  readonly queues: readonly { readonly name: string; readonly isFamily: boolean }[];
}

/** `{vhost="shop",queue="orders"}`, or a regular expression where it is more than one name. */
export function selector({ vhost, queues }: Selection): string {
  const sorted = [...queues].sort((a, b) => compareNames(a.name, b.name));
  const [first] = sorted;
  const queue =
    sorted.length === 1 && first?.isFamily === false
      ? `queue=${quoted(first.name)}`
      : `queue=~${quoted(sorted.map(regexOf).join('|'))}`;
  return `{vhost=${quoted(vhost)},${queue}}`;
}

/** The leader of a queue tells its figures; for a moment after it moved, two nodes do. */
export function perQueue(expression: string): string {
  return `max by (vhost, queue) (${expression})`;
}

/** PromQL has the escapes of JSON. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Prometheus anchors it at both ends by itself. */
function regexOf({ name, isFamily }: Selection['queues'][number]): string {
  return isFamily ? templateParts(name).map(escapeRegex).join('.+') : escapeRegex(name);
}
