/** What every report of a diff has in common: what stands together, in which order, and in which words. */
import type {
  Change,
  ChangeClass,
  Effect,
  FieldChange,
  LiveNumbers,
  Reason,
  TopologyDiff,
} from '../../diff/model';
import { CHANGE_CLASSES } from '../../diff/model';
import { inWords } from '../../diff/values';

export interface Section {
  readonly class: ChangeClass;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly change: Change;
  /** Its place in the order of `up`, from 1. */
  readonly step: number;
  /** What belongs to it and says nothing by itself: only counted. */
  readonly parts: readonly Change[];
}

export const SIGNS: Readonly<Record<Change['change'], string>> = {
  added: '+',
  removed: '-',
  changed: '~',
  recreated: '±',
  renamed: '→',
};

export const HEADINGS: Readonly<Record<ChangeClass, string>> = {
  security: 'security: access is widened',
  destructive: 'destructive: messages or objects are lost',
  disruptive: 'disruptive: clients are cut off or refused',
  safe: 'safe',
  none: 'no effect',
};

/** The worst class first; within one in the order of `up`. */
export function outline(diff: TopologyDiff): readonly Section[] {
  const parts = partsByWhole(diff.changes);
  const folded = new Set([...parts.values()].flat());
  const steps = new Map(diff.changes.map((change, index) => [change, index + 1]));
  return [...CHANGE_CLASSES].reverse().flatMap((each) => {
    const own = diff.changes.filter((change) => change.class === each && !folded.has(change));
    const entries = own.map((change) => ({
      change,
      step: steps.get(change) ?? 0,
      parts: parts.get(change.id) ?? [],
    }));
    return entries.length === 0 ? [] : [{ class: each, entries }];
  });
}

function partsByWhole(changes: readonly Change[]): Map<string, Change[]> {
  const ids = new Set(changes.map(({ id }) => id));
  const parts = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.partOf === undefined || !ids.has(change.partOf) || change.reasons.length > 0) continue;
    parts.set(change.partOf, [...(parts.get(change.partOf) ?? []), change]);
  }
  return parts;
}

export function headline({ change, parts }: Pick<Entry, 'change' | 'parts'>): string {
  const from = change.change === 'renamed' ? `${change.from} ` : '';
  const along =
    parts.length === 0
      ? ''
      : `  (with ${parts.length} that ${parts.length === 1 ? 'belongs' : 'belong'} to it)`;
  return `${from}${SIGNS[change.change]} ${change.id}${along}`;
}

export function fieldInWords({ field, before, after }: FieldChange): string {
  return `${field}: ${inWords(field, before)} → ${inWords(field, after)}`;
}

export function effectInWords({ fields, policyBefore, policyAfter }: Effect): string {
  const policy =
    policyBefore === policyAfter ? '' : ` (policy ${policyBefore ?? 'none'} → ${policyAfter ?? 'none'})`;
  return `${fields.map(fieldInWords).join(', ')}${policy}`;
}

/** Queues to which the same happens. */
export function effectGroups(effects: readonly Effect[]): Effect[][] {
  const groups = new Map<string, Effect[]>();
  for (const effect of effects) {
    const key = JSON.stringify([
      effect.fields,
      effect.policyBefore,
      effect.policyAfter,
      effect.reasons.map(({ code }) => code),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), effect]);
  }
  return [...groups.values()];
}

/** Its own, and those of its effects. */
export function reasonsOf(change: Change): readonly Reason[] {
  return [...change.reasons, ...change.effects.flatMap(({ reasons }) => reasons)];
}

/** `a, b and 1,234 more`. */
export function listed(names: readonly string[], namesMax: number): string {
  const rest = names.length - namesMax;
  const more = rest > 0 ? ` and ${rest.toLocaleString('en-US')} more` : '';
  return `${names.slice(0, namesMax).join(', ')}${more}`;
}

/** The workers that a change reaches, itself or by its effects. */
export function workersOf(change: Change): readonly string[] {
  return [...new Set([...change.workers, ...change.effects.flatMap((each) => each.workers)])];
}

const NUMBER_WORDS: Readonly<Record<Exclude<keyof LiveNumbers, 'isUnused'>, string>> = {
  messages: 'messages',
  beyondLimit: 'of them beyond the new limit',
  unacknowledged: 'unacknowledged',
  consumers: 'consumers',
  connections: 'connections',
  publishedPerSecond: 'published/s',
  deliveredPerSecond: 'delivered/s',
};

/** `3,412 messages, 2 consumers`; empty where nothing is known. */
export function numbersInWords(live: LiveNumbers | undefined): string {
  if (live?.isUnused === true) return 'empty and unused';
  return Object.entries(NUMBER_WORDS)
    .flatMap(([key, word]) => {
      const value = live?.[key as keyof typeof NUMBER_WORDS];
      return value === undefined ? [] : [`${value.toLocaleString('en-US')} ${word}`];
    })
    .join(', ');
}

/** `4.3`, or `3.13 → 4.3` where the sides are for different ones. */
export function targetsInWords({ base, head }: TopologyDiff): string {
  return base.target === head.target ? head.target : `${base.target} → ${head.target}`;
}

const COUNT_WORDS: Readonly<Record<ChangeClass, string>> = {
  security: 'security',
  destructive: 'destructive',
  disruptive: 'disruptive',
  safe: 'safe',
  none: 'without effect',
};

/** `3 changes: 1 destructive, 2 safe`. */
export function countsInWords({ summary: { byClass }, changes }: TopologyDiff): string {
  const counts = [...CHANGE_CLASSES]
    .reverse()
    .filter((each) => byClass[each] > 0)
    .map((each) => `${byClass[each].toLocaleString('en-US')} ${COUNT_WORDS[each]}`);
  return `${changes.length.toLocaleString('en-US')} ${changes.length === 1 ? 'change' : 'changes'}: ${counts.join(', ')}`;
}
