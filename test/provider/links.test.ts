import * as rabbitmq from '@pulumi/rabbitmq';
import { afterEach, expect, it } from 'vitest';
import * as parameters from '../../broker/kinds/parameters';
import type { JsonValue } from '../../topology/objects';
import { brokerOf, endpointOf, scratchOn } from '../broker/realBroker';
import { withOldestAndNewestBroker } from '../rigs/brokers';
import { FakeEngine, isSecret, secret, urn, type PluginProcess, type Values } from './plugin';

const UPSTREAM = urn('rabbitmq:index/federationUpstream:FederationUpstream', 'x');
const SHOVEL = urn('rabbitmq:index/shovel:Shovel', 'x');

/** Every setting that the classes of the bridged provider have. */
const FULL_UPSTREAM = {
  uri: 'amqps://127.0.0.1:1/v',
  ackMode: 'no-ack',
  prefetchCount: 7,
  reconnectDelay: 60,
  trustUserId: true,
  exchange: 'e',
  maxHops: 2,
  expires: 5_000,
  messageTtl: 6_000,
  queue: 'q',
} satisfies rabbitmq.types.input.FederationUpstreamDefinition;
const FULL_SHOVEL = {
  sourceUri: 'amqp://127.0.0.1:1',
  sourceProtocol: 'amqp091',
  sourceExchange: 'e',
  sourceExchangeKey: '#',
  sourcePrefetchCount: 9,
  sourceDeleteAfter: '1000',
  destinationUri: 'amqp://127.0.0.1:1',
  destinationProtocol: 'amqp091',
  destinationExchange: 'f',
  destinationExchangeKey: 'k',
  destinationAddForwardHeaders: true,
  destinationAddTimestampHeader: true,
  destinationPublishProperties: '{"delivery_mode":2}',
  ackMode: 'on-publish',
  reconnectDelay: 300,
} satisfies rabbitmq.types.input.ShovelInfo;

let engine: FakeEngine | undefined;

afterEach(async () => {
  await engine?.stop();
  engine = undefined;
});

withOldestAndNewestBroker('rabbitmq.FederationUpstream and rabbitmq.Shovel', (rig) => {
  const scratch = scratchOn(rig);
  /** The first process of another operation. */
  const start = async (): Promise<PluginProcess> => {
    await engine?.stop();
    engine = await FakeEngine.start();
    const { username, password } = rig;
    return engine.plugin('rabbitmq', { endpoint: endpointOf(rig), username, password: secret(password) });
  };
  const stored = async (component: string, vhost: string, name: string) =>
    (await parameters.read(brokerOf(rig), { component, vhost, name }))?.value;
  const put = (component: string, vhost: string, name: string, value: JsonValue) =>
    parameters.put(brokerOf(rig), { kind: 'parameter', component, vhost, name, value });

  it.each([
    ['all', FULL_UPSTREAM],
    ['the least', { uri: 'amqp://127.0.0.1:1' }],
  ])('an upstream with %s settings: made, unchanged, imported, gone', async (_title, definition) => {
    const vhost = await scratch.vhost();
    const inputs = { name: 'a@b', vhost, definition };
    const plugin = await start();
    const { id, state } = await plugin.create(UPSTREAM, inputs);
    expect(id).toBe(`a@b@${vhost}`);
    expect(state).toEqual({
      ...inputs,
      component: 'federation-upstream',
      // The bridged provider's defaults.
      definition: {
        ackMode: 'on-confirm',
        prefetchCount: 1000,
        reconnectDelay: 5,
        maxHops: 1,
        ...definition,
      },
    });
    expect((await plugin.read(UPSTREAM, id, state)).state).toEqual(state);
    expect((await plugin.diff(UPSTREAM, state, inputs)).changed).toBe(false);
    const imported = await plugin.read(UPSTREAM, id);
    expect(imported.state).toEqual(state);
    expect(imported.inputs).not.toHaveProperty('component');
    await (await start()).remove(UPSTREAM, id, state);
    expect(await stored('federation-upstream', vhost, 'a@b')).toBeUndefined();
  });

  it('an upstream arrives in RabbitMQ’s own words', async () => {
    const vhost = await scratch.vhost();
    await (await start()).create(UPSTREAM, { name: 'u', vhost, definition: FULL_UPSTREAM });
    expect(await stored('federation-upstream', vhost, 'u')).toEqual({
      uri: 'amqps://127.0.0.1:1/v',
      'ack-mode': 'no-ack',
      'prefetch-count': 7,
      'reconnect-delay': 60,
      'trust-user-id': true,
      exchange: 'e',
      'max-hops': 2,
      expires: 5_000,
      'message-ttl': 6_000,
      queue: 'q',
    });
  });

  it('a shovel does, is changed in place, and put right after drift', async () => {
    const vhost = await scratch.vhost();
    const inputs = { name: 's', vhost, info: FULL_SHOVEL };
    const plugin = await start();
    const { id, state } = await plugin.create(SHOVEL, inputs);
    expect(state).toEqual(inputs);
    const expected = {
      'src-uri': 'amqp://127.0.0.1:1',
      'src-protocol': 'amqp091',
      'src-exchange': 'e',
      'src-exchange-key': '#',
      'src-prefetch-count': 9,
      'src-delete-after': 1000,
      'dest-uri': 'amqp://127.0.0.1:1',
      'dest-protocol': 'amqp091',
      'dest-exchange': 'f',
      'dest-exchange-key': 'k',
      'dest-add-forward-headers': true,
      'dest-add-timestamp-header': true,
      'dest-publish-properties': { delivery_mode: 2 },
      'ack-mode': 'on-publish',
      'reconnect-delay': 300,
    };
    expect(await stored('shovel', vhost, 's')).toEqual(expected);
    expect((await plugin.read(SHOVEL, id, state)).state).toEqual(state);

    await put('shovel', vhost, 's', {
      'src-uri': ['amqp://127.0.0.1:1', 'amqp://127.0.0.1:2'],
      'src-queue': 'a',
      'dest-uri': 'amqp://127.0.0.1:1',
      'dest-queue': 'b',
      'ack-mode': 'on-publish',
    });
    const { state: drifted } = await plugin.read(SHOVEL, id, state);
    const difference = await plugin.diff(SHOVEL, drifted, inputs);
    expect(difference.details).toMatchObject({
      'info["sourceUri"]': 'UPDATE',
      'info["sourceQueue"]': 'DELETE',
      'info["sourceExchange"]': 'ADD',
      // Where nothing is said RabbitMQ waits for 5 s.
      'info["reconnectDelay"]': 'UPDATE',
    });
    expect(difference.replaces).toEqual([]);
    await plugin.update(SHOVEL, id, drifted, inputs);
    expect(await stored('shovel', vhost, 's')).toEqual(expected);
  });

  it('a shovel over AMQP 1.0 is fine, too', async () => {
    const vhost = await scratch.vhost();
    const info = {
      sourceUri: 'amqp://127.0.0.1:1',
      sourceProtocol: 'amqp10',
      sourceAddress: '/queues/a',
      destinationUri: 'amqp://127.0.0.1:1',
      destinationProtocol: 'amqp10',
      destinationAddress: '/queues/b',
      destinationProperties: '{"content_type":"text/plain"}',
      destinationApplicationProperties: '{"from":"here"}',
    };
    const plugin = await start();
    const inputs = { name: 's', vhost, info };
    const { id, state } = await plugin.create(SHOVEL, inputs);
    expect((await plugin.read(SHOVEL, id, state)).state).toEqual(state);
    expect((await plugin.diff(SHOVEL, state, inputs)).changed).toBe(false);
  });

  it('what the bridged provider wrote into a state is no difference', async () => {
    const vhost = await scratch.vhost();
    const inputs = {
      name: 's',
      vhost,
      info: { sourceUri: 'amqp://h', sourceQueue: 'a', destinationUri: 'amqp://h', destinationQueue: 'b' },
    };
    const bridged = {
      ...inputs,
      info: {
        ...inputs.info,
        ackMode: 'on-confirm',
        addForwardHeaders: false,
        deleteAfter: '',
        destinationAddTimestampHeader: false,
        destinationExchange: '',
        prefetchCount: 0,
        reconnectDelay: 1,
        sourceProtocol: 'amqp091',
        destinationProtocol: 'amqp091',
      },
    };
    const plugin = await start();
    await plugin.create(SHOVEL, inputs);
    expect((await plugin.diff(SHOVEL, bridged, inputs)).changed).toBe(false);
  });

  it('a password in a URI is a secret, in state and errors', async () => {
    const vhost = await scratch.vhost();
    const plugin = await start();
    const inputs = { name: 'u', vhost, definition: { uri: 'amqp://u:hidden@127.0.0.1:1' } };
    expect(isSecret((await plugin.check(UPSTREAM, inputs)).inputs.definition)).toBe(true);
    const { state } = await plugin.create(UPSTREAM, inputs);
    expect(isSecret(state.definition)).toBe(true);
    const bad = { ...inputs, definition: { uri: 'x://u:hidden@h' } };
    await expect(plugin.create(UPSTREAM, bad)).rejects.toThrow('a URI in it is not valid');
    await expect(plugin.create(UPSTREAM, bad)).rejects.not.toThrow(/hidden/);
  });

  it('says what is missing or wrong', async () => {
    const plugin = await start();
    const failures = async (target: string, inputs: Values) => (await plugin.check(target, inputs)).failures;
    expect(await failures(UPSTREAM, { vhost: 'v', definition: {} })).toEqual({
      'definition.uri': 'is missing',
    });
    const info = { ...FULL_SHOVEL, destinationPublishProperties: 'x' };
    expect(await failures(SHOVEL, { vhost: 'v', info })).toEqual({
      'info.destinationPublishProperties': 'must be a JSON object as text, not a text that is none',
    });
  });
});

it('the classes register the tokens that are served', () => {
  const type = (resource: unknown) => (resource as { __pulumiType: string }).__pulumiType;
  expect(UPSTREAM).toContain(type(rabbitmq.FederationUpstream));
  expect(SHOVEL).toContain(type(rabbitmq.Shovel));
});
