/**
 * What can be tried as a user in a vhost without anybody noticing: no message reaches a queue of others, and none is
 * taken out of one. Decided from the user's permissions and from what the broker has.
 */
import { isAvailable, type QueueFigures } from '../../broker/figures/queueFigures';
import { patternMatches } from '../../topology/patterns/languages';
import { route } from '../../topology/route/route';
import type { RoutedVhost } from '../../topology/route/vhost';

export interface Permissions {
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

export interface Around {
  readonly vhost: RoutedVhost;
  readonly figures: readonly QueueFigures[];
  /** Templates of queues that applications declare at run time. */
  readonly families: readonly string[];
  /** Exchanges on which the user's routing keys are restricted. */
  readonly restricted: ReadonlySet<string>;
}

export interface TrialPlan {
  /** `own`: an exclusive queue, which goes with the connection. `passive`: whether that queue is there. */
  readonly declare: { readonly own: string } | { readonly passive: string } | Down | NotTried;
  /** `returned`: with a key that leads nowhere, so that the broker hands it back. */
  readonly publish: { readonly own: string } | { readonly returned: string } | NotTried;
  /** `empty`: as a further consumer of a queue in which nothing lies. */
  readonly consume: { readonly own: string } | { readonly empty: string } | Down | NotTried;
}

/** A queue that can't be used now, nor any other that the user may use: the broker would answer after a minute. */
export interface Down {
  readonly down: string;
}

export interface NotTried {
  readonly because: string;
}

/** The default exchange has this name where permissions are checked. */
const DEFAULT_EXCHANGE = 'amq.default';

/** @param probe a name that nothing on the broker has */
export function planTrial(permissions: Permissions, around: Around, probe: string): TrialPlan {
  const { configure, write, read } = permissions;
  // Who may declare a family's queues only has one of these.
  const names = [probe, ...around.families.map((template) => template.replace(/\{[^}]*\}/g, probe))];
  const own = names.find((name) => patternMatches(configure, name)) ?? probe;
  const mayOwn = patternMatches(configure, own);
  const mayReadOwn = mayOwn && patternMatches(read, own);
  const mayFillOwn = mayOwn && patternMatches(write, DEFAULT_EXCHANGE);
  const known = [...around.vhost.table.queues].filter((name) =>
    [read, configure, write].some((pattern) => patternMatches(pattern, name)),
  );
  return {
    declare: mayOwn ? { own } : seeing(known, around),
    publish: mayFillOwn ? { own } : publishing(write, around, probe),
    consume: mayReadOwn && mayFillOwn ? { own } : consuming(read, around),
  };
}

function seeing(known: readonly string[], { vhost, figures }: Around): TrialPlan['declare'] {
  const down = new Set(
    figures.filter((one) => one.vhost === vhost.name && !isAvailable(one)).map(({ name }) => name),
  );
  const passive = known.find((name) => !down.has(name));
  if (passive !== undefined) return { passive };
  const [first] = known;
  return first === undefined
    ? { because: 'it may neither declare queues nor use any of them' }
    : { down: first };
}

function publishing(write: string, { vhost, restricted }: Around, probe: string): TrialPlan['publish'] {
  if (patternMatches(write, DEFAULT_EXCHANGE)) return { returned: '' };
  const writable = [...vhost.table.exchanges.values()].filter(
    ({ name, isInternal }) => name !== '' && !isInternal && patternMatches(write, name),
  );
  if (writable.length === 0) return { because: 'it may publish to no exchange' };
  const free = writable.filter(({ name }) => !restricted.has(name));
  const harmless = free.find(({ name }) => leadsNowhere(vhost, name, probe));
  if (harmless !== undefined) return { returned: harmless.name };
  return { because: 'every message to the exchanges that it may publish to reaches a queue' };
}

function leadsNowhere(vhost: RoutedVhost, exchange: string, probe: string): boolean {
  const routing = route(vhost.table, exchange, { routingKeys: [probe], headers: {} });
  if (routing === undefined || routing.deliveries.length > 0) return false;
  // How an exchange of a plugin routes isn't known.
  return [...routing.steps.values()].every(({ mode }) => mode !== 'possible');
}

function consuming(read: string, { vhost, figures }: Around): TrialPlan['consume'] {
  const readable = figures.filter(
    ({ vhost: own, name, type }) => own === vhost.name && type !== 'stream' && patternMatches(read, name),
  );
  if (readable.length === 0) return { because: 'it may consume from no queue that is there' };
  const usable = readable.filter(isAvailable);
  const [first] = readable;
  if (usable.length === 0 && first !== undefined) return { down: first.name };
  const empty = usable.find(({ ready, unacknowledged }) => ready === 0 && unacknowledged === 0);
  if (empty !== undefined) return { empty: empty.name };
  return {
    because:
      'messages lie in every queue that it may consume from: taking one and giving it back would count',
  };
}
