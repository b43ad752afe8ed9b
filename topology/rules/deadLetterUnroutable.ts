import type { Policy, Topology, Vhost } from '../model';
import type { Arguments } from '../objects';
import { DEFAULT_EXCHANGE } from '../names';
import { winningPolicy } from '../resolve/index';
import type { ResolvedFamily, ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { NAMELESS_EXCHANGE } from '../route/table';
import type { Path } from '../source/index';
import { Access, shovelled } from './consumers';
import { deadLetterRoute, reachedFrom } from './deadLetterTargets';
import type { DeadLetterRoute } from './deadLetterTargets';
import { KnownNames } from './knownNames';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const deadLetterUnroutable: Rule = {
  code: 'dead-letter-unroutable',
  severity: 'error',
  title: 'Dead letters reach a queue.',
  reason: "RabbitMQ drops what an exchange can't route: these dead letters would be lost.",
  help: 'Bind a queue to that exchange, with a key that matches, or dead-letter straight to a queue.',
  sources: [docs('dlx#routing')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    exchanges:
      dead: { type: direct }
    queues:
      paid: { deadLetter: { exchange: dead, routingKey: paid } }
      failed: { maxLength: 1000, bindings: [{ exchange: dead, routingKey: failed }] }
`,
    good: `
vhosts:
  shop:
    exchanges:
      dead: { type: direct }
    queues:
      paid: { deadLetter: { exchange: dead, routingKey: failed } }
      failed: { maxLength: 1000, bindings: [{ exchange: dead, routingKey: failed }] }
`,
  },
  check: ({ topology, vhosts }) => vhosts.flatMap((vhost) => unroutable(vhost, topology)),
};

/** Whose dead letters they are, where they go, and where the file says so. */
interface Sender {
  readonly name: string;
  readonly route: DeadLetterRoute;
  readonly path: Path;
}

function unroutable({ vhost, queues, families }: ResolvedVhost, topology: Topology): Finding[] {
  const senders = [
    ...queues.flatMap((resolved) => queueSender(resolved, vhost)),
    ...families.flatMap((resolved) => familySender(resolved, vhost)),
  ];
  if (senders.length === 0) return [];
  const known = new KnownNames(vhost);
  const isBoundLater = laterBindings(vhost, topology);
  const lost = senders.filter(({ route }) => !isMissing(route, known) && !reaches(route, vhost, known));
  const findings = lost.filter(({ route }) => !isBoundLater(route)).map(finding);
  // One for each place that says so, however many queues it speaks of.
  return [...new Map(findings.reverse().map((each) => [JSON.stringify(each.path), each])).values()];
}

function queueSender({ queue, type, definition, families }: ResolvedQueue, vhost: Vhost): Sender[] {
  const { name, path, declaredWith = {}, arguments: given, settings } = queue;
  const route = deadLetterRoute({ ...given, ...declaredWith }, definition);
  if (route === undefined) return [];
  const own = placeOf({ path, declaredWith, given, isSetting: settings.deadLetter !== undefined });
  if (own !== undefined && isByQueueName(route)) return [];
  const policy = winningPolicy(vhost.policies, name, type);
  const [family] = families;
  const inherited = family?.family.settings.deadLetter === undefined ? policyPlace(policy) : undefined;
  return [{ name, route, path: own ?? inherited ?? family?.family.path ?? path }];
}

function familySender({ family, definition }: ResolvedFamily, vhost: Vhost): Sender[] {
  const { template, path, declaredWith = {}, settings } = family;
  const route = deadLetterRoute(declaredWith, definition);
  if (route === undefined) return [];
  const own = placeOf({ path, declaredWith, given: {}, isSetting: settings.deadLetter !== undefined });
  if (own !== undefined && isByQueueName(route)) return [];
  // What a policy says of a whole family stands in a policy that has no other dead letters for any of its names.
  const policy = vhost.policies.find((each) => each.definition[EXCHANGE_KEY] === route.exchange);
  return [{ name: template, route, path: own ?? policyPlace(policy) ?? path }];
}

const EXCHANGE_KEY = 'dead-letter-exchange';

function placeOf(owner: {
  readonly path: Path;
  readonly declaredWith: Arguments;
  readonly given: Arguments;
  readonly isSetting: boolean;
}): Path | undefined {
  const argument = `x-${EXCHANGE_KEY}`;
  if (argument in owner.declaredWith) return [...owner.path, 'declaredWith', argument];
  if (argument in owner.given) return [...owner.path, 'arguments', argument];
  return owner.isSetting ? [...owner.path, 'deadLetter'] : undefined;
}

function policyPlace(policy: Policy | undefined): Path | undefined {
  if (policy === undefined || !(EXCHANGE_KEY in policy.definition)) return undefined;
  return [...policy.path, 'definition', EXCHANGE_KEY];
}

/** That the queue isn't there which a queue's or family's own `deadLetter` or arguments name, missing-target says. */
function isByQueueName({ exchange }: DeadLetterRoute): boolean {
  return exchange === NAMELESS_EXCHANGE;
}

/** The same rule says it of the exchange, wherever that is named. */
function isMissing({ exchange }: DeadLetterRoute, known: KnownNames): boolean {
  return exchange !== NAMELESS_EXCHANGE && !known.hasExchange(exchange);
}

function reaches(route: DeadLetterRoute, vhost: Vhost, known: KnownNames): boolean {
  if (route.exchange !== NAMELESS_EXCHANGE) return reachedFrom(vhost, route).queues.size > 0;
  return route.routingKey === undefined || known.hasQueue(route.routingKey);
}

/**
 * Whether something may be bound there while the system runs: an application's own queues, by who may read the
 * exchange; or what a shovel makes to take the messages elsewhere.
 */
function laterBindings(vhost: Vhost, topology: Topology): (route: DeadLetterRoute) => boolean {
  const access = new Access(topology, vhost.name);
  const taken = shovelled(vhost);
  return ({ exchange }) =>
    [...reachedFrom(vhost, { exchange }).exchanges].some(
      (name) =>
        taken.has(name) ||
        (vhost.families.length > 0 && (access.permissions.length === 0 || access.mayRead(name))),
    );
}

function finding({ name, route: { exchange, routingKey }, path }: Sender): Finding {
  const where = exchange === NAMELESS_EXCHANGE ? DEFAULT_EXCHANGE : exchange;
  return {
    message: `The dead letters of "${name}" reach no queue through "${where}"${routingKey === undefined ? '' : ` with the key "${routingKey}"`}.`,
    reason: "RabbitMQ drops what it can't route: these messages would be lost.",
    help: 'Bind a queue to that exchange, with a key that matches, or dead-letter straight to a queue.',
    path,
    part: 'key' as const,
  };
}
