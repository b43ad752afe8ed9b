/**
 * Policies are changed one request after another, in no certain order; those that go, go last. Where a queue moves from
 * one to another, there may be an instant in which neither takes it: what it would be without there.
 */
import type { Arguments, QueueType } from '../objects';
import { appliesToType } from '../resolve/index';
import { patternMatches } from '../patterns/languages';
import { byPriority } from '../route/policies';
import type { IndexedPolicy } from '../route/policies';
import type { Reason } from './model';
import { isAtLeastAsBad } from './model';
import { queueReasons } from './queueReasons';
import type { Surroundings } from './queueReasons';
import { reason } from './reasons';
import { effectiveUnder } from './sideIndex';
import type { EffectiveQueue } from './sideIndex';
import type { ChangedPolicy, VhostPair } from './vhostPair';

interface Subject {
  readonly name: string;
  readonly given: Arguments;
  readonly type: QueueType;
  readonly old: EffectiveQueue;
  /** What the change itself does, in the end. */
  readonly reasons: readonly Reason[];
  readonly what: string;
  readonly surroundings: Surroundings;
}

/** More policies than these for one queue are not tried in every order: then each alone, and all but each. */
const ORDERS_MAX = 6;

export function gapReasons(
  pair: VhostPair,
  subject: Subject,
): { readonly reasons: readonly Reason[]; readonly causes: readonly string[] } {
  const { name, type } = subject;
  const concerned = pair
    .changedFor(name)
    .filter(({ before, after }) =>
      [before, after].some((policy) => policy !== undefined && takes(policy, name, type)),
    );
  if (concerned.length < 2) return NO_GAP;
  const known = new Set(subject.reasons.map(({ code }) => code));
  for (const state of statesBetween(concerned)) {
    const winner = (kind: ChangedPolicy['kind']): IndexedPolicy | undefined => {
      const there = state.filter((policy) => policy.kind === kind && takes(policy, name, type));
      const other = pair.unchanged[kind].forQueue(name, type);
      return [...there, ...(other === undefined ? [] : [other])].sort(byPriority)[0];
    };
    const between = effectiveUnder(subject.given, type, pair.sides.head.target, {
      policy: winner('policy'),
      operatorPolicy: winner('operatorPolicy'),
    });
    const [worse] = queueReasons(subject.old, between, subject.what, subject.surroundings).filter(
      (each) => isAtLeastAsBad(each.class, 'destructive') && !known.has(each.code),
    );
    if (worse !== undefined) {
      return { reasons: [gap(subject.what, worse)], causes: concerned.map(({ key }) => key) };
    }
  }
  return NO_GAP;
}

const NO_GAP = { reasons: [], causes: [] } as const;

function gap(what: string, worse: Reason): Reason {
  return reason(
    'policy-gap',
    `Between two requests, for an instant, no policy or another one applies to ${what}. If something happens to a message just then: ${worse.why}`,
    'Do it while nothing is rejected or expires; or bring the new policy in one change, and take the old one away in the next.',
  );
}

function takes(policy: IndexedPolicy, name: string, type: QueueType): boolean {
  return appliesToType(policy.applyTo, type) && patternMatches(policy.pattern, name);
}

type Present = NonNullable<ChangedPolicy['after']>;

/** The policies that are there after some of the changes: first what comes and changes, in any order; then what goes. */
function* statesBetween(concerned: readonly ChangedPolicy[]): Generator<readonly Present[]> {
  const staying = concerned.filter(({ after }) => after !== undefined);
  const going = concerned.filter(({ after }) => after === undefined);
  for (const done of someOf(staying)) {
    yield concerned.flatMap((each) => (done.has(each) ? (each.after ?? []) : (each.before ?? [])));
  }
  for (const done of someOf(going)) {
    yield concerned.flatMap((each) => (done.has(each) ? [] : (each.after ?? each.before ?? [])));
  }
}

function someOf(items: readonly ChangedPolicy[]): Set<ChangedPolicy>[] {
  if (items.length > ORDERS_MAX) {
    return items.flatMap((item) => [new Set([item]), new Set(items.filter((each) => each !== item))]);
  }
  return Array.from(
    { length: 2 ** items.length },
    (_, bits) => new Set(items.filter((_item, index) => (bits & (1 << index)) !== 0)),
  );
}
