/**
 * The policy pack finds in the resources of a stack what `warren check` finds in the topology from which they are made:
 * the same codes, in the same words. What differs is listed, with the reason, and nothing else may.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgeStack } from '../../policy/stack';
import { compileTopology } from '../../topology/compile/index';
import { TARGETS, isTarget, load } from '../../topology/index';
import type { Topology } from '../../topology/index';
import { resolveTopology } from '../../topology/resolve/index';
import { RULES, findingsOf } from '../../topology/rules/index';
import { OBJECT_RULES, TOPOLOGY_ONLY } from '../../topology/rules/objectRules';
import { resourcesOf } from './resources';

const FOLDER = join(__dirname, '../topology/fixtures');
const EXAMPLES = join(__dirname, '../../topology/examples');
const fixtures = readdirSync(FOLDER).sort();

/** What stands below one of these is no object, or many. */
const WORDS_OF_TOPOLOGIES = new Set([
  ...[
    'families',
    'superStreams',
    'roles',
    'workers',
    'celery',
    'retry',
    'broker',
    'expect',
    'quotas',
    'alerts',
  ],
]);

interface Difference {
  /** Codes that only the check finds. */
  readonly lost?: readonly string[];
  /** Codes that only the pack finds. */
  readonly more?: readonly string[];
}

/** A text of digits is the number that it spells. */
const AS_TEXT: Readonly<Record<string, Difference>> = {
  'policy-key.yaml': { lost: ['policy-key'] },
};

/** Two words that say the same compile to one value. */
const SAID_TWICE: Readonly<Record<string, Difference>> = {
  'argument-key.yaml': { lost: ['argument-key'] },
  'exchange-argument.yaml': { lost: ['exchange-argument'] },
};

/** A priority or size that the type doesn't know gets lost or becomes an argument; `hashOn` becomes one, too. */
const WORD_OR_ARGUMENT: Readonly<Record<string, Difference>> = {
  'argument-type.yaml': { lost: ['argument-type'], more: ['argument-type', 'argument-instead-of-policy'] },
  'ignored-exchange-argument.yaml': {
    lost: ['ignored-exchange-argument'],
    more: ['ignored-exchange-argument'],
  },
  'quorum-limits-4.3.yaml': { lost: ['quorum-limits'] },
  'stream-limits.yaml': { lost: ['stream-limits'] },
};

/** What compiles to a policy can be wrong as a policy. */
const SETTING_OR_POLICY: Readonly<Record<string, Difference>> = {
  'delayed-retry.yaml': { more: ['policy-key'] },
  'expires.yaml': { more: ['policy-key'] },
  'schema.yaml': { more: ['policy-key'] },
  'segment-size.yaml': { more: ['policy-key'] },
  'setting-version.yaml': { more: ['policy-key', 'policy-key', 'setting-version'] },
  // There, a policy says it of the queue; here, it stands with the queue. And `priorities` is lost.
  'quorum-limits.yaml': { lost: ['quorum-limits', 'quorum-limits'], more: ['quorum-limits'] },
};

/** Names only something that isn't there: a vhost, or a dead-letter queue beside an exchange. */
const COMPILES_TO_NOTHING: Readonly<Record<string, Difference>> = {
  'bad-uri.yaml': { more: ['parameter-value'] },
  'dangling-reference.yaml': {
    lost: ['dangling-reference', 'missing-target'],
    more: ['dead-letter-unroutable'],
  },
};

/** Families, roles, retries, super streams, quotas and a Celery application are judged as what they compile to. */
const INTENTS: Readonly<Record<string, Difference>> = {
  'ambiguous-families.yaml': { more: ['ambiguous-policies'] },
  'celery-delay-expires.yaml': { more: Array<string>(3).fill('open-default-exchange') },
  'celery-delays.yaml': { more: Array<string>(3).fill('open-default-exchange') },
  'consumer-timeout.yaml': { more: ['setting-beside-argument'] },
  // Without families, nobody binds anything later, and a queue of theirs isn't there.
  'dead-letter-unroutable-elsewhere.yaml': { more: Array<string>(3).fill('dead-letter-unroutable') },
  'framework-queue.yaml': { lost: ['framework-queue', 'framework-queue'] },
  'generated-name.yaml': { more: ['ignored-setting'] },
  'limit-overruled.yaml': { more: ['limit-overruled'] },
  'open-default-exchange.yaml': { more: ['open-default-exchange'] },
  'retry-expires.yaml': { more: ['short-expiry', 'short-expiry'] },
  'retry-limit.yaml': { more: ['unbounded-at-least-once'] },
  'retry-method-4.0.yaml': { more: ['setting-version'] },
  'retry-target.yaml': { lost: ['missing-target'], more: Array<string>(2).fill('dead-letter-unroutable') },
  'role-too-long.yaml': { more: ['bad-pattern'] },
  'roles.yaml': { more: Array<string>(3).fill('open-default-exchange') },
  // A queue of a family isn't there.
  'shovel-reference-family.yaml': { more: ['shovel-reference'] },
  'short-expiry.yaml': { more: ['expires', 'short-expiry'] },
  'unlimited-stream.yaml': { more: ['unlimited-stream'] },
};

/** Of a broker that refuses transient queues, another rule speaks. */
const BROKER_SETTINGS: Readonly<Record<string, Difference>> = {
  'transient-refused.yaml': { more: ['transient-queue'] },
};

const DIFFERENCES: Readonly<Record<string, Difference>> = {
  ...AS_TEXT,
  ...SAID_TWICE,
  ...WORD_OR_ARGUMENT,
  ...SETTING_OR_POLICY,
  ...COMPILES_TO_NOTHING,
  ...INTENTS,
  ...BROKER_SETTINGS,
};

function topologyOf(file: string): Topology | undefined {
  // A program is what declares its queues: their arguments are its own.
  const text = readFileSync(join(FOLDER, file), 'utf8').replaceAll('declaredWith:', 'arguments:');
  const target = /^# target: (.*)$/m.exec(text)?.[1];
  return load(text, file, isTarget(target) ? { target } : {}).topology;
}

function foundByCheck(topology: Topology): string[] {
  return findingsOf(resolveTopology(topology), OBJECT_RULES)
    .filter(({ finding }) => !finding.path.some((step) => WORDS_OF_TOPOLOGIES.has(String(step))))
    .map(({ rule, finding }) => `${rule.code}: ${finding.message}`);
}

function foundByPack(topology: Topology): string[] {
  const resources = resourcesOf(compileTopology(resolveTopology(topology)));
  const { findings } = judgeStack(resources, topology.target);
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

/** The codes of what is in `all` and not in `others`, each as often. */
function codesBeyond(all: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return all.flatMap((each) => {
    const at = left.indexOf(each);
    if (at < 0) return [each.split(':')[0] ?? ''];
    left.splice(at, 1);
    return [];
  });
}

describe('the same rules', () => {
  const equal = new Set<string>();

  it.each(fixtures)('%s', (file) => {
    const topology = topologyOf(file);
    if (topology === undefined) return;
    const [byCheck, byPack] = [foundByCheck(topology), foundByPack(topology)];
    const { lost = [], more = [] } = DIFFERENCES[file] ?? {};
    expect({ lost: codesBeyond(byCheck, byPack), more: codesBeyond(byPack, byCheck) }).toEqual({
      lost,
      more,
    });
    for (const each of byCheck) if (byPack.includes(each)) equal.add(each.split(':')[0] ?? '');
  });

  it.each(TARGETS)('has nothing to say against the example systems on %s', (target) => {
    for (const file of readdirSync(EXAMPLES).filter((name) => name.endsWith('.yaml'))) {
      const { objects, topology } = load(readFileSync(join(EXAMPLES, file), 'utf8'), file, { target });
      if (objects === undefined || topology === undefined) continue;
      const { findings, unjudged } = judgeStack(resourcesOf(objects), target);
      // What a role grants is no finding in a topology.
      const told = findings.filter(({ code }) => code !== 'open-default-exchange');
      expect({ file, told, unjudged }).toEqual({ file, told: [], unjudged: [] });
    }
  });

  it('each rule of the pack has found the same somewhere', () => {
    expect(OBJECT_RULES.map(({ code }) => code).filter((code) => !equal.has(code))).toEqual([]);
  });

  it('every other rule has its reason', () => {
    const codes = RULES.map(({ code }) => code);
    expect(Object.keys(TOPOLOGY_ONLY).filter((code) => !codes.includes(code))).toEqual([]);
    expect(OBJECT_RULES.length + Object.keys(TOPOLOGY_ONLY).length).toBe(codes.length);
  });
});
