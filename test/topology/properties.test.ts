/** What holds for any topology: checked on generated ones, and on the examples with random damage. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { TARGETS, load } from '../../topology/index';
import { damage, damages } from './damage';
import type { ArgumentValue, BrokerObject, PolicyObject, QueueObject } from '../../topology/index';

const EXAMPLES = join(__dirname, '../../topology/examples');
const examples = readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.yaml'))
  .map((file) => readFileSync(join(EXAMPLES, file), 'utf8'));

describe('damaged files', () => {
  it('never throw, and every finding has a place in the file', () => {
    fc.assert(
      fc.property(fc.constantFrom(...examples), damages, (text, done) => {
        const damaged = damage(text, done);
        const lineCount = damaged.split('\n').length;
        const { objects, diagnostics } = load(damaged, 'f.yaml');
        expect(objects !== undefined || diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
        for (const { position } of diagnostics) {
          expect(position?.file).toBe('f.yaml');
          expect(position?.line).toBeGreaterThanOrEqual(1);
          expect(position?.line).toBeLessThanOrEqual(lineCount);
          expect(position?.column).toBeGreaterThanOrEqual(1);
        }
        const lines = diagnostics.map(({ position }) => position?.line ?? 0);
        expect(lines).toEqual([...lines].sort((a, b) => a - b));
      }),
      { numRuns: 400 },
    );
  });

  it('any text at all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const { diagnostics, objects } = load(text, 'f.yaml');
        expect(objects === undefined && diagnostics.length === 0).toBe(false);
      }),
    );
  });
});

const queueNames = ['a', 'b', 'c', 'job.1', 'job.2', 'u:1', 'u:2', 'x+y', 'ü'];

const settings = fc.record(
  {
    ttl: fc.constantFrom('1s', '2m'),
    maxLength: fc.constantFrom(1, 2),
    overflow: fc.constantFrom('drop-head', 'reject-publish'),
    deadLetter: fc.constantFrom({ queue: 'dead' }, { exchange: 'dlx' }),
    replicated: fc.constantFrom(true, 'where-supported'),
  },
  { requiredKeys: [] },
);

const policy = fc.record(
  {
    pattern: fc.constantFrom('.*', '^job', '^u:', '^[a-c]$', '^job\\.1$', '1'),
    applyTo: fc.constantFrom('queues', 'all', 'exchanges'),
    priority: fc.integer({ min: 0, max: 9 }),
    definition: fc.constantFrom(
      { 'max-length': 9 },
      { 'message-ttl': 9 },
      { expires: 99, 'dead-letter-exchange': 'dlx', 'dead-letter-routing-key': 'k' },
    ),
  },
  { requiredKeys: ['pattern', 'definition', 'priority'] },
);

const vhost = fc
  .record({
    queues: fc.dictionary(fc.constantFrom(...queueNames), settings),
    families: fc.dictionary(fc.constantFrom('u:{id}', 'job.{n}'), settings),
    policies: fc.dictionary(fc.constantFrom('p1', 'p2', 'p3'), policy),
  })
  .map(({ queues, ...rest }) => ({
    ...rest,
    exchanges: { dlx: { type: 'fanout' } },
    queues: { ...queues, dead: { bindings: [{ exchange: 'dlx' }] } },
  }));

const document = vhost.map((v) => ({ warren: 1, vhosts: { v } }));
const target = fc.constantFrom(...TARGETS);

/** The same mapping with its keys the other way round, at every level. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, item]) => [key, reversed(item)]),
  );
}

function withoutPositions(objects: readonly BrokerObject[] | undefined): unknown {
  return objects?.map(({ position, ...object }) => {
    expect(position).toBeDefined();
    return object;
  });
}

describe('compiled topologies', () => {
  it('do not depend on the order of keys', () => {
    fc.assert(
      fc.property(document, target, (doc, series) => {
        const [one, other] = [doc, reversed(doc)].map((each) =>
          load(stringify(each), 'f.yaml', { target: series }),
        );
        expect(withoutPositions(other?.objects)).toEqual(withoutPositions(one?.objects));
      }),
      { numRuns: 200 },
    );
  });

  it('give every queue one winning policy, and that one says what was asked for', () => {
    let compiled = 0;
    fc.assert(
      fc.property(document, target, (doc, series) => {
        const { objects } = load(stringify(doc), 'f.yaml', { target: series });
        if (objects === undefined) return;
        compiled += 1;
        const policies = objects.filter((object): object is PolicyObject => object.kind === 'policy');
        const queues = objects.filter((object): object is QueueObject => object.kind === 'queue');
        for (const queue of queues) {
          const won = brokersChoice(policies, queue.name);
          const wanted = expectedDefinition(doc.vhosts.v, queue, series.startsWith('3'));
          expect(won, queue.name).toEqual(wanted);
        }
        // Queues of the families that the application declares at run time.
        for (const name of ['u:77', 'job.77']) {
          const wanted = familyDefinition(doc.vhosts.v, name, series.startsWith('3'));
          expect(brokersChoice(policies, name), name).toEqual(wanted);
        }
      }),
      { numRuns: 1000 },
    );
    expect(compiled).toBeGreaterThan(200);
  });
});

type Definition = Readonly<Record<string, ArgumentValue>>;
type VhostInput = typeof vhost extends fc.Arbitrary<infer T> ? T : never;
type SettingsInput = typeof settings extends fc.Arbitrary<infer T> ? T : never;

/** As RabbitMQ does it: of the policies that match, the one with the highest priority; a tie must not matter. */
function brokersChoice(policies: readonly PolicyObject[], name: string): Definition {
  const matching = policies.filter(
    ({ pattern, applyTo }) => applyTo !== 'exchanges' && new RegExp(pattern).test(name),
  );
  const top = Math.max(...matching.map(({ priority }) => priority));
  const [winner, ...others] = matching.filter(({ priority }) => priority === top);
  for (const other of others) expect(other.definition).toEqual(winner?.definition);
  return winner?.definition ?? {};
}

function explicitDefinition(input: VhostInput, name: string): Definition {
  const matching = Object.values(input.policies)
    .filter(({ pattern, applyTo }) => applyTo !== 'exchanges' && new RegExp(pattern).test(name))
    .sort((a, b) => b.priority - a.priority);
  return matching[0]?.definition ?? {};
}

function familyDefinition(input: VhostInput, name: string, canMirror: boolean): Definition {
  const family = Object.entries(input.families).find(([template]) =>
    name.startsWith(template.split('{')[0] ?? ''),
  )?.[1];
  const isMirrored = canMirror && family?.replicated !== undefined;
  return layered(explicitDefinition(input, name), family, isMirrored);
}

function expectedDefinition(input: VhostInput, queue: QueueObject, canMirror: boolean): Definition {
  const own = (input.queues as Readonly<Record<string, SettingsInput>>)[queue.name];
  // A listed queue that asks for copies is a quorum queue here, on every target: nothing forbids it.
  return layered(familyDefinition(input, queue.name, canMirror), own, false);
}

function layered(below: Definition, own: SettingsInput | undefined, isMirrored: boolean): Definition {
  const result: Record<string, ArgumentValue> = { ...below };
  if (own?.ttl !== undefined) result['message-ttl'] = own.ttl === '1s' ? 1000 : 120_000;
  if (own?.maxLength !== undefined) result['max-length'] = own.maxLength;
  if (own?.overflow !== undefined) result.overflow = own.overflow;
  if (own?.deadLetter !== undefined) {
    delete result['dead-letter-routing-key'];
    result['dead-letter-exchange'] = 'queue' in own.deadLetter ? '' : 'dlx';
    if ('queue' in own.deadLetter) result['dead-letter-routing-key'] = 'dead';
  }
  if (isMirrored) {
    result['ha-mode'] = 'all';
    result['ha-sync-mode'] = 'automatic';
  }
  return result;
}
