/**
 * What the policies of both sides make of what is there: for each queue and exchange that stays, for each family, and
 * for what else a pattern takes. Only what differs in the end is an effect, whoever brings it about.
 */
import type { Arguments, ObjectOfKind, PolicyObject } from '../objects';
import { canonicalJson, identityKey } from '../objects';
import { comparePatterns } from '../patterns/languages';
import { literalNames } from '../patterns/literals';
import { NOTHING_PATTERN } from '../patterns/namesPattern';
import { templateMatches, templateRegex } from '../patterns/template';
import type { IndexedPolicy } from '../route/policies';
import type { ChangeClass, Effect, EffectSubject, FieldChange, Reason } from './model';
import { worstOf } from './model';
import type { ObjectChange } from './objectChanges';
import { numbersOfSubject } from './liveNumbers';
import { gapReasons } from './policyGaps';
import { effectiveChanges, exchangeReasons, queueReasons } from './queueReasons';
import { effectiveExchange, effectiveQueue, workersOf } from './sideIndex';
import type { Effective, EffectiveQueue } from './sideIndex';
import { familiesOf, pairOf, surroundingsOf } from './vhostPair';
import type { Sides, VhostPair } from './vhostPair';

/** An effect, and whose change brings it about: the keys of policies, or of the queue or exchange itself. */
export interface AttributedEffect {
  readonly effect: Effect;
  readonly causes: readonly string[];
}

/** Of all vhosts that are on both sides. */
export function policyEffects(sides: Sides, changes: readonly ObjectChange[]): AttributedEffect[] {
  return [...sides.base.vhosts.values()].flatMap((base) => {
    const head = sides.head.vhosts.get(base.name);
    return head === undefined ? [] : vhostEffects(pairOf(sides, base, head, changes));
  });
}

function vhostEffects(pair: VhostPair): AttributedEffect[] {
  const { base, head } = pair;
  const queues = [...base.parts.queues.values()].flatMap((before) => {
    const after = head.parts.queues.get(before.name);
    return after === undefined ? [] : queueEffect(pair, before, after);
  });
  const exchanges = base.parts.exchanges.flatMap((before) => {
    const after = head.exchanges.get(before.name);
    return after === undefined ? [] : exchangeEffect(pair, before, after);
  });
  if (pair.changed.length === 0) return [...queues, ...exchanges];
  return [
    ...queues,
    ...exchanges,
    ...unmanagedEffects(pair),
    ...familyEffects(pair),
    ...unlistedEffects(pair),
  ];
}

function queueEffect(
  pair: VhostPair,
  before: ObjectOfKind<'queue'>,
  after: ObjectOfKind<'queue'>,
): AttributedEffect[] {
  const { base, head } = pair.sides;
  const isSameTarget = base.side.target === head.side.target;
  if (isSameTarget && pair.changed.length === 0 && !hasOtherSettings(before.arguments, after.arguments))
    return [];
  const { vhost, name } = after;
  const subject = { kind: 'queue', vhost, name } as const;
  return namedEffect(
    pair,
    subject,
    { name, before: before.arguments, after: after.arguments },
    identityKey(after),
  );
}

interface Declared {
  readonly name: string;
  readonly before: Arguments;
  readonly after: Arguments;
}

/** Of a queue with this name and these arguments, be it listed or not. */
function namedEffect(
  pair: VhostPair,
  subject: EffectSubject,
  { name, before, after }: Declared,
  ownKey?: string,
): AttributedEffect[] {
  const { sides, head } = pair;
  const { target } = sides.head;
  const { old, comesWithTarget } = queueBefore(pair, name, before);
  const now = effectiveQueue(head, name, after, target);
  const what = subjectInWords(subject);
  const surroundings = surroundingsOf(head, familiesOf(sides.head, head.name));
  const reasons = queueReasons(old, now, what, surroundings);
  const gaps = gapReasons(pair, { name, given: after, type: now.type, old, reasons, what, surroundings });
  const fields = effectiveChanges(old.definition, now.definition);
  if (fields.length === 0 && reasons.length === 0 && gaps.reasons.length === 0) return [];
  const isOwn = ownKey !== undefined && (comesWithTarget || hasOtherSettings(before, after));
  const causes = [...causesOf(pair, old, now), ...(isOwn ? [ownKey] : []), ...gaps.causes];
  return [
    { effect: effectOf(pair, subject, { old, now, fields, reasons: [...reasons, ...gaps.reasons] }), causes },
  ];
}

/** With the delivery limit of the base's target: from 4.0 on there is one where nobody says one. */
function queueBefore(
  { sides, base }: VhostPair,
  name: string,
  given: Arguments,
): { readonly old: EffectiveQueue; readonly comesWithTarget: boolean } {
  const queue = effectiveQueue(base, name, given, sides.head.target);
  const { target } = sides.base.side;
  if (target === sides.head.target) return { old: queue, comesWithTarget: false };
  const { settings } = effectiveQueue(base, name, given, target);
  return {
    old: { ...queue, settings },
    comesWithTarget: settings.deliveryLimit !== queue.settings.deliveryLimit,
  };
}

function hasOtherSettings(before: Arguments, after: Arguments): boolean {
  return effectiveChanges(before, after).length > 0;
}

/** Queues of the broker that nobody lists; those of families count there. */
function unmanagedEffects(pair: VhostPair): AttributedEffect[] {
  return unmanagedQueues(pair).flatMap(({ vhost, name, arguments: given }) =>
    namedEffect(pair, { kind: 'unmanaged', vhost, name }, { name, before: given, after: given }),
  );
}

function unmanagedQueues({ sides, head }: VhostPair): ObjectOfKind<'queue'>[] {
  const families = familiesOf(sides.head, head.name);
  return (sides.others ?? []).filter(
    (object): object is ObjectOfKind<'queue'> =>
      object.kind === 'queue' &&
      object.vhost === head.name &&
      !families.some(({ template }) => templateMatches(template, object.name)),
  );
}

function exchangeEffect(
  pair: VhostPair,
  before: ObjectOfKind<'exchange'>,
  after: ObjectOfKind<'exchange'>,
): AttributedEffect[] {
  const { vhost, name } = after;
  const subject = { kind: 'exchange', vhost, name } as const;
  const old = effectiveExchange(pair.base, name, before.arguments);
  const now = effectiveExchange(pair.head, name, after.arguments);
  const fields = effectiveChanges(old.definition, now.definition);
  if (fields.length === 0) return [];
  const reasons = exchangeReasons(old, now, subjectInWords(subject), surroundingsOf(pair.head, []));
  const isOwn = hasOtherSettings(before.arguments, after.arguments);
  const causes = [...causesOf(pair, old, now), ...(isOwn ? [identityKey(after)] : [])];
  return [{ effect: effectOf(pair, subject, { old, now, fields, reasons }), causes }];
}

/** A family by some of its names: one of its own, and for each policy that changes one that it takes, and one that not. */
function familyEffects(pair: VhostPair): AttributedEffect[] {
  const { sides, base, head } = pair;
  const families = new Map(
    [...familiesOf(sides.base, base.name), ...familiesOf(sides.head, head.name)].map((each) => [
      each.template,
      each,
    ]),
  );
  return [...families.values()].flatMap(({ template, declaredWith = {} }) => {
    const regex = templateRegex(template);
    const patterns = pair.changed.flatMap(({ before, after }) => [before?.pattern, after?.pattern]);
    const examples = patterns.flatMap((pattern) => {
      if (pattern === undefined) return [];
      const { both, onlyB } = comparePatterns(pattern, regex) ?? {};
      return [both, onlyB].filter((name) => name !== undefined);
    });
    const name = template.replace(/\{[A-Za-z_][A-Za-z0-9_]*\}/g, '1');
    return firstOfEachKind([name, ...examples], (example) =>
      namedEffect(
        pair,
        { kind: 'family', vhost: head.name, name: template, example },
        { name: example, before: declaredWith, after: declaredWith },
      ),
    );
  });
}

/** Names that a changed pattern takes and that nobody lists: the queues may be there all the same. */
function unlistedEffects(pair: VhostPair): AttributedEffect[] {
  const { sides, base, head } = pair;
  const families = [...familiesOf(sides.base, base.name), ...familiesOf(sides.head, head.name)];
  const unmanaged = new Set(unmanagedQueues(pair).map(({ name }) => name));
  const isListed = (name: string): boolean =>
    unmanaged.has(name) ||
    base.parts.queues.has(name) ||
    head.parts.queues.has(name) ||
    families.some(({ template }) => templateMatches(template, name));
  return pair.changed.flatMap(({ before, after }) =>
    [before, takesTheSame(before, after) ? undefined : after].flatMap((policy) => {
      if (policy === undefined || policy.applyTo === 'exchanges') return [];
      const example = namesOf(policy.pattern).find((name) => !isListed(name));
      if (example === undefined) return [];
      const subject = { kind: 'unlisted', vhost: head.name, name: policy.pattern, example } as const;
      const type = TYPES_OF[policy.applyTo] ?? {};
      return namedEffect(pair, subject, { name: example, before: type, after: type });
    }),
  );
}

function takesTheSame(before: PolicyObject | undefined, after: PolicyObject | undefined): boolean {
  return before?.pattern === after?.pattern && before?.applyTo === after?.applyTo;
}

/** As what a queue must be declared for such a policy to apply. */
const TYPES_OF: Readonly<Partial<Record<PolicyObject['applyTo'], Arguments>>> = {
  quorum_queues: { 'x-queue-type': 'quorum' },
  streams: { 'x-queue-type': 'stream' },
  classic_queues: { 'x-queue-type': 'classic' },
};

/** Some names that the pattern takes: all that it lists, or a shortest one. */
function namesOf(pattern: string): readonly string[] {
  const listed = literalNames(pattern);
  if (listed !== undefined) return listed;
  const { onlyA } = comparePatterns(pattern, NOTHING_PATTERN) ?? {};
  return onlyA === undefined ? [] : [onlyA, `warren-unlisted-${onlyA}`];
}

function firstOfEachKind(
  names: readonly string[],
  effectsOf: (name: string) => AttributedEffect[],
): AttributedEffect[] {
  const seen = new Set<string>();
  return [...new Set(names)].flatMap(effectsOf).filter(({ effect }) => {
    const key = JSON.stringify([
      effect.fields,
      effect.policyBefore,
      effect.policyAfter,
      effect.reasons.map(({ code }) => code),
    ]);
    return seen.has(key) ? false : seen.add(key);
  });
}

/** The policies that win on either side, as far as they changed: the new ones, or else those that won no more. */
function causesOf({ changed }: VhostPair, old: Effective, now: Effective): string[] {
  return (['policy', 'operatorPolicy'] as const).flatMap((kind) => {
    const keyOf = (policy: IndexedPolicy | undefined): string | undefined =>
      policy === undefined
        ? undefined
        : changed.find((each) => each.kind === kind && (each.after ?? each.before)?.name === policy.name)
            ?.key;
    const [before, after] = [old[kind], now[kind]];
    const isSame = canonicalJson(before?.definition ?? null) === canonicalJson(after?.definition ?? null);
    if (before?.name === after?.name && isSame) return [];
    return [keyOf(after) ?? keyOf(before)].filter((key) => key !== undefined);
  });
}

interface Difference {
  readonly old: Effective;
  readonly now: Effective;
  readonly fields: readonly FieldChange[];
  readonly reasons: readonly Reason[];
}

function effectOf(
  { sides }: VhostPair,
  subject: EffectSubject,
  { old, now, fields, reasons }: Difference,
): Effect {
  const isConsumed = (worker: { readonly vhost?: string; readonly queues: readonly string[] }): boolean =>
    subject.kind === 'queue' && worker.vhost === subject.vhost && worker.queues.includes(subject.name);
  const known: ChangeClass[] = reasons.map((each) => each.class);
  const live = numbersOfSubject([sides.base.side, sides.head.side], subject, lengthMaxOf(now));
  return {
    subject,
    fields,
    ...(old.policy === undefined ? {} : { policyBefore: old.policy.name }),
    ...(now.policy === undefined ? {} : { policyAfter: now.policy.name }),
    class: known.length === 0 ? 'safe' : worstOf(['safe', ...known]),
    reasons,
    workers: [...new Set([...workersOf(sides.base, isConsumed), ...workersOf(sides.head, isConsumed)])],
    ...(live === undefined ? {} : { live }),
  };
}

function lengthMaxOf({ definition }: Effective): number | undefined {
  const limit = definition['max-length'];
  return typeof limit === 'number' && (definition.overflow ?? 'drop-head') === 'drop-head'
    ? limit
    : undefined;
}

export function subjectInWords(subject: EffectSubject): string {
  const name = JSON.stringify(subject.name);
  switch (subject.kind) {
    case 'queue':
      return `queue ${name}`;
    case 'unmanaged':
      return `queue ${name} (not in the topology)`;
    case 'exchange':
      return `exchange ${name}`;
    case 'family':
      return `the family ${name}`;
    case 'unlisted':
      return `any queue that ${name} takes`;
  }
}
