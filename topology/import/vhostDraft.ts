/** One vhost in the words of the language. */
import { PREDECLARED_EXCHANGES, capitalised, compareNames } from '../names';
import { identityKey } from '../objects';
import type { BindingObject, PolicyObject, QueueType } from '../objects';
import { QUOTAS_POLICY } from '../expand/quotas';
import type { Target } from '../target';
import { isAtLeast } from '../target';
import type { Comments } from './comments';
import { namesInComment } from './comments';
import { findFamilies } from './families';
import type { ListedFamily } from './families';
import { exchangeTable, queueTable } from './objectTables';
import { placeParameter } from './parameters';
import { splitPolicies } from './policies';
import type { SplitPolicies } from './policies';
import { counted } from './report';
import type { ReportBuilder } from './report';
import { foldRetries } from './retries';
import { wordsOf } from './settings';
import { foldSuperStreams } from './superStreams';
import { policyTable, policyTables } from './verbatimPolicies';
import type { VhostParts } from './vhostParts';
import type { Table, Value } from './yamlText';

export interface VhostContext {
  readonly target: Target;
  readonly comments: Comments;
  readonly report: ReportBuilder;
  /** Whether many equal queues are taken for a family. */
  readonly byName: boolean;
  /** Everything in RabbitMQ's own words: no intent is looked for. */
  readonly isPlain: boolean;
  /** Celery has made its own objects in this vhost. */
  readonly hasCelery: boolean;
  /**
   * For the rules alone: every queue and policy stays what and where it is, under its own name, and arguments are of
   * whoever manages the queue.
   */
  readonly isForRules?: boolean;
}

export function draftVhost(parts: VhostParts, context: VhostContext): Table {
  const { target, isPlain, comments } = context;
  const path = ['vhosts', parts.name];
  const withoutFamilies = context.isForRules === true;
  const split = isPlain
    ? allVerbatim(parts)
    : splitPolicies({ ...policyContext(parts, target), withoutFamilies });
  const bound = bindingsByDestination(parts);
  const families =
    isPlain || withoutFamilies
      ? []
      : findFamilies({
          defaultType: defaultTypeOf(parts),
          queues: parts.of('queue'),
          split,
          byName: context.byName,
          isBound: (queue) => bound.has(placeOf('queue', queue.name)),
        });
  const tables = objectTables(parts, { context, split, families, bound });
  tellPolicies(parts.name, split, context);
  tellFamilies(path, families, context);
  const { policies, operatorPolicies, quotas } = policySections(parts, split, path, context);
  return present({
    ...vhostSettings(parts, context),
    quotas,
    ...(context.hasCelery ? { celery: null } : {}),
    exchanges: tables.exchanges,
    queues: tables.queues,
    families: Object.fromEntries(families.map(({ template, table }) => [template, table])),
    superStreams: tables.superStreams,
    policies,
    operatorPolicies,
    ...parameterSections(parts, path, { comments, report: context.report }),
  });
}

function allVerbatim(parts: VhostParts): SplitPolicies {
  return { settings: new Map(), families: [], verbatim: parts.of('policy'), said: [] };
}

function policyContext(parts: VhostParts, target: Target): Parameters<typeof splitPolicies>[0] {
  const [queues, exchanges] = [parts.of('queue'), parts.of('exchange')];
  const known = {
    queue: new Set(queues.map(({ name }) => name)),
    exchange: new Set([...exchanges.map(({ name }) => name), ...PREDECLARED_EXCHANGES]),
  };
  return {
    policies: parts.of('policy'),
    queues,
    exchanges,
    target,
    isTarget: (kind, name) => known[kind].has(name),
  };
}

type Bound = ReadonlyMap<string, readonly BindingObject[]>;

function placeOf(kind: string, name: string): string {
  return `${kind} ${name}`;
}

function bindingsByDestination(parts: VhostParts): Bound {
  const found = new Map<string, BindingObject[]>();
  for (const binding of parts.of('binding')) {
    const key = placeOf(binding.destinationType, binding.destination);
    const list = found.get(key);
    if (list === undefined) found.set(key, [binding]);
    else list.push(binding);
  }
  return found;
}

interface TableContext {
  readonly context: VhostContext;
  readonly split: SplitPolicies;
  readonly families: readonly ListedFamily[];
  readonly bound: Bound;
}

function objectTables(
  parts: VhostParts,
  { context, split, families, bound }: TableContext,
): Readonly<Record<'exchanges' | 'queues' | 'superStreams', Readonly<Record<string, Table>>>> {
  const members = new Set(families.flatMap((family) => family.members));
  const defaultType = defaultTypeOf(parts);
  const sorted = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
    [...items].sort((a, b) => compareNames(a.name, b.name));
  const exchanges = sorted(parts.of('exchange')).map(
    (exchange) =>
      [exchange.name, exchangeTable(exchange, bound.get(placeOf('exchange', exchange.name)) ?? [])] as const,
  );
  const queues = sorted(parts.of('queue'))
    .filter((queue) => !members.has(queue))
    .map((queue) => {
      const words = split.settings.get(queue.name);
      const bindings = bound.get(placeOf('queue', queue.name)) ?? [];
      const argumentsOf = context.isForRules === true ? 'manager' : 'application';
      return [queue.name, queueTable(queue, { words, bindings, defaultType, argumentsOf })] as const;
    });
  const listed = {
    defaultQueueType: defaultType,
    exchanges: Object.fromEntries(exchanges),
    queues: Object.fromEntries(queues),
  };
  if (context.isPlain) return { ...listed, superStreams: {} };
  const streams = foldSuperStreams(listed, parts.of('exchange'));
  const retried = foldRetries(streams, context.target);
  for (const [name, { partitions }] of Object.entries(streams.superStreams)) {
    recognise(context, parts.name, `super stream "${name}" of ${counted(Number(partitions), 'partition')}`);
  }
  for (const { queue, method, attempts } of retried.found) {
    recognise(context, parts.name, `retry of queue "${queue}": ${method} of ${counted(attempts, 'attempt')}`);
  }
  return { exchanges: retried.exchanges, queues: retried.queues, superStreams: streams.superStreams };
}

function defaultTypeOf(parts: VhostParts): QueueType {
  return parts.of('vhost')[0]?.defaultQueueType ?? 'classic';
}

function recognise({ report }: VhostContext, vhost: string, text: string): void {
  report.recognised.push({ vhost, text });
}

/** Policies that Warren made get their names again: nothing about them is new. */
function tellPolicies(vhost: string, split: SplitPolicies, context: VhostContext): void {
  const renamed = split.said.filter(({ name }) => !/^warren(-family)?\./.test(name));
  if (renamed.length > 0) {
    const names = renamed.map(({ name }) => name).sort(compareNames);
    context.comments.add(
      ['vhosts', vhost],
      `What ${names.length === 1 ? 'the policy' : 'the policies'} ${namesInComment(names)} said stands with the queues. It is compiled`,
      'to policies of other names; for every queue the same counts as before.',
    );
  }
  for (const { name } of split.said) {
    recognise(context, vhost, `policy "${name}": what it says stands with its queues`);
  }
  for (const { name } of split.verbatim) context.report.verbatim.push({ vhost, text: `policy "${name}"` });
}

function tellFamilies(
  path: readonly string[],
  families: readonly ListedFamily[],
  context: VhostContext,
): void {
  const [, vhost = ''] = path;
  for (const { template, members, found } of families) {
    const at = [...path, 'families', template];
    recognise(context, vhost, `family "${template}" of ${counted(members.length, 'queue')} on the broker`);
    if (members.length > 0) {
      context.comments.add(
        at,
        `${counted(members.length, 'queue')} of it on the broker: its application makes them.`,
      );
    }
    if (found === undefined)
      context.comments.add(
        at,
        'Known by their names alone: list them as queues if nobody makes them at run time.',
      );
    if (found?.alsoMatches !== undefined) {
      context.comments.add(
        at,
        `The policy ${namesInComment([found.policy.name])} matched a queue ${namesInComment([found.alsoMatches])} as well, if there ever was one.`,
      );
    }
    const why = `it belongs to the family "${template}"`;
    context.report.leftOut.push(...members.map((object) => ({ object, why })));
    for (const member of members) context.report.familyOf.set(identityKey(member), template);
  }
}

function vhostSettings(
  parts: VhostParts,
  { target, isForRules }: VhostContext,
): Readonly<Record<string, Value | undefined>> {
  const [vhost] = parts.of('vhost');
  const [limits] = parts.of('vhostLimits');
  const type = vhost?.defaultQueueType;
  return {
    description: vhost?.description === '' ? undefined : vhost?.description,
    tags: vhost?.tags?.length === 0 ? undefined : vhost?.tags,
    defaultQueueType:
      isForRules !== true && (type === 'classic' || !isAtLeast(target, '3.11')) ? undefined : type,
    deletionProtection: vhost?.deletionProtection === true ? true : undefined,
    limits:
      limits === undefined
        ? undefined
        : present({ maxConnections: limits.maxConnections, maxQueues: limits.maxQueues }),
  };
}

function policySections(
  parts: VhostParts,
  split: SplitPolicies,
  path: readonly string[],
  { comments, report, isForRules }: VhostContext,
): Record<'policies' | 'operatorPolicies', Table> & { quotas: Table | undefined } {
  const operators = parts.of('operatorPolicy');
  const quotas = quotasOf(operators);
  const others = quotas === undefined ? operators : operators.filter(({ name }) => name !== QUOTAS_POLICY);
  const section = (name: string, policies: readonly PolicyObject[]): Table => {
    if (isForRules === true)
      return Object.fromEntries(
        policies.map((policy) => [policy.name, policyTable(policy, policy.priority)]),
      );
    return Object.fromEntries(
      policyTables(policies).map((each) => {
        const said = each.changed.map((text) => `${capitalised(text)}.`);
        comments.add([...path, name, each.name], ...said);
        return [each.name, each.table];
      }),
    );
  };
  for (const { name } of others)
    report.verbatim.push({ vhost: parts.name, text: `operator policy "${name}"` });
  return {
    quotas,
    policies: section('policies', split.verbatim),
    operatorPolicies: section('operatorPolicies', others),
  };
}

const QUOTA_WORDS = ['ttl', 'expires', 'maxLength', 'maxLengthBytes'];

/** Quotas come after all other operator policies, which hold them too. */
function quotasOf(operators: readonly PolicyObject[]): Table | undefined {
  const policy = operators.find(({ name }) => name === QUOTAS_POLICY);
  const words = policy === undefined ? undefined : wordsOf(policy.definition);
  if (policy === undefined || words === undefined || policy.pattern !== '.*') return undefined;
  if (!Object.keys(words.table).every((word) => QUOTA_WORDS.includes(word))) return undefined;
  const others = operators.filter((each) => each !== policy).map(({ priority }) => priority);
  if (policy.priority !== Math.min(0, ...others) - 1) return undefined;
  const holdsQuotas = operators.every(({ definition }) =>
    Object.entries(policy.definition).every(([key, quota]) => {
      const own = definition[key];
      return typeof own === 'number' && typeof quota === 'number' && own <= quota;
    }),
  );
  return holdsQuotas ? words.table : undefined;
}

function parameterSections(
  parts: VhostParts,
  path: readonly string[],
  { comments, report }: Pick<VhostContext, 'comments' | 'report'>,
): Readonly<Record<string, Table>> {
  const sections: Record<string, Record<string, Value>> = {};
  const sorted = [...parts.of('parameter')].sort(
    (a, b) => compareNames(a.component, b.component) || compareNames(a.name, b.name),
  );
  for (const parameter of sorted) {
    const { component, name } = parameter;
    const place = placeParameter(parameter);
    if (place === undefined) {
      report.leftOut.push({ object: parameter, why: 'its value is no table' });
      comments.add(
        path,
        `Left out: the ${namesInComment([component])} ${namesInComment([name])}, whose value is no table.`,
      );
      continue;
    }
    if (place.isVerbatim) report.verbatim.push({ vhost: parts.name, text: `${component} "${name}"` });
    if (place.lost !== undefined) comments.add([...path, ...place.path], `Not said here: ${place.lost}.`);
    put(sections, place.path, place.table);
  }
  const order = ['federationUpstreams', 'federationUpstreamSets', 'shovels', 'parameters'];
  return Object.fromEntries(
    order.flatMap((name) => (sections[name] === undefined ? [] : [[name, sections[name]]])),
  );
}

function put(sections: Record<string, Record<string, Value>>, path: readonly string[], value: Value): void {
  let at: Record<string, Value> = sections;
  for (const step of path.slice(0, -1)) {
    const inner = Object.hasOwn(at, step) ? at[step] : {};
    Object.defineProperty(at, step, { value: inner, enumerable: true, configurable: true, writable: true });
    at = inner as Record<string, Value>;
  }
  const last = path.at(-1) ?? '';
  Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
}

/** Without what is undefined, and without empty sections. */
function present(table: Readonly<Record<string, Value | undefined>>): Table {
  const entries = Object.entries(table).filter((entry): entry is [string, Value] => {
    const [, value] = entry;
    if (value === undefined) return false;
    return !(
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length === 0
    );
  });
  return Object.fromEntries(entries);
}
