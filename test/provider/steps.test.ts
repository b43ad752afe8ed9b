/** The steps of an operation, without Pulumi: what they refuse, what they wait for, and what they say in the end. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { BrokerError } from '../../broker/api/errors';
import type { Broker } from '../../broker/api/transport';
import { readInputs } from '../../provider/inputs';
import type { StepCall } from '../../provider/stepType';
import { clusterIdentityStep } from '../../provider/warren/steps/clusterIdentity';
import { consumersReadyStep } from '../../provider/warren/steps/consumersReady';
import { credentialDrainStep, goingFrom } from '../../provider/warren/steps/credentialDrain';
import { rollingGateStep } from '../../provider/warren/steps/rollingGate';

const endings: (() => void)[] = [];

afterEach(() => {
  for (const end of endings.splice(0)) end();
});

function callWith(logIn: () => Promise<Broker>): StepCall {
  return {
    session: { logIn, endpoint: 'http://b' } as unknown as StepCall['session'],
    warn: () => Promise.resolve(),
    status: () => undefined,
  };
}

it.each([
  [{ cluster: 'shop-new' }, 'cluster', /^the cluster shop is named after .* its volumes be deleted/],
  [{ owner: 'shop/other' }, 'owner', /^the stack's seed isn't the one .* Put the old seed back/],
])('a cluster that is there keeps its name and its seed: %j', (changed, property, reason) => {
  const before = { cluster: 'shop', owner: 'shop/seed' };
  const faultsOf = (news: object, olds: typeof before | undefined) => {
    const inputs = readInputs({ ...news });
    clusterIdentityStep.parse(inputs, olds);
    return inputs.failures;
  };
  expect(faultsOf(before, before)).toEqual([]);
  expect(faultsOf({ ...before, ...changed }, undefined)).toEqual([]);
  expect(faultsOf({ ...before, ...changed }, before)).toEqual([
    { property, reason: expect.stringMatching(reason) as string },
  ]);
});

it('a login that goes is known by its user, whatever that is called', () => {
  const drain = (values: object) =>
    credentialDrainStep.parse(readInputs({ timeoutSeconds: 1, ...values }), undefined);
  const before = drain({
    users: { constructor: ['constructor-g1'], __old: ['__old-g1'], celery: ['celery-g2'] },
    __leaving: { celery: ['celery-g1'] },
  });
  const after = drain({ users: { celery: ['celery-g2'] } });
  expect(goingFrom(before, after)).toEqual({
    replaced: ['celery-g1'],
    removed: ['constructor-g1', '__old-g1'],
  });
  expect(goingFrom(before, before)).toEqual({ replaced: ['celery-g1'], removed: [] });
});

it('no node is restarted unasked because nobody can log in', async () => {
  vi.useFakeTimers();
  endings.push(() => vi.useRealTimers());
  const refused = new BrokerError({ kind: 'unauthorized', message: 'None of the users can log in.' });
  const gate = { cluster: 'c', node: 'rabbit@a', version: '4.3', trigger: 'new', timeoutSeconds: 900 };
  const passing = rollingGateStep.pass(
    callWith(() => Promise.reject(refused)),
    gate,
    { ...gate, trigger: 'old' },
  );
  const ended = expect(passing).rejects.toBe(refused);
  await vi.advanceTimersByTimeAsync(60_000);
  await ended;
});

it('no node is restarted unasked because the broker is slow, and it is where nobody answers', async () => {
  vi.useFakeTimers();
  endings.push(() => vi.useRealTimers());
  const gate = { cluster: 'c', node: 'rabbit@a', version: '4.3', trigger: 'new', timeoutSeconds: 900 };
  const pass = (kind: 'timeout' | 'unreachable'): Promise<void> =>
    rollingGateStep.pass(
      callWith(() => Promise.reject(new BrokerError({ kind, message: `It is ${kind}` }))),
      gate,
      { ...gate, trigger: 'old' },
    );
  const slow = expect(pass('timeout')).rejects.toThrow(/^Waited 900 s .*rabbit@a: It is timeout/);
  await vi.advanceTimersByTimeAsync(905_000);
  await slow;
  const away = pass('unreachable');
  await vi.advanceTimersByTimeAsync(60_000);
  await away;
});

it('consumers of others are not taken for those of workers that crash, or that do nothing', async () => {
  const containers: Record<string, object> = {
    good: container('shop-good-1', '10.0.0.1', { Running: true }),
    idle: container('shop-idle-1', '10.0.0.2', { Running: true }),
    dead: container('shop-dead-1', '', { Running: true, Restarting: true, ExitCode: 3 }),
    fat: container('shop-fat-1', '', { Running: false, ExitCode: 137, OOMKilled: true }),
  };
  const dockerHost = await engineWith(containers);
  const consumers = ['10.0.0.1', '10.0.0.9'].map((peer_host) => ({
    queue: { name: 'jobs' },
    channel_details: { peer_host },
  }));
  const broker = { request: () => Promise.resolve({ json: consumers }) } as unknown as Broker;
  const pass = (ids: string[], more: object = {}, before?: never) =>
    consumersReadyStep.pass(
      callWith(() => Promise.resolve(broker)),
      {
        ...{ fleet: 'f', vhost: 'v', queues: ['jobs'], consumers: ids.length, containers: ids },
        ...{ isGate: false, isDirect: true, dockerHost, timeoutSeconds: 0 },
        ...{ otherConsumers: {}, peers: [], ...more },
      },
      before,
    );
  await pass(['good']);
  await expect(pass(['good', 'idle'])).rejects.toThrow(/: shop-idle-1 doesn't consume from queue "jobs"/);
  await expect(pass(['dead'])).rejects.toThrow(
    /: shop-dead-1 ended \(exit code 3\): docker logs shop-dead-1/,
  );
  await expect(pass(['fat'])).rejects.toThrow(
    /shop-fat-1 was killed, it needs more memory \(exit code 137\)/,
  );
  await expect(pass(['none'])).rejects.toThrow(/: none is gone/);
  // Where a router hides their addresses, or Docker can't be asked, the number is what counts.
  await pass(['good', 'idle'], { isDirect: false });
  await pass(['good', 'idle'], { dockerHost: 'unix:///no/such/socket' });
  // There, the consumers of another fleet look the same; a worker that ended is seen by Docker all the same.
  await expect(pass(['good'], { isDirect: false, otherConsumers: { jobs: 2 } })).rejects.toThrow(
    /: queue "jobs" in vhost "v" has 2 of 3 consumers/,
  );
  await expect(pass(['good', 'dead'], { isDirect: false })).rejects.toThrow(/: shop-dead-1 ended/);
  // Those on Kubernetes have no containers: a Docker Engine that is there all the same isn't asked.
  await pass([], { isDirect: false, consumers: 2, login: 'a digest' });
  await expect(pass([], { isDirect: false, consumers: 3, login: 'a digest' })).rejects.toThrow(/has 2 of 3/);
  // A worker that is replaced is not held up by those that crash, or that come after it.
  const gate = { isDirect: false, isGate: true, consumers: 4, timeoutSeconds: 0 };
  await pass(['good'], { ...gate, peers: ['good', 'idle', 'dead', 'none'] }, gate as never);
  const three = ['good', 'idle', 'good'];
  await expect(pass(['good'], { ...gate, peers: three }, gate as never)).rejects.toThrow(/has 2 of 3/);
});

function container(name: string, address: string, state: object): object {
  return {
    Name: `/${name}`,
    State: { Running: false, Restarting: false, ExitCode: 0, ...state },
    NetworkSettings: { Networks: { shop: { IPAddress: address } } },
  };
}

/** A Docker Engine that knows these containers by their ids, and nothing else. */
async function engineWith(containers: Readonly<Record<string, object>>): Promise<string> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-steps-'));
  const server = http.createServer(({ url = '' }, response) => {
    const [, id = ''] = /\/containers\/(\w+)\/json$/.exec(url) ?? [];
    response.setHeader('api-version', '1.45');
    if (url !== '/_ping') response.statusCode = id in containers ? 200 : 404;
    response.end(JSON.stringify(containers[id] ?? { message: 'No such container' }));
  });
  endings.push(() => {
    server.closeAllConnections();
    server.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  const socket = path.join(folder, 'docker.sock');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return `unix://${socket}`;
}
