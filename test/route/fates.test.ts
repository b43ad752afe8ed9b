/**
 * The simulator and running brokers agree on what becomes of messages: random small topologies with TTLs, lengths,
 * rejections, delivery limits and dead letters, most of them with circles; the same queues, keys and deaths.
 */
import { randomInt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { GetMessage } from 'amqplib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import type { Arguments, BrokerObject, FateEvent } from '../../topology/index';
import { copiesOf } from '../../topology/route/copies';
import { publish } from '../../topology/route/publish';
import { possibleEvents } from '../../topology/route/queueSettings';
import type { Message } from '../../topology/route/publish';
import { routedVhosts } from '../../topology/route/vhost';
import type { RoutedVhost } from '../../topology/route/vhost';
import { scratchOn, uniqueName } from '../broker/realBroker';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { buildFate, exchangeName, fatePlan, keyOf, queueName } from './fateArbitraries';
import type { FatePlan } from './fateArbitraries';
import {
  EVENTS,
  ROUNDS,
  actionOf,
  afterAction,
  countOfEvent,
  handedToThemselves,
  identityOf,
  rehearse,
  resting,
  settle,
} from './rehearsal';
import type { Action, Run } from './rehearsal';
import { LiveVhost } from './liveVhost';

const PLANS = 60;
const SETTLE_MS = 60_000;
/** A plan in which less happens shows little. */
const EVENTS_MIN = 3;
const EVENTS_OF_KIND_MIN = 10;

withBroker('fates', (broker) => {
  const scratch = scratchOn(broker);
  let live: LiveVhost;

  beforeAll(async () => {
    live = await LiveVhost.open(broker, await scratch.vhost());
  });
  afterAll(() => live.close());

  const simulate = (objects: readonly BrokerObject[]): RoutedVhost => {
    const simulated = routedVhosts(objects, { target: broker.version, vhosts: [] }).get(live.name);
    if (simulated === undefined) throw new Error('no such vhost');
    return simulated;
  };

  const queuesOf = ({ plan, prefix }: Run): string[] =>
    plan.queues.map((_, index) => queueName(prefix, index));

  /** Waits until every queue holds as many messages as expected. */
  async function awaitRest(runs: readonly Run[], seed: number): Promise<void> {
    let last: string[] = [];
    await waitFor(async () => {
      last = [];
      for (const run of runs) {
        const expected = resting(run);
        for (const queue of queuesOf(run)) {
          const [depth, wanted] = [await live.depth(queue), expected.get(queue)?.length ?? 0];
          if (depth !== wanted)
            last.push(`${queue} has ${depth}, expected ${wanted}: ${JSON.stringify(run.plan)}`);
        }
      }
      return last.length === 0 ? true : undefined;
    }, SETTLE_MS);
    expect(last, `seed ${seed}`).toEqual([]);
  }

  /** Does it to all messages of the queue; returns what they were. */
  async function act({ queue, event, returns }: Action, count: number, place: string): Promise<string[]> {
    const seen: string[] = [];
    for (let turn = 0; turn < Math.max(1, returns); turn += 1) {
      const messages: GetMessage[] = [];
      while (messages.length < count) {
        const message = await waitFor(async () => (await live.channel.get(queue)) || undefined, SETTLE_MS);
        if (message === undefined)
          throw new Error(`${queue} lost a message in turn ${turn} of ${returns}: ${place}`);
        messages.push(message);
      }
      if (turn === 0) seen.push(...messages.map(identityOf));
      for (const message of messages) {
        if (event === 'delivery-limit') live.channel.reject(message, true);
        else live.channel.nack(message, false, false);
      }
    }
    return seen.sort();
  }

  /** Messages that a queue can't hand on are in it, and nobody gets them: only the management API counts them. */
  async function awaitHeld(runs: readonly Run[]): Promise<number> {
    const held = new Map<string, number>();
    const ours = new Set(runs.flatMap(queuesOf));
    const copies = runs.flatMap((run) => run.copies);
    // 3.10 counts on what a queue has handed on to itself at least once.
    const left = new Set(broker.version === '3.10' ? copies.flatMap(handedToThemselves) : []);
    for (const { delivery, isHeld } of copies) {
      const name = delivery?.queue ?? '';
      if (isHeld && !left.has(name)) held.set(name, (held.get(name) ?? 0) + 1);
    }
    let last: Record<string, number> = {};
    await waitFor(async () => {
      const queues = await callManagement<
        readonly { name: string; messages?: number; messages_ready?: number }[]
      >(broker, 'GET', `queues/${encodeURIComponent(live.name)}?columns=name,messages,messages_ready`);
      const counts = queues.map(
        ({ name, messages = -1, messages_ready: ready = 0 }) => [name, messages - ready] as const,
      );
      last = Object.fromEntries(
        counts.filter(([name, count]) => count !== 0 && ours.has(name) && !left.has(name)),
      );
      return isDeepStrictEqual(last, Object.fromEntries(held)) || undefined;
    }, SETTLE_MS);
    expect(last).toEqual(Object.fromEntries(held));
    return [...held.values()].reduce((sum, count) => sum + count, 0);
  }

  function randomRuns(seed: number): { readonly runs: Run[]; readonly endless: number } {
    const runs: Run[] = [];
    const happened: FateEvent[] = [];
    let endless = 0;
    // Chance may deal few of a kind: then there are more topologies.
    const lacking = (): FateEvent[] =>
      EVENTS.filter((event) => countOfEvent(happened, event) < EVENTS_OF_KIND_MIN);
    for (let sample = 0; runs.length < PLANS || lacking().length > 0; sample += 1) {
      const [plan] = fc.sample(fatePlan, { seed: seed + sample, numRuns: 1 });
      if (plan === undefined) throw new Error('no sample');
      const prefix = uniqueName('f');
      const objects = buildFate(plan, live.name, prefix);
      const message: Message = {
        exchange: exchangeName(prefix, plan.entry.exchange),
        routingKey: keyOf(prefix, plan.entry.key),
        headers: {},
      };
      const run: Run = { plan, prefix, objects, simulated: simulate(objects), message, copies: [] };
      const events = rehearse(run);
      if (events === undefined) endless += 1;
      else if (
        events.length >= EVENTS_MIN &&
        (runs.length < PLANS || lacking().some((event) => events.includes(event)))
      ) {
        runs.push(run);
        happened.push(...events);
      }
    }
    return { runs, endless };
  }

  async function start(runs: readonly Run[], events: FateEvent[], seed: number): Promise<void> {
    await live.import(runs.flatMap(({ objects }) => objects));
    const confirms = await live.publish(runs.map(({ message }) => message));
    for (const [index, run] of runs.entries()) {
      const publication = publish(run.simulated, run.message);
      if (publication.kind !== 'routed') throw new Error('no such exchange');
      const { deliveries } = publication.routing;
      const isRefused = deliveries.some(({ queue }) => {
        const { overflow, maxLength } = run.simulated.settingsOf(queue);
        return overflow === 'reject-publish-dlx' && maxLength === 0;
      });
      expect(confirms[index], `seed ${seed}, ${JSON.stringify(run.plan)}`).toBe(isRefused ? 'nack' : 'ack');
      run.copies = settle(run.simulated, copiesOf(deliveries, publication.flight), events) ?? [];
    }
  }

  it('are what the simulator says, step by step', async () => {
    const seed = randomInt(2 ** 31);
    const { runs, endless } = randomRuns(seed);
    const events: FateEvent[] = [];
    let compared = 0;
    await start(runs, events, seed);
    for (let round = 0; round < ROUNDS; round += 1) {
      await awaitRest(runs, seed);
      for (const run of runs) {
        const action = actionOf(run, round);
        if (action === undefined) continue;
        const expected = resting(run).get(action.queue) ?? [];
        const place = `seed ${seed}, round ${round}, ${action.queue}, ${JSON.stringify(run.plan)}`;
        const was = await act(action, expected.length, place);
        expect(was, place).toEqual(expected);
        compared += expected.length;
        events.push(action.event);
        run.copies = settle(run.simulated, afterAction(run.simulated, run.copies, action), events) ?? [];
      }
    }
    await awaitRest(runs, seed);
    const heldCount = await awaitHeld(runs);
    const counts = EVENTS.map((event) => [event, countOfEvent(events, event)] as const);
    process.stderr.write(
      `RabbitMQ ${broker.version}, fates compared: ${runs.length} topologies, ${compared} messages; ` +
        `${counts.map((each) => each.join(' ')).join(', ')}; ${heldCount} held back; ${endless} endless ones left out\n`,
    );
    expect(compared).toBeGreaterThan(PLANS);
    for (const [event, count] of counts) expect(count, event).toBeGreaterThanOrEqual(EVENTS_OF_KIND_MIN);
  });

  it('holds back what is dead-lettered at least once and can go nowhere', async () => {
    const handing = (key: string): FatePlan['queues'][number] => ({
      type: 'quorum',
      ttl: { policy: 60 },
      deliveryLimit: {},
      maxLength: null,
      deadLetter: { exchange: null, key, exchangeIn: 'policy', keyIn: 'policy' },
      isSafe: true,
      rejectsPublish: false,
    });
    const queues = [handing('nowhere'), handing('q2'), handing('q1')];
    const plan: FatePlan = {
      queues,
      exchanges: [],
      bindings: [],
      entry: { exchange: null, key: 'q0' },
      rounds: [],
    };
    const prefix = uniqueName('h');
    const objects = buildFate(plan, live.name, prefix);
    const simulated = simulate(objects);
    const runs = ['q0', 'q1'].map((key): Run => {
      const message: Message = { exchange: '', routingKey: keyOf(prefix, key), headers: {} };
      return { plan, prefix, objects, simulated, message, copies: [] };
    });
    await start(runs, [], 0);
    // The second comes to the third queue, and may not go back.
    expect(
      runs.flatMap(({ copies }) => copies.map(({ delivery, isHeld }) => isHeld && delivery?.queue)),
    ).toEqual([queueName(prefix, 0), queueName(prefix, 2)]);
    expect(await awaitHeld(runs)).toBe(2);
  });

  it.each([
    ['classic', 'drop-head'],
    ['classic', 'reject-publish'],
    ['classic', 'reject-publish-dlx'],
    ['quorum', 'drop-head'],
    ['quorum', 'reject-publish'],
  ] as const)('a full %s queue with the overflow %s does what the simulator says', async (type, overflow) => {
    const [full, dead] = [uniqueName('full'), uniqueName('dead')];
    const declare = (name: string, given: Arguments): BrokerObject => ({
      kind: 'queue',
      vhost: live.name,
      name,
      durable: true,
      autoDelete: false,
      arguments: given,
    });
    const objects = [
      declare(full, {
        'x-queue-type': type,
        'x-max-length': 2,
        'x-overflow': overflow,
        'x-dead-letter-exchange': '',
        'x-dead-letter-routing-key': dead,
      }),
      declare(dead, {}),
    ];
    await live.import(objects);
    const confirms: string[] = [];
    // One after the other: a quorum queue notices that it is full only after it has confirmed.
    for (let index = 0; index < 6; index += 1) {
      confirms.push(...(await live.publish([{ exchange: '', routingKey: full, headers: {} }])));
    }
    const settings = simulate(objects).settingsOf(full);
    const isRefusing = settings.overflow !== 'drop-head';
    const diesByLength = possibleEvents(settings).includes('maxlen');
    expect(confirms.includes('nack')).toBe(isRefusing);
    expect(confirms.slice(0, 2)).toEqual(['ack', 'ack']);
    const kept = isRefusing ? confirms.filter((confirm) => confirm === 'ack').length : 2;
    const died = diesByLength ? 6 - kept : 0;
    const depths = (): Promise<number[]> => Promise.all([live.depth(full), live.depth(dead)]);
    let last: number[] = [];
    await waitFor(async () => {
      last = await depths();
      return isDeepStrictEqual(last, [kept, died]) || undefined;
    }, SETTLE_MS);
    expect(last).toEqual([kept, died]);
    for (const message of await live.drain(dead)) expect(identityOf(message)).toBe(`${dead}: ${full}/maxlen`);
  });
});
