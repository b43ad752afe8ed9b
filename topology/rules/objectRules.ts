/**
 * Which rules speak of objects that stand in no topology, as the policy pack judges them, and why the others don't.
 * `docs/policy.md` shows both.
 */
import { RULES } from './index';
import type { Rule } from './rule';

const WORKERS = 'Only a topology says which workers consume from a queue.';
const APPLICATIONS = 'Only a topology says which queues an application makes at run time.';
const DECLARED = 'Only a topology says with which arguments an application declares a queue.';
const RETRIES = 'Only a topology has retries; their delay queues are judged as queues.';
const ROLES = 'Only a topology has roles; permissions are judged as they are.';
const BROKER = 'Only a topology says how the broker itself is set up.';
const EXPECTATIONS = 'Only a topology has tests.';
const NAMES = 'It keeps names free for what a topology compiles to.';
const PROVIDER = 'The provider refuses such a resource.';
const REPLICATED =
  'Only a topology asks for copies without saying how; types and policies are judged as they are.';

/** By code. */
export const TOPOLOGY_ONLY: Readonly<Record<string, string>> = {
  'ambiguous-families': APPLICATIONS,
  'autoscale-blind': WORKERS,
  'autoscale-held': WORKERS,
  'autoscale-range': WORKERS,
  'bad-expectation': EXPECTATIONS,
  'broker-owned-parameter': PROVIDER,
  'celery-command': WORKERS,
  'celery-delay-expires': WORKERS,
  'celery-delays': WORKERS,
  'conf-line': BROKER,
  'connection-limit': WORKERS,
  'consumer-timeout': WORKERS,
  'dead-letter-into-work': WORKERS,
  'dead-letter-target': 'A policy can only name an exchange and a key.',
  'declared-dead-letter': DECLARED,
  'declared-with-conflict': DECLARED,
  'delay-consumer': RETRIES,
  'delivery-limit-loss': WORKERS,
  'empty-role': ROLES,
  'expires-on-worker-queue': WORKERS,
  'family-template': APPLICATIONS,
  'generated-name': NAMES,
  'grace-period': WORKERS,
  'group-size': BROKER,
  'internal-publisher': ROLES,
  'missing-plugin': BROKER,
  'mixed-delays': WORKERS,
  'not-replicated': REPLICATED,
  'password-in-file': 'It speaks of files; a program keeps its passwords as secrets of its stack.',
  'parameter-component': PROVIDER,
  'policy-splits-family': APPLICATIONS,
  replicated: REPLICATED,
  'reserved-policy': NAMES,
  'retry-expires': RETRIES,
  'retry-limit': RETRIES,
  'retry-loss': RETRIES,
  'retry-method': RETRIES,
  'retry-outlived': RETRIES,
  'retry-target': RETRIES,
  'role-and-permissions': ROLES,
  'role-opens-queues': ROLES,
  'role-too-long': ROLES,
  'rotation-headroom': WORKERS,
  'scheduler-twice': WORKERS,
  'stream-plugin': BROKER,
  'transient-refused': BROKER,
  'unconsumed-queue': WORKERS,
  'worker-permission': WORKERS,
};

export const OBJECT_RULES: readonly Rule[] = RULES.filter(({ code }) => !(code in TOPOLOGY_ONLY));

/**
 * Rules that find something missing. Whoever sees only a part of what is on a broker can't be sure of it: another part
 * may have it.
 */
export const FINDS_MISSING: ReadonlySet<string> = new Set([
  'at-least-once',
  'dangling-reference',
  'dead-letter-unroutable',
  'missing-target',
  'shovel-reference',
  'unbound-exchange',
  'unbounded-at-least-once',
  'unlimited-stream',
]);

/** How a policy of Pulumi enforces it unless its configuration says otherwise. */
export function enforcementLevelOf({ code, severity }: Rule): 'mandatory' | 'advisory' {
  return severity === 'error' && !FINDS_MISSING.has(code) ? 'mandatory' : 'advisory';
}
