import * as net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerError } from '../../broker/api/errors';
import { whoAmI } from '../../broker/figures/overview';
import { openBroker, path, type Broker } from '../../broker/api/transport';
import { closedPort, httpServer, silentServer, type TestServer } from './servers';

/** Far below the limits that hold when none is given (15 s), and far above what a busy machine needs. */
const BOUND_MS = 10_000;
const SECRET = 'a-password-nobody-may-see';
const opened: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.stop()));
});

function use(server: TestServer): TestServer {
  opened.push(server);
  return server;
}

function brokerAt(
  endpoint: string,
  limits: { requestTimeoutMs?: number; retryBudgetMs?: number } = {},
): Broker {
  const broker = openBroker({ endpoint, username: 'u', password: SECRET, ...limits });
  opened.push({ stop: () => broker.close() });
  return broker;
}

const GET = { method: 'GET', path: 'overview', action: 'read the overview' } as const;

async function failure(work: Promise<unknown>): Promise<BrokerError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BrokerError);
  const { message } = error as BrokerError;
  expect(message).not.toContain(SECRET);
  expect(message).not.toMatch(/\n\s+at /);
  return error as BrokerError;
}

describe('a server that is not there or not well', () => {
  it('refused: tries for the retry budget, then says that nothing listens', async () => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`;
    const startMs = performance.now();
    const error = await failure(brokerAt(endpoint, { retryBudgetMs: 400 }).request(GET));
    expect(error.kind).toBe('unreachable');
    expect(error.message).toContain(`${endpoint} is not reachable (ECONNREFUSED)`);
    expect(performance.now() - startMs).toBeLessThan(BOUND_MS);
  });

  it('silent: ends after the request timeout and is not tried again', async () => {
    const server = use(await silentServer());
    const startMs = performance.now();
    const error = await failure(brokerAt(server.url, { requestTimeoutMs: 300 }).request(GET));
    expect(error.kind).toBe('timeout');
    expect(error.message).toContain('did not answer within 0.3 s');
    expect(performance.now() - startMs).toBeLessThan(BOUND_MS);
  });

  it('silent in the middle of the body: the same timeout ends it', async () => {
    const server = use(
      await httpServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"a":');
      }),
    );
    const error = await failure(brokerAt(server.url, { requestTimeoutMs: 300 }).request(GET));
    expect(error.kind).toBe('timeout');
  });

  it('503: tried again until it works', async () => {
    const server = use(
      await httpServer((_request, response, count) => {
        response.statusCode = count < 3 ? 503 : 200;
        response.end('{"ok":true}');
      }),
    );
    const reply = await brokerAt(server.url).request(GET);
    expect(reply.json).toEqual({ ok: true });
    expect(server.requests).toHaveLength(3);
  });

  it('503 for good: reported once the budget is used up', async () => {
    const server = use(
      await httpServer((_request, response) => {
        response.statusCode = 503;
        response.end('busy');
      }),
    );
    const error = await failure(brokerAt(server.url, { retryBudgetMs: 400 }).request(GET));
    expect(error.kind).toBe('unavailable');
    expect(error.message).toContain('HTTP 503');
    expect(server.requests.length).toBeGreaterThan(1);
  });

  it('a POST that may not be repeated is sent once', async () => {
    const server = use(
      await httpServer((_request, response) => {
        response.statusCode = 503;
        response.end();
      }),
    );
    const post = { method: 'POST', path: 'x', body: {}, action: 'post' } as const;
    await failure(brokerAt(server.url).request(post));
    expect(server.requests).toHaveLength(1);
    await failure(brokerAt(server.url, { retryBudgetMs: 400 }).request({ ...post, repeatable: true }));
    expect(server.requests.length).toBeGreaterThan(2);
  });

  it('a connection that breaks is tried again', async () => {
    const server = use(
      await httpServer((request, response, count) => {
        if (count === 1) request.socket.destroy();
        else response.end('{}');
      }),
    );
    await brokerAt(server.url).request(GET);
    expect(server.requests).toHaveLength(2);
  });
});

describe('something that is not RabbitMQ', () => {
  const cases: readonly [string, number, string, Record<string, string>][] = [
    ['a web page', 200, '<html>welcome</html>', { 'content-type': 'text/html' }],
    ['a web page for 404', 404, '<html>no</html>', { 'content-type': 'text/html' }],
    ['broken JSON', 200, '{"a":', { 'content-type': 'application/json' }],
    ['an empty answer', 200, '', {}],
    ['a redirect', 302, '', { location: '/login' }],
  ];
  it.each(cases)('%s', async (_name, status, body, headers) => {
    const server = use(
      await httpServer((_request, response) => {
        response.writeHead(status, headers);
        response.end(body);
      }),
    );
    const error = await failure(brokerAt(server.url).request(GET));
    expect(error.kind).toBe('notRabbitMQ');
    expect(error.message).toContain(server.url);
    expect(error.message).toContain('15672');
  });

  it('a port of AMQP', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('AMQP\0\0\t\x01'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    opened.push({ stop: () => new Promise((resolve) => server.close(() => resolve())) });
    const { port } = server.address() as net.AddressInfo;
    const error = await failure(brokerAt(`http://127.0.0.1:${port}`).request(GET));
    expect(error.kind).toBe('notRabbitMQ');
    expect(error.message).toMatch(/does not speak HTTP, as the ports for AMQP do not.*15672/);
  });

  it('a prefix under which nothing is, told by the login', async () => {
    const server = use(
      await httpServer((_request, response) => {
        response.writeHead(404, { 'content-type': 'application/json' });
        response.end('{"error":"Object Not Found","reason":"Not Found"}');
      }),
    );
    const error = await failure(whoAmI(brokerAt(server.url)));
    expect(error.kind).toBe('notRabbitMQ');
    expect(error.message).toContain('it may need a path prefix');
  });

  it('a body cut off before its announced length', async () => {
    const server = use(
      await httpServer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"a":1');
        setTimeout(() => response.socket?.destroy(), 20);
      }),
    );
    const error = await failure(brokerAt(server.url, { retryBudgetMs: 200 }).request(GET));
    expect(error.message).toContain('is not reachable');
    expect(server.requests.length).toBeGreaterThan(1);
  });

  it('a server that says yes to every PUT', async () => {
    const server = use(
      await httpServer((_request, response) => {
        response.end();
      }),
    );
    const put = { method: 'PUT', path: 'vhosts/a', body: {}, action: 'create vhost "a"' } as const;
    expect((await failure(brokerAt(server.url).request(put))).kind).toBe('notRabbitMQ');
  });
});

describe('requests', () => {
  it('keep a path prefix and every character of a name', async () => {
    const server = use(
      await httpServer((_request, response) => {
        response.end('{}');
      }),
    );
    const names = ['/', 'a@b', '100%', '#', 'ü ß', '😀', '...', 'a?b&c'];
    for (const name of names) {
      await brokerAt(`${server.url}/prefix/`).request({ ...GET, path: `queues/${path('v', name)}` });
    }
    expect(server.requests.every((request) => request.startsWith('GET /prefix/api/queues/v/'))).toBe(true);
    const received = server.requests.map((request) => decodeURIComponent(request.split('/').at(-1) ?? ''));
    expect(received).toEqual(names);
    for (const name of ['.', '..']) expect(() => path('v', name)).toThrow(/can't address anything named/);
  });

  it('run at most as many at once as there are connections, and reuse them', async () => {
    let running = 0;
    let runningMax = 0;
    const sockets = new Set<unknown>();
    const server = use(
      await httpServer((request, response) => {
        sockets.add(request.socket);
        runningMax = Math.max(runningMax, ++running);
        setTimeout(() => {
          running--;
          response.end('{}');
        }, 5);
      }),
    );
    const broker = openBroker({ endpoint: server.url, username: 'u', password: SECRET, connectionsMax: 4 });
    opened.push({ stop: () => broker.close() });
    await Promise.all(Array.from({ length: 60 }, () => broker.request(GET)));
    expect(runningMax).toBe(4);
    expect(sockets.size).toBeLessThanOrEqual(4);
  });

  it('end at once when cancelled, and none begins afterwards', async () => {
    const server = use(await silentServer());
    const broker = brokerAt(server.url);
    const running = failure(broker.request(GET));
    setTimeout(() => {
      broker.cancel();
    }, 50);
    const startMs = performance.now();
    expect((await running).kind).toBe('cancelled');
    expect((await failure(broker.request(GET))).kind).toBe('cancelled');
    expect((await failure(broker.pause(60_000, 'wait'))).kind).toBe('cancelled');
    expect(performance.now() - startMs).toBeLessThan(BOUND_MS);
  });
});
