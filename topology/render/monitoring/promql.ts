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

/** Among other brokers of the same Prometheus, whose nodes it finds by itself. */
export interface Scope {
  /** Kubernetes' namespace, which their metrics have as a label. */
  readonly namespace: string;
  /** How many nodes there should be. */
  readonly nodes: number;
}

const TEXT_OR_METRIC = /"(?:[^"\\]|\\.)*"|\b(?:rabbitmq_\w+|up|ALERTS)\b(\{)?|\{(?=__name__)/g;

/** The expression about the nodes of that scope alone: each of its selectors has one label more. */
export function scoped(expression: string, scope: Scope | undefined): string {
  if (scope === undefined) return expression;
  const matcher = `namespace=${quoted(scope.namespace)}`;
  return expression.replace(TEXT_OR_METRIC, (found) => {
    if (found.startsWith('"')) return found;
    return found.endsWith('{') ? `${found}${matcher},` : `${found}{${matcher}}`;
  });
}

/** PromQL has the escapes of JSON. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** Prometheus anchors it at both ends by itself. */
function regexOf({ name, isFamily }: Selection['queues'][number]): string {
  return isFamily ? templateParts(name).map(escapeRegex).join('.+') : escapeRegex(name);
}
