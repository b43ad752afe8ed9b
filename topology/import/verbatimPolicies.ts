/** Policies that stay policies. Some names and priorities are the compiler's: then all get new ones in the same order. */
import { RESERVED_POLICY_PREFIXES, RESERVED_PRIORITY } from '../compile/policies';
import { compareNames } from '../names';
import type { PolicyObject } from '../objects';
import type { Table } from './yamlText';

export interface PolicyTable {
  readonly name: string;
  readonly table: Table;
  readonly policy: PolicyObject;
  /** What is not as it was, in words. */
  readonly changed: readonly string[];
}

const PRIORITY_MIN = -1_000_000;

export function policyTables(policies: readonly PolicyObject[]): readonly PolicyTable[] {
  const isOutside = ({ kind, priority }: PolicyObject): boolean =>
    priority < PRIORITY_MIN || (kind === 'policy' && priority >= RESERVED_PRIORITY);
  const ranks = policies.some(isOutside)
    ? [...new Set(policies.map(({ priority }) => priority))].sort((a, b) => a - b)
    : undefined;
  const taken = new Set(policies.map(({ name }) => name));
  return [...policies]
    .sort((a, b) => compareNames(a.name, b.name))
    .map((policy) => {
      const priority = ranks === undefined ? policy.priority : ranks.indexOf(policy.priority);
      const name = freeName(policy.name, taken);
      return {
        name,
        policy,
        table: policyTable(policy, priority),
        changed: [
          ...(name === policy.name
            ? []
            : [`it is ${JSON.stringify(policy.name)} on the broker, a name that Warren keeps for itself`]),
          ...(priority === policy.priority
            ? []
            : [`its priority is ${policy.priority} on the broker; the order of all is kept`]),
        ],
      };
    });
}

function freeName(name: string, taken: Set<string>): string {
  const prefix = RESERVED_POLICY_PREFIXES.find((each) => name.startsWith(each));
  if (prefix === undefined) return name;
  let free = name.slice(prefix.length) || 'policy';
  while (taken.has(free) || RESERVED_POLICY_PREFIXES.some((each) => free.startsWith(each)))
    free = `imported-${free}`;
  taken.add(free);
  return free;
}

export function policyTable({ kind, pattern, applyTo, definition }: PolicyObject, priority: number): Table {
  const byDefault = kind === 'policy' ? 'all' : 'queues';
  const entries = Object.entries(definition).sort(([a], [b]) => compareNames(a, b));
  return {
    pattern,
    ...(applyTo === byDefault || (kind === 'operatorPolicy' && applyTo === 'all') ? {} : { applyTo }),
    ...(priority === 0 ? {} : { priority }),
    definition: Object.fromEntries(entries),
  };
}
