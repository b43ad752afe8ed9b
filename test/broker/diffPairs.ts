/** Pairs of topologies that a broker takes, each pair with names of its own, and a diff done as `up` does it. */
import fc from 'fast-check';
import { afterAll } from 'vitest';
import { EVERYTHING_APPROVED } from '../../broker/guards/approvals';
import { autoDeleteExchanges, bringAutoDeletedBack } from '../../broker/replacement/autoDeletedExchanges';
import { setExchangeAside } from '../../broker/replacement/exchangeReplacement';
import { remove } from '../../broker/objects';
import { setQueueAside } from '../../broker/replacement/queueReplacement';
import type { Broker } from '../../broker/api/transport';
import { diffTopologies } from '../../topology/diff/index';
import type { Side, TopologyDiff } from '../../topology/diff/model';
import { compareObjects, operationsOf } from '../../topology/diff/objectChanges';
import type { Operation } from '../../topology/diff/objectChanges';
import { sideOfTopology } from '../../topology/diff/side';
import { load, type BrokerObject } from '../../topology/index';
import { identityKey, type ExchangeObject } from '../../topology/objects';
import { RIG_PLUGINS } from '../rigs/plugins';
import type { BrokerVersion, TestBroker } from '../rigs/brokers';
import { mutatedPair } from '../topology/mutate';
import { apply, removeAll } from './applied';
import { isolated } from './isolated';
import { brokerOf, scratchOn, uniqueName } from './realBroker';

export interface Pair {
  readonly texts: readonly [string, string];
  readonly base: Side;
  readonly head: Side;
}

export function samplePairs(version: BrokerVersion, count: number, seed: number): Pair[] {
  return fc
    .sample(mutatedPair(version, 3), { numRuns: 12 * count, seed })
    .flatMap(([before, after], index): Pair[] => {
      const run = uniqueName(`diff${index}`);
      const [base, head] = [
        sideOf(before, 'base.yaml', version, run),
        sideOf(after, 'head.yaml', version, run),
      ];
      if (base === undefined || head === undefined) return [];
      return compareObjects(base.objects, head.objects).length === 0
        ? []
        : [{ texts: [before, after], base, head }];
    })
    .slice(0, count);
}

/** What a queue may be at first: it keeps its few messages for as long as the test takes. */
const PATIENT = [
  '',
  'maxLength: 100',
  'ttl: 1h',
  'ttl: 1h, deadLetter: { queue: dead }',
  'maxLength: 100, overflow: reject-publish',
  'priorities: 5',
  'expires: 1d',
];
const PATIENT_QUORUM = [
  'type: quorum',
  'type: quorum, maxLength: 100',
  'type: quorum, maxLength: 100, overflow: reject-publish, deadLetter: { queue: dead, strategy: at-least-once }',
];
/** And what it may become. */
const RISKY = [
  'maxLength: 1',
  'maxLengthBytes: 1B',
  'ttl: 1s',
  'ttl: 2h',
  'expires: 1s',
  'maxLength: 1, overflow: reject-publish',
  'ttl: 1s, deadLetter: { queue: dead }',
  'durable: true, priorities: 9',
  'type: quorum',
  'type: classic',
  'singleActiveConsumer: true',
  'arguments: { x-max-length: 2 }',
];

interface Story {
  readonly first: string;
  /** Absent: the queue goes. */
  readonly then: string | undefined;
}

/**
 * A queue that is made anew, and refuses what is beyond its limit, doesn't get its own messages back: `up` stops there,
 * with the messages in the holding queue. The policy that goes counts until the end.
 */
function withRoom(first: string, then: string | undefined): string | undefined {
  const isRecreated = first.includes('quorum') || first.includes('priorities');
  const room = first.includes('reject-publish')
    ? then?.replace('arguments: { x-max-length: 2 }', 'singleActiveConsumer: true')
    : then;
  return isRecreated ? room?.replace('maxLength: 1, overflow: reject-publish', 'maxLength: 1') : room;
}

/** Queues that hold messages, and changes that mostly harm them. */
export function sampleRiskyPairs(version: BrokerVersion, count: number, seed: number): Pair[] {
  const first = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...PATIENT) },
    { weight: 1, arbitrary: fc.constantFrom(...PATIENT_QUORUM) },
  );
  const queue: fc.Arbitrary<Story> = first.chain((settings) =>
    fc.record({
      first: fc.constant(settings),
      then: fc.oneof(
        { weight: 2, arbitrary: fc.constant(settings) },
        { weight: 1, arbitrary: fc.constant(undefined) },
        { weight: 6, arbitrary: fc.constantFrom(...RISKY) },
      ),
    }),
  );
  const stories = fc.record({
    queues: fc.array(queue, { minLength: 4, maxLength: 7 }),
    priorities: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
    isVhostKept: fc.boolean(),
    isUserKept: fc.boolean(),
  });
  return fc
    .sample(stories, { numRuns: 3 * count, seed })
    .flatMap((story, index): Pair[] => {
      const run = uniqueName(`risky${index}`);
      const text = (isHead: boolean): string => {
        const queues = story.queues.flatMap(({ first, then }, number) => {
          const settings = isHead ? withRoom(first, then) : first;
          return settings === undefined ? [] : [`q${number}: { ${settings} }`];
        });
        // The one that wins in the end is another one where the priorities say so.
        const [lax, strict] = isHead ? story.priorities : [5, 0];
        return [
          'warren: 1',
          'vhosts:',
          `  shop: { queues: { dead: , g1: , g2: , ${queues.join(', ')} }, policies: { lax: { pattern: '^g[12]$', priority: ${lax}, definition: { max-length: 50 } }, strict: { pattern: '^g', priority: ${strict}, definition: { max-length: 1 } } } }`,
          ...(isHead && !story.isVhostKept ? [] : ['  stock: { queues: { parts: } }']),
          'users:',
          '  chief: { permissions: { shop: { configure: ".*", write: ".*", read: ".*" } } }',
          ...(isHead && !story.isUserKept
            ? []
            : ['  clerk: { permissions: { shop: { configure: "", write: "", read: ".*" } } }']),
          '',
        ].join('\n');
      };
      const [base, head] = [
        sideOf(text(false), 'base.yaml', version, run),
        sideOf(text(true), 'head.yaml', version, run),
      ];
      return base === undefined || head === undefined
        ? []
        : [{ texts: [text(false), text(true)], base, head }];
    })
    .slice(0, count);
}

function sideOf(text: string, name: string, target: BrokerVersion, run: string): Side | undefined {
  const { objects, topology } = load(text, name, { target });
  // Which plugins a broker has is for its owner to say.
  const isOurs = (topology?.broker?.plugins ?? []).every((plugin) => RIG_PLUGINS.includes(plugin));
  if (objects === undefined || topology === undefined || !isOurs) return undefined;
  const own = isolated(objects, run).flatMap(asTheBrokerHasIt);
  return { ...sideOfTopology(name, topology, own), families: [], workers: [] };
}

/**
 * Without what a broker keeps otherwise than it was told, and with vhosts that take connections: whoever recreates a
 * queue has to look into it. Shovels would have to find vhosts under their new names.
 */
function asTheBrokerHasIt(object: BrokerObject): BrokerObject[] {
  if (object.kind === 'parameter' && object.component === 'shovel') return [];
  if (object.kind === 'vhostLimits' || object.kind === 'userLimits') {
    const isClosed = object.kind === 'vhostLimits' && object.maxConnections === 0;
    const limiting = Object.entries(object).filter(
      ([key, value]) => typeof value !== 'number' || (value >= 0 && !(isClosed && key === 'maxConnections')),
    );
    const hasLimit = limiting.some(([, value]) => typeof value === 'number');
    return hasLimit ? [Object.fromEntries(limiting) as unknown as BrokerObject] : [];
  }
  if (object.kind !== 'user' && object.kind !== 'vhost') return [object];
  return [
    {
      ...object,
      ...(object.tags === undefined
        ? {}
        : { tags: object.tags.flatMap((tag) => tag.split(',')).filter((tag) => tag !== '') }),
    },
  ];
}

export function diffOfPair({ base, head }: Pair): TopologyDiff {
  return diffTopologies(base, head);
}

export async function makeBase(broker: Broker, { base }: Pair): Promise<void> {
  for (const object of base.objects) await apply(broker, object);
}

/** Everything is approved: what a change may lose, it loses. */
export async function carryOut(broker: Broker, { base, head }: Pair): Promise<void> {
  const operations = operationsOf(compareObjects(base.objects, head.objects));
  const deletes = operations.filter((operation) => operation.do === 'delete');
  for (const operation of operations) if (operation.do !== 'delete') await perform(broker, operation);
  const kept = head.objects.filter((object) => object.kind === 'exchange' && object.autoDelete);
  const before = await autoDeleteExchanges(broker, kept as ExchangeObject[]);
  for (const operation of deletes) await perform(broker, operation);
  const gone = new Set(deletes.map(({ object }) => identityKey(object)));
  await bringAutoDeletedBack(broker, before, (binding) => gone.has(identityKey(binding)));
}

async function perform(broker: Broker, operation: Operation): Promise<void> {
  const { object } = operation;
  if (operation.do === 'delete') return remove(broker, object, EVERYTHING_APPROVED);
  if (operation.do === 'recreate' && object.kind === 'queue') {
    await setQueueAside(broker, object, { approvals: EVERYTHING_APPROVED, replacement: object });
  }
  if (operation.do === 'recreate' && object.kind === 'exchange') await setExchangeAside(broker, object);
  await apply(broker, object);
}

const AT_ONCE = 4;

/** Call inside a `describe`: works on pairs, some at a time, and takes away afterwards what either side has. */
export function pairsOn(rig: TestBroker): {
  readonly broker: Broker;
  readonly each: <T>(pairs: readonly Pair[], work: (pair: Pair) => Promise<T>) => Promise<T[]>;
} {
  scratchOn(rig);
  const broker = brokerOf(rig);
  const made: Pair[] = [];
  afterAll(async () => {
    await Promise.all(made.map(({ base, head }) => removeAll(broker, [...base.objects, ...head.objects])));
    await broker.close();
  });
  return {
    broker,
    each: async (pairs, work) => {
      made.push(...pairs);
      const results = [];
      for (let start = 0; start < pairs.length; start += AT_ONCE) {
        results.push(...(await Promise.all(pairs.slice(start, start + AT_ONCE).map(work))));
      }
      return results;
    },
  };
}
