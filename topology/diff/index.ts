/** The semantic diff: what a change of a topology does on a broker, to messages and to clients. */
import type { BrokerObject } from '../objects';
import { ownName, vhostOf } from '../objectNames';
import type { AttributedEffect } from './effects';
import { policyEffects } from './effects';
import { CHANGE_CLASSES, DIFF_VERSION, worstOf } from './model';
import type { Change, ChangeClass, DiffSummary, Effect, Side, TopologyDiff } from './model';
import type { ObjectChange } from './objectChanges';
import { compareObjects, inOrder } from './objectChanges';
import { objectReasons } from './objectReasons';
import { peopleOf } from './people';
import { containerOf } from './containers';
import type { Containers } from './containers';
import { withRenames } from './renames';
import { indexSide } from './sideIndex';
import { stepsOf } from './steps';
import { identityKey } from '../objects';
import { shownField, shownObject } from './values';
import type { Sides } from './vhostPair';
import { idOf } from './ids';
import { numbersOf } from './liveNumbers';

/** The diff is about a broker of the head's series. */
export function diffTopologies(base: Side, head: Side): TopologyDiff {
  const others = [...(base.others ?? []), ...(head.others ?? [])];
  const sides: Sides = {
    base: indexSide(base, head.target, others),
    head: indexSide(head, head.target, others),
    others,
  };
  const compared = withRenames(compareObjects(base.objects, head.objects), sides);
  const found = policyEffects(sides, compared);
  const raw = withTargetChanges(compared, found, sides);
  const effects = effectsByChange(found, raw);
  const containers: Containers = containersOf(raw);
  const changes = raw.map((change) =>
    changeOf(change, { sides, containers, effects: effects.get(keyOf(change)) ?? [] }),
  );
  return {
    version: DIFF_VERSION,
    base: { name: base.name, target: base.target },
    head: { name: head.name, target: head.target },
    summary: summaryOf(changes),
    changes,
  };
}

function objectOf(change: ObjectChange): BrokerObject {
  return change.change === 'removed' ? change.before : change.after;
}

function keyOf(change: ObjectChange): string {
  return identityKey(objectOf(change));
}

/** Queues that are the same on both sides, and are treated otherwise by the head's version of RabbitMQ. */
function withTargetChanges(
  changes: readonly ObjectChange[],
  found: readonly AttributedEffect[],
  { base, head }: Sides,
): readonly ObjectChange[] {
  const known = new Set(changes.map(keyOf));
  const further = found.flatMap(({ effect: { subject }, causes }): ObjectChange[] => {
    if (subject.kind !== 'queue' || causes.some((key) => known.has(key))) return [];
    const [before, after] = [base, head].map((side) =>
      side.vhosts.get(subject.vhost)?.parts.queues.get(subject.name),
    );
    if (before === undefined || after === undefined || !causes.includes(identityKey(after))) return [];
    return [{ change: 'changed', before, after, fields: [] }];
  });
  return further.length === 0 ? changes : inOrder([...changes, ...further]);
}

/** What nobody's change brings about (a default of the vhost does) goes to the vhost, or to whatever changes first. */
function effectsByChange(
  found: readonly AttributedEffect[],
  changes: readonly ObjectChange[],
): Map<string, Effect[]> {
  const known = new Set(changes.map(keyOf));
  const byChange = new Map<string, Effect[]>();
  for (const { effect, causes } of found) {
    const own = [...new Set(causes)].filter((key) => known.has(key));
    const vhost = identityKey({ kind: 'vhost', name: effect.subject.vhost });
    const fallback = known.has(vhost) ? [vhost] : [...known].slice(0, 1);
    for (const key of own.length > 0 ? own : fallback)
      byChange.set(key, [...(byChange.get(key) ?? []), effect]);
  }
  return byChange;
}

function containersOf(changes: readonly ObjectChange[]): Containers {
  const ids = { added: new Map<string, string>(), removed: new Map<string, string>() };
  for (const change of changes) {
    if (change.change === 'added' || change.change === 'renamed')
      ids.added.set(identityKey(change.after), idOf(change.after));
    if (change.change === 'removed') ids.removed.set(identityKey(change.before), idOf(change.before));
    if (change.change === 'renamed') ids.removed.set(identityKey(change.before), idOf(change.after));
  }
  return ids;
}

interface Context {
  readonly sides: Sides;
  readonly containers: Containers;
  readonly effects: readonly Effect[];
}

function changeOf(change: ObjectChange, { sides, containers, effects }: Context): Change {
  const object = objectOf(change);
  const partOf = containerOf(change, containers);
  const reasons = objectReasons(change, sides, partOf !== undefined, effects);
  const live = liveOf(change, sides);
  const vhost = vhostOf(object);
  const before = 'before' in change ? change.before : undefined;
  const after = 'after' in change ? change.after : undefined;
  const common = {
    id: idOf(object),
    kind: object.kind,
    ...(vhost === undefined ? {} : { vhost }),
    name: ownName(object),
    class: classOf(
      change,
      reasons.map((each) => each.class),
      effects,
    ),
    reasons,
    effects,
    ...peopleOf(change, sides),
    steps: stepsOf(change),
    ...(partOf === undefined ? {} : { partOf }),
    ...(live === undefined ? {} : { live }),
    positions: {
      ...(before?.position === undefined ? {} : { base: before.position }),
      ...(after?.position === undefined ? {} : { head: after.position }),
    },
  };
  switch (change.change) {
    case 'added':
      return { ...common, change: 'added', after: shownObject(change.after) };
    case 'removed':
      return { ...common, change: 'removed', before: shownObject(change.before) };
    case 'renamed':
      return {
        ...common,
        change: 'renamed',
        from: idOf(change.before),
        before: shownObject(change.before),
        after: shownObject(change.after),
      };
    case 'changed':
    case 'recreated':
      return {
        ...common,
        change: change.change,
        before: shownObject(change.before),
        after: shownObject(change.after),
        fields: change.fields.map(shownField),
      };
  }
}

function liveOf(change: ObjectChange, { base, head }: Sides): Change['live'] {
  return numbersOf([base.side, head.side], 'before' in change ? change.before : change.after);
}

/** Without a reason a change is safe; `none` where every reason says that nothing comes of it. */
function classOf(
  change: ObjectChange,
  classes: readonly ChangeClass[],
  effects: readonly Effect[],
): ChangeClass {
  const all = [...classes, ...effects.map((effect) => effect.class)];
  if (all.length > 0 && all.every((each) => each === 'none')) return 'none';
  return worstOf(['safe', ...all]);
}

function summaryOf(changes: readonly Change[]): DiffSummary {
  const count = <K extends string>(names: readonly K[], of: (change: Change) => K): Record<K, number> => {
    const counts = Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>;
    for (const change of changes) counts[of(change)] += 1;
    return counts;
  };
  return {
    worst: worstOf(changes.map((change) => change.class)),
    byClass: count(CHANGE_CLASSES, (change) => change.class),
    byKind: count(['added', 'removed', 'changed', 'recreated', 'renamed'], ({ change }) => change),
  };
}
