/** The nodes of a cluster, tried in turn. */
import { afterEach, describe, expect, it } from 'vitest';
import { openCluster } from '../../broker/api/cluster';
import type { BrokerSettings } from '../../broker/api/endpoint';
import { isBrokerError, type BrokerError } from '../../broker/api/errors';
import { openBroker, type Broker } from '../../broker/api/transport';
import { closedPort, httpServer, silentServer, type TestServer } from './servers';

const GET = { method: 'GET', path: 'overview', action: 'read the overview' } as const;
const PUT = { method: 'PUT', path: 'vhosts/a', body: {}, action: 'create vhost "a"' } as const;
const POST = { method: 'POST', path: 'x', body: {}, action: 'post' } as const;
const opened: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.stop()));
});

function brokerAt(endpoints: readonly string[], limits: Partial<BrokerSettings> = {}): Broker {
  const [endpoint = ''] = endpoints;
  const broker = openBroker({ endpoint, endpoints, username: 'u', password: 'p', ...limits });
  opened.push({ stop: () => broker.close() });
  return broker;
}

async function use(server: Promise<TestServer>): Promise<TestServer> {
  const started = await server;
  opened.push(started);
  return started;
}

const working = (): Promise<TestServer> =>
  use(
    httpServer((request, response) => {
      response.statusCode = request.method === 'GET' ? 200 : 204;
      response.end(request.method === 'GET' ? '{}' : undefined);
    }),
  );

const answering = (status: number, body = '{}'): Promise<TestServer> =>
  use(
    httpServer((_request, response) => {
      response.statusCode = status;
      response.end(body);
    }),
  );

const breaking = (): Promise<TestServer> => use(httpServer((request) => request.socket.destroy()));
const closed = async (): Promise<string> => `http://127.0.0.1:${await closedPort()}`;

async function failure(work: Promise<unknown>): Promise<BrokerError> {
  const error: unknown = await work.then(
    () => 'no failure',
    (reason: unknown) => reason,
  );
  if (isBrokerError(error)) return error;
  throw new Error(String(error));
}

describe('a node that can’t do it', () => {
  const bad: readonly [string, () => Promise<string>][] = [
    ['refuses connections', closed],
    ['has a name that nobody knows', () => Promise.resolve('http://no-such-host.invalid:15672')],
    ['breaks connections', async () => (await breaking()).url],
    ['never answers', async () => (await use(silentServer())).url],
    ['answers 500', async () => (await answering(500)).url],
    ['answers 503', async () => (await answering(503)).url],
  ];
  it.each(bad)('that %s: the next one does', async (_title, start) => {
    const [first, second] = [await start(), await working()];
    const broker = brokerAt([first, second.url], { requestTimeoutMs: 1000 });
    await broker.request(PUT);
    expect(second.requests).toEqual(['PUT /api/vhosts/a']);
  });

  it('is left: the node that works is asked first from then on', async () => {
    const [first, second] = [await answering(503), await working()];
    const broker = brokerAt([first.url, second.url]);
    for (let round = 0; round < 3; round++) await broker.request(GET);
    expect(first.requests).toHaveLength(1);
    expect(second.requests).toHaveLength(3);
  });

  it('may be the last one that worked: the first is asked again', async () => {
    const [first, second] = [await working(), await working()];
    const broker = brokerAt([first.url, second.url]);
    await broker.request(GET);
    await first.stop();
    await broker.request(GET);
    expect(second.requests).toHaveLength(1);
    expect(broker.endpoint).toBe(first.url);
  });

  it('says no: that is an answer, and no other node is asked', async () => {
    for (const status of [400, 401, 404]) {
      const [first, second] = [await answering(status), await working()];
      await failure(brokerAt([first.url, second.url]).request(GET));
      expect(second.requests).toEqual([]);
    }
  });
});

it('what may not be repeated goes to another node only where it was never sent', async () => {
  const second = await working();
  await brokerAt([await closed(), second.url]).request(POST);
  expect(second.requests).toEqual(['POST /api/x']);
  for (const start of [breaking(), use(silentServer()), answering(503)]) {
    const broker = brokerAt([(await start).url, second.url], { requestTimeoutMs: 1000 });
    await failure(broker.request(POST));
  }
  expect(second.requests).toHaveLength(1);
});

it('no node works: one error, nodes with the same reason together', async () => {
  const [a, b, c] = [await closed(), await closed(), (await use(silentServer())).url];
  const error = await failure(
    brokerAt([a, b, c], { requestTimeoutMs: 1000, retryBudgetMs: 300 }).request(PUT),
  );
  expect(error.kind).toBe('unreachable');
  expect(error.message.split('\n')).toEqual([
    'Cannot create vhost "a": no node of the cluster can do it.',
    expect.stringContaining(
      `  ${a}, ${b}: is not reachable (ECONNREFUSED): nothing accepts connections there.`,
    ),
    expect.stringContaining(`  ${c}: did not answer within 1 s.`),
  ]);
});

it('waits as long as it is told by Retry-After, when the budget allows it', async () => {
  const answer = (seconds: string): Promise<TestServer> =>
    use(
      httpServer((_request, response, count) => {
        if (count === 1) response.writeHead(503, { 'retry-after': seconds });
        response.end('{}');
      }),
    );
  const soon = await answer('0');
  await brokerAt([soon.url]).request(GET);
  expect(soon.requests).toHaveLength(2);
  const late = await answer('60');
  const error = await failure(brokerAt([late.url]).request(GET));
  expect(error.message).toContain('HTTP 503, come back in 60 s');
  expect(late.requests).toHaveLength(1);
});

it('each node once, whatever the list says', async () => {
  const server = await answering(501);
  await failure(brokerAt([server.url, `${server.url}/`, `${server.url}/api`]).request(GET));
  expect(server.requests).toHaveLength(1);
});

it('says what is waited for, as long as it lasts', async () => {
  const notices: string[] = [];
  let answerNow: (() => void) | undefined;
  const server = await use(
    httpServer((_request, response, count) => {
      if (count === 1) answerNow = () => response.end('{}');
      else response.end('{}');
    }),
  );
  const settings = { endpoint: server.url, username: 'u', password: 'p', requestTimeoutMs: 1500 };
  const onWait = (notice: string): void => {
    notices.push(notice.replace(/\d+ s/, 'N s'));
    answerNow?.();
  };
  const broker = openBroker(settings, { cluster: openCluster(settings), onWait });
  opened.push({ stop: () => broker.close() });
  // What is known to take long has a multiple of the time: here 1500 s.
  await broker.request({ ...GET, timeoutMs: 15_000 * 1000 });
  expect(notices).toEqual([`Still waiting for ${server.url} to read the overview (N s)`]);
  await broker.request(GET);
  expect(notices).toHaveLength(1);
});

it('says how long it has been waiting between its looks, and how far it is', async () => {
  const notices: string[] = [];
  const settings = { endpoint: 'http://127.0.0.1:1', username: 'u', password: 'p', requestTimeoutMs: 150 };
  const onWait = (notice: string): void => {
    notices.push(notice.replace(/\d+ s/, 'N s'));
  };
  const broker = openBroker(settings, { cluster: openCluster(settings), onWait });
  opened.push({ stop: () => broker.close() });
  const said = (action: string, words: string): string =>
    `Still waiting for http://127.0.0.1:1 to ${action} (N s${words})`;
  // Each pause is shorter than what is worth a notice.
  while (notices.length < 2) await broker.pause(20, 'move', '3 messages left');
  await broker.pause(20, 'count');
  expect(notices).toEqual([said('move', ', 3 messages left'), said('move', ', 3 messages left')]);
  while (notices.length < 3) await broker.pause(20, 'count');
  expect(notices[2]).toBe(said('count', ''));
});
