/**
 * A policy that matches every queue would limit a holding queue as well, and drop what is kept there. RabbitMQ applies
 * one policy and one operator policy to a queue, those of the highest priority: so the holding queue gets harmless
 * ones of its own, but only where there is one that might match it.
 */
import type { PolicyObject } from '../../topology/objects';
import type { Broker } from '../api/transport';
import * as policies from '../kinds/policies';

const HIGHEST_PRIORITY = 2 ** 31 - 1;
const KINDS = ['policy', 'operatorPolicy'] as const;

/** Says nothing that isn't so anyway: a definition can't be empty. */
const HARMLESS: Readonly<Record<PolicyObject['kind'], PolicyObject['definition']>> = {
  policy: { overflow: 'drop-head' },
  operatorPolicy: { 'max-length': 2 ** 32 - 1 },
};

/** Before the holding queue is declared. */
export async function protectHolding(broker: Broker, vhost: string, holding: string): Promise<void> {
  for (const kind of KINDS) {
    const present = await policies.list(broker, kind, vhost);
    if (!present.some(({ name, pattern }) => name !== holding && mayMatch(pattern, holding))) continue;
    await policies.put(broker, {
      kind,
      vhost,
      name: holding,
      pattern: `^${escaped(holding)}$`,
      applyTo: 'queues',
      priority: HIGHEST_PRIORITY,
      definition: HARMLESS[kind],
    });
  }
}

export async function unprotectHolding(broker: Broker, vhost: string, holding: string): Promise<void> {
  for (const kind of KINDS) await policies.remove(broker, kind, vhost, holding);
}

/** The broker's regular expressions are not JavaScript's: what can't be read counts as matching. */
function mayMatch(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(name);
  } catch {
    return true;
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
}
