/** The simulator and running brokers agree on where messages go: random topologies, random messages, the same queues. */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrokerObject, Target } from '../../topology/index';
import { publish } from '../../topology/route/publish';
import type { Message, Publication } from '../../topology/route/publish';
import { routedVhosts } from '../../topology/route/vhost';
import type { RoutedVhost } from '../../topology/route/vhost';
import { scratchOn, uniqueName } from '../broker/realBroker';
import { withBroker } from '../rigs/brokers';
import {
  CHOOSING_TYPES,
  MATCHING_TYPES,
  blueprint,
  build,
  messageOf,
  messageShape,
  queueNames,
} from './arbitraries';
import { LiveVhost } from './liveVhost';

const TOPOLOGIES = 40;
/** Chance may deal few cases of a kind: then there are more topologies. */
const TOPOLOGIES_MAX = 160;
const MESSAGES_PER_TOPOLOGY = 600;
const CASES_MIN = 2000;

/** Cases by what they exercise; `routed` are those that reached a queue. */
class Tally {
  readonly cases = new Map<string, { compared: number; routed: number }>();

  add(kinds: readonly string[], isRouted: boolean): void {
    for (const kind of kinds) {
      const counts = this.cases.get(kind) ?? { compared: 0, routed: 0 };
      counts.compared += 1;
      counts.routed += isRouted ? 1 : 0;
      this.cases.set(kind, counts);
    }
  }

  /** Kinds of which there are too few cases, or too few that reached a queue, to prove anything. */
  lacks(kinds: readonly string[]): string[] {
    return kinds.filter((kind) => {
      const { compared = 0, routed = 0 } = this.cases.get(kind) ?? {};
      return compared < CASES_MIN || routed < CASES_MIN / 10;
    });
  }
}

const KINDS = [...MATCHING_TYPES, 'default', 'alternate', 'exchange-to-exchange', 'predeclared', 'CC or BCC'];

/** What a message exercises: the type of its exchange, alternates, exchanges bound to exchanges, further keys. */
function kindsOf(publication: Publication, message: Message): string[] {
  if (publication.kind !== 'routed') return [];
  const { entry, steps } = publication.routing;
  const all = [...steps.values()];
  return [
    entry.name === '' ? 'default' : entry.type,
    ...(entry.name.startsWith('amq.') ? ['predeclared'] : []),
    ...(all.some(({ alternate }) => alternate !== undefined) ? ['alternate'] : []),
    ...(all.some(({ bindings }) => bindings.some(({ destinationType }) => destinationType === 'exchange'))
      ? ['exchange-to-exchange']
      : []),
    ...(message.cc === undefined && message.bcc === undefined ? [] : ['CC or BCC']),
  ];
}

function simulate(objects: readonly BrokerObject[], vhost: string, target: Target): RoutedVhost {
  const simulated = routedVhosts(objects, { target, vhosts: [] }).get(vhost);
  if (simulated === undefined) throw new Error('no such vhost');
  return simulated;
}

/** For each message, the queues that got it, sorted; one that got it twice is there twice. */
async function received(live: LiveVhost, queues: readonly string[], count: number): Promise<string[][]> {
  const lists: string[][] = Array.from({ length: count }, () => []);
  for (const queue of queues) {
    for (const message of await live.drain(queue)) lists[Number(message.content.toString())]?.push(queue);
  }
  return lists.map((list) => list.sort());
}

function exchangeOf(vhost: string, name: string, type: string, internal = false): BrokerObject {
  return { kind: 'exchange', vhost, name, type, durable: true, autoDelete: false, internal, arguments: {} };
}

withBroker('routing', (broker) => {
  const scratch = scratchOn(broker);
  let live: LiveVhost;

  beforeAll(async () => {
    live = await LiveVhost.open(broker, await scratch.vhost());
  });
  afterAll(() => live.close());

  it('is what the simulator says, for every type of exchange', async () => {
    const tally = new Tally();
    const seed = randomInt(2 ** 31);
    for (let run = 0; run < TOPOLOGIES || (run < TOPOLOGIES_MAX && tally.lacks(KINDS).length > 0); run += 1) {
      const [plan] = fc.sample(blueprint, { seed: seed + run, numRuns: 1 });
      if (plan === undefined) throw new Error('no sample');
      const prefix = uniqueName('t');
      const objects = build(plan, live.name, prefix);
      await live.import(objects);
      const shapes = fc.sample(messageShape, { seed: seed + run, numRuns: MESSAGES_PER_TOPOLOGY });
      const sent = shapes.map((shape) => messageOf(shape, plan, prefix));
      expect(new Set(await live.publish(sent))).toEqual(new Set(['ack']));
      const got = await received(live, queueNames(plan.queueCount, prefix), sent.length);
      const simulated = simulate(objects, live.name, broker.version);
      for (const [index, message] of sent.entries()) {
        const publication = publish(simulated, message);
        const expected =
          publication.kind === 'routed'
            ? publication.routing.deliveries.map(({ queue }) => queue).sort()
            : [];
        expect(got[index], `seed ${seed}, ${JSON.stringify({ message, plan })}`).toEqual(expected);
        tally.add(kindsOf(publication, message), expected.length > 0);
      }
    }
    process.stderr.write(
      `RabbitMQ ${broker.version}, routing compared: ${JSON.stringify([...tally.cases])}\n`,
    );
    expect(tally.lacks(KINDS)).toEqual([]);
  });

  it.each([
    ['an internal exchange', '403', 'internal'],
    ['an exchange that is not there', '404', 'no-exchange'],
    ['the predeclared exchange amq.rabbitmq.trace', '403', 'internal'],
  ])('publishing to %s is refused (%s), as the simulator says', async (what, status, kind) => {
    const own = uniqueName('i');
    const exchange = what.includes('amq.') ? 'amq.rabbitmq.trace' : own;
    const objects: BrokerObject[] = [
      ...(what === 'an internal exchange' ? [exchangeOf(live.name, own, 'fanout', true)] : []),
      // The simulator finds its vhost by what is in it.
      exchangeOf(live.name, `${own}-other`, 'fanout'),
    ];
    await live.import(objects);
    expect(
      publish(simulate(objects, live.name, broker.version), { exchange, routingKey: '', headers: {} }),
    ).toMatchObject({ kind });
    expect(await live.refusalOf(exchange)).toContain(status);
  });

  it.each([...CHOOSING_TYPES, ...(broker.version === '3.10' ? [] : ['x-local-random'])])(
    '%s gives each message to exactly one of the queues that the simulator names',
    async (type) => {
      const prefix = uniqueName('c');
      const queues = queueNames(4, prefix);
      const exchange = `${prefix}-x`;
      const objects: BrokerObject[] = [
        exchangeOf(live.name, exchange, type),
        ...queues.map((name) => ({
          kind: 'queue' as const,
          vhost: live.name,
          name,
          durable: true,
          autoDelete: false,
          arguments: {},
        })),
        ...queues.slice(1).map((destination, index) => ({
          kind: 'binding' as const,
          vhost: live.name,
          source: exchange,
          destination,
          destinationType: 'queue' as const,
          // A weight; only the local one takes no key at all.
          routingKey: type === 'x-local-random' ? '' : String(index + 1),
          arguments: {},
        })),
      ];
      await live.import(objects);
      const sent = Array.from({ length: CASES_MIN }, (_, index): Message => ({
        exchange,
        routingKey: `k${index}`,
        headers: {},
      }));
      await live.publish(sent);
      const got = await received(live, queues, sent.length);
      const publication = publish(simulate(objects, live.name, broker.version), {
        exchange,
        routingKey: 'k',
        headers: {},
      });
      const named = publication.kind === 'routed' ? publication.routing.deliveries : [];
      expect(named.map(({ queue, certainty }) => `${queue} ${certainty}`).sort()).toEqual(
        queues.slice(1).map((queue) => `${queue} one-of`),
      );
      expect(got.filter((list) => list.length !== 1)).toEqual([]);
      // Every one of them is really chosen now and then, and no other.
      expect([...new Set(got.flat())].sort()).toEqual(named.map(({ queue }) => queue).sort());
    },
  );
});
