/** The offline docker plugin's requests against a Docker Engine that hangs, breaks off, or is none. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { engineAddress } from '../../dockerApi/address';
import { EngineError, isEngineError } from '../../dockerApi/errors';
import { openEngine, path as pathOf, type Engine, type EngineRequest } from '../../dockerApi/transport';
import { networkType } from '../../provider/offline/docker/network';

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-engine-'));
let server: http.Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

/** An engine whose version is right, unless `ping` says otherwise, and which then answers as told. */
async function engineThat(answer: Answer, ping = '1.45'): Promise<Engine> {
  const socket = path.join(folder, `${Math.random().toString(36).slice(2)}.sock`);
  server = http.createServer((request, response) => {
    if (request.url === '/_ping') response.setHeader('api-version', ping).end('OK');
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server?.listen(socket, resolve));
  return openEngine(engineAddress({ host: `unix://${socket}` }, {}));
}

async function failureOf(work: Promise<unknown>): Promise<EngineError> {
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!isEngineError(error)) throw new Error(`not an EngineError: ${String(error)}`);
  return error;
}

const LIST = { method: 'GET', path: '/networks', action: 'list the networks' } as const;

it('speaks the newest version that both know', async () => {
  const urls: (string | undefined)[] = [];
  const note: Answer = ({ url }, response) => {
    urls.push(url);
    response.end('[]');
  };
  await (await engineThat(note, '1.41')).ask(LIST);
  await (await engineThat(note, '9.99')).ask({ ...LIST, query: { a: ['1', '2'], b: undefined, c: '' } });
  expect(urls).toEqual(['/v1.41/networks', '/v1.47/networks?a=1&a=2']);
});

it('refuses an engine that is too old, and what is none', async () => {
  const old = await failureOf((await engineThat(() => undefined, '1.24')).ask(LIST));
  expect(old.message).toContain('its API is 1.24; this needs 1.41, of Docker 20.10, or newer');
  const none = await failureOf((await engineThat(() => undefined, 'x')).ask(LIST));
  expect(none).toMatchObject({ kind: 'unsupported' });
  const html = await engineThat((_request, response) => response.end('<html>'));
  expect((await failureOf(html.ask(LIST))).message).toContain('its answer is not JSON');
});

it('ends a request that is not answered in time, and one whose answer stops coming', async () => {
  const silent = await failureOf((await engineThat(() => undefined)).ask({ ...LIST, timeoutMs: 100 }));
  expect(silent).toMatchObject({ kind: 'timeout' });
  expect(silent.message).toMatch(/^Cannot list the networks: .* did not finish within 0\.1 s\./);
  const half = await engineThat((_request, response) => response.write('{"a":'));
  expect(await failureOf(half.ask({ ...LIST, timeoutMs: 100 }))).toMatchObject({ kind: 'timeout' });
  const stream = half.follow({ ...LIST, timeoutMs: 100 }, () => undefined);
  expect(await failureOf(stream)).toMatchObject({ kind: 'timeout' });
});

it('says that the connection broke, and works again', async () => {
  let isBroken = true;
  const engine = await engineThat((request, response) => {
    if (isBroken) request.socket.destroy();
    else response.end('[]');
  });
  const broken = await failureOf(engine.ask(LIST));
  expect(broken).toMatchObject({ kind: 'unreachable' });
  expect(broken.message).toContain('the connection was closed before an answer came');
  isBroken = false;
  expect(await engine.ask(LIST)).toEqual([]);
});

it("passes the engine's own words on, and tells kinds of failures apart", async () => {
  const kinds: string[] = [];
  for (const status of [404, 409, 400, 500]) {
    const engine = await engineThat((_request, response) => {
      response.writeHead(status).end(JSON.stringify({ message: `because of ${status}` }));
    });
    const failure = await failureOf(engine.ask(LIST));
    expect(failure.message).toBe(`Cannot list the networks: the Docker Engine says: because of ${status}`);
    kinds.push(failure.kind);
  }
  expect(kinds).toEqual(['notFound', 'conflict', 'refused', 'failed']);
});

it('ends everything once it is cancelled', async () => {
  const engine = await engineThat(() => undefined);
  await engine.apiVersion();
  const work = [engine.ask(LIST), engine.pause(60_000, 'wait')].map(failureOf);
  engine.cancel();
  expect((await Promise.all(work)).map(({ kind }) => kind)).toEqual(['cancelled', 'cancelled']);
  expect(await failureOf(engine.ask(LIST))).toMatchObject({ kind: 'cancelled' });
});

it('reads messages that come in pieces', async () => {
  const engine = await engineThat((_request, response) => {
    const text = '{"stream":"gr\u00fcn"}\r\n{"status":"b"}\n{"aux":{"ID":"c"}}';
    const bytes = Buffer.from(text);
    // In the middle of a letter.
    response.write(bytes.subarray(0, 15), () => response.end(bytes.subarray(15)));
  });
  const messages: object[] = [];
  await engine.follow(LIST, (message) => messages.push(message));
  expect(messages).toEqual([{ stream: 'grün' }, { status: 'b' }, { aux: { ID: 'c' } }]);
});

it('encodes names as a whole', () => {
  expect(pathOf('volumes', 'a/b c')).toBe('/volumes/a%2Fb%20c');
});

it('waits for half a minute for what uses an object, and then says who that is', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const inUse = new EngineError({ kind: 'conflict', message: 'it has active endpoints' });
    let refusals = 3;
    const engine: Partial<Engine> = {
      ask: <T>({ method }: EngineRequest) => {
        if (method === 'GET') return Promise.resolve({ Containers: { a: { Name: 'web' } } } as T);
        return refusals-- > 0 ? Promise.reject(inUse) : Promise.resolve(undefined as T);
      },
      pause: (ms) => {
        vi.setSystemTime(Date.now() + ms);
        return Promise.resolve();
      },
    };
    const call = { engine: engine as Engine, warn: () => Promise.resolve(), status: () => undefined };
    const started = Date.now();
    await networkType.remove(call, { id: 'id', state: { name: 'n' } });
    expect(Date.now() - started).toBe(600);
    refusals = Infinity;
    await expect(networkType.remove(call, { id: 'id', state: { name: 'n' } })).rejects.toThrow(
      'Cannot delete the network "n": the containers "web" are connected with it',
    );
    expect(Date.now() - started).toBeGreaterThanOrEqual(30_000);
  } finally {
    vi.useRealTimers();
  }
});
