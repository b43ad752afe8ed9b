/**
 * Which policies can be said by the queues and families that they are for. At most one policy applies to a queue, so what
 * becomes a setting must have been the winner, and what stays a policy must not get under it: for every queue and every
 * name of a family, the same definition counts afterwards as before.
 */
import type { Arguments, ExchangeObject, PolicyObject, QueueObject, QueueType } from '../objects';
import { canonicalJson } from '../objects';
import { comparePatterns } from '../patterns/languages';
import { literalNames } from '../patterns/literals';
import { templateMatches, templateRegex } from '../patterns/template';
import { mergeDefinitions } from '../resolve/policyDefinitions';
import { appliesToType } from '../resolve/index';
import { policyIndex } from '../route/policies';
import type { PolicyIndex } from '../route/policies';
import { canMirror } from '../target';
import type { Target } from '../target';
import { wordsOf } from './settings';
import type { Words } from './settings';
import { templatesOf } from './template';
import type { TemplateOfPattern } from './template';
import { queueTypeOf } from './vhostParts';

export interface FoundFamily extends TemplateOfPattern {
  readonly words: Words;
  readonly policy: PolicyObject;
}

export interface SplitPolicies {
  /** By name of the queue. */
  readonly settings: ReadonlyMap<string, Words>;
  readonly families: readonly FoundFamily[];
  /** What stays a policy. */
  readonly verbatim: readonly PolicyObject[];
  readonly said: readonly PolicyObject[];
}

interface Candidate {
  readonly policy: PolicyObject;
  readonly words: Words;
  /** One of the two. */
  readonly names?: readonly string[];
  readonly templates?: readonly TemplateOfPattern[];
}

export interface PolicyContext {
  readonly policies: readonly PolicyObject[];
  readonly queues: readonly QueueObject[];
  readonly exchanges: readonly ExchangeObject[];
  readonly target: Target;
  /** Whether dead letters may go there. */
  readonly isTarget: (kind: 'queue' | 'exchange', name: string) => boolean;
  /** A policy for names of a pattern stays a policy. */
  readonly withoutFamilies?: boolean;
}

export function splitPolicies(context: PolicyContext): SplitPolicies {
  const { policies, queues } = context;
  const before = policyIndex(policies);
  const types = new Map(queues.map((queue) => [queue.name, queueTypeOf(queue)]));
  let chosen = policies.flatMap((policy) => candidateOf(policy, types, context) ?? []);
  for (;;) {
    const split = splitBy(chosen, policies);
    const wrong = wrongOnes(chosen, split, { before, types, context });
    if (wrong.size === 0) return split;
    chosen = chosen.filter((candidate) => !wrong.has(candidate));
  }
}

function candidateOf(
  policy: PolicyObject,
  types: ReadonlyMap<string, QueueType>,
  { target, isTarget, withoutFamilies }: PolicyContext,
): Candidate | undefined {
  const { applyTo } = policy;
  if (applyTo === 'exchanges') return undefined;
  const words = wordsOf(policy.definition);
  if (words === undefined || (words.isMirrored && !canMirror(target))) return undefined;
  if (!hasTarget(policy.definition, isTarget)) return undefined;
  const names = literalNames(policy.pattern);
  if (names !== undefined) {
    const isForAll = names.every((name) => {
      const type = types.get(name) ?? 'classic';
      // A mirrored queue is written as a classic one that is replicated.
      return appliesToType(applyTo, type) && (type === 'classic' || !words.isMirrored);
    });
    return isForAll && names.every((name) => types.has(name)) ? { policy, words, names } : undefined;
  }
  if (withoutFamilies === true) return undefined;
  // The application chooses the type of its queues.
  if (applyTo !== 'queues' && applyTo !== 'all') return undefined;
  const templates = templatesOf(policy.pattern)?.map((each) => underItsName(each, policy.name));
  if (templates === undefined) return undefined;
  // The one name that the template doesn't match must not be there.
  if (templates.some(({ alsoMatches }) => alsoMatches !== undefined && types.has(alsoMatches)))
    return undefined;
  return { policy, words, templates };
}

/** What is said of a queue must be there, or the topology would have a mistake that the broker doesn't mind. */
function hasTarget(definition: Arguments, isTarget: PolicyContext['isTarget']): boolean {
  const [exchange, key] = [definition['dead-letter-exchange'], definition['dead-letter-routing-key']];
  if (typeof exchange !== 'string') return true;
  return exchange === '' ? isTarget('queue', String(key)) : isTarget('exchange', exchange);
}

/** A policy that Warren made is named after its first family: that one's placeholders are known. */
function underItsName(found: TemplateOfPattern, policyName: string): TemplateOfPattern {
  const known = /^warren-family\.(.*\{.*)$/s.exec(policyName)?.[1];
  if (known === undefined || templateRegex(known) !== templateRegex(found.template)) return found;
  return { ...found, template: known };
}

function splitBy(chosen: readonly Candidate[], policies: readonly PolicyObject[]): SplitPolicies {
  const said = new Set(chosen.map(({ policy }) => policy));
  return {
    settings: new Map(chosen.flatMap(({ names = [], words }) => names.map((name) => [name, words] as const))),
    families: chosen.flatMap(({ templates = [], words, policy }) =>
      templates.map((template) => ({ ...template, words, policy })),
    ),
    verbatim: policies.filter((policy) => !said.has(policy)),
    said: [...said],
  };
}

interface Judgement {
  readonly before: PolicyIndex;
  readonly types: ReadonlyMap<string, QueueType>;
  readonly context: PolicyContext;
}

/** The candidates under which something else would count than before. */
function wrongOnes(
  chosen: readonly Candidate[],
  split: SplitPolicies,
  { before, types, context }: Judgement,
): ReadonlySet<Candidate> {
  const wrong = new Set<Candidate>();
  const after = policyIndex(split.verbatim);
  for (const candidate of chosen) {
    const { policy, names = [], templates = [] } = candidate;
    if (!templates.every(({ template }) => isFamilyAlone(template, candidate, chosen, split))) {
      wrong.add(candidate);
    }
    for (const name of names) {
      const type = types.get(name) ?? 'classic';
      if (before.forQueue(name, type) !== policy) wrong.add(candidate);
      const family = split.families.find(({ template }) => templateMatches(template, name));
      const inherited = mergeDefinitions(
        after.forQueue(name, type)?.definition ?? {},
        family?.policy.definition ?? {},
      );
      if (!isSame(mergeDefinitions(inherited, policy.definition), policy.definition)) wrong.add(candidate);
    }
  }
  const byPolicy = new Map(chosen.map((candidate) => [candidate.policy as object, candidate]));
  // A queue without settings of its own has what is left; an exchange never heeded what was said of queues, yet a policy
  // that won there kept others away.
  for (const [name, type] of types) {
    const won = byPolicy.get(before.forQueue(name, type) ?? {});
    if (won?.templates === undefined || split.settings.has(name)) continue;
    if (!won.templates.some(({ template }) => templateMatches(template, name))) wrong.add(won);
  }
  for (const { name } of context.exchanges) {
    const won = byPolicy.get(before.forExchange(name) ?? {});
    if (won !== undefined && after.forExchange(name) !== undefined) wrong.add(won);
  }
  return wrong;
}

/** Whether no other policy speaks of the family's names, but those of single queues, which win over it either way. */
function isFamilyAlone(
  template: string,
  { policy }: Candidate,
  chosen: readonly Candidate[],
  { verbatim, families }: SplitPolicies,
): boolean {
  const regex = templateRegex(template);
  const meets = (pattern: string): boolean => {
    const comparison = comparePatterns(pattern, regex);
    return comparison === undefined || comparison.both !== undefined;
  };
  if (verbatim.some(({ pattern, applyTo }) => applyTo !== 'exchanges' && meets(pattern))) return false;
  const isOther = (family: FoundFamily): boolean => family.policy !== policy || family.template !== template;
  if (families.some((family) => isOther(family) && meets(templateRegex(family.template)))) return false;
  return !chosen.some(
    ({ names, policy: other }) =>
      names?.some((name) => templateMatches(template, name)) === true && other.priority <= policy.priority,
  );
}

function isSame(a: Arguments, b: Arguments): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
