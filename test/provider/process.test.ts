import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { openClaims } from '../../provider/claims';
import { httpServer, silentServer, type TestServer } from '../broker/servers';
import { FakeEngine, secret, urn, type Values } from './plugin';

const VHOST = 'rabbitmq:index/vHost:VHost';
const PASSWORD = 'a-password-nobody-may-see';
/** Far below the request timeout of 15 s, and far above what a busy machine needs. */
const BOUND_MS = 10_000;
const servers: TestServer[] = [];
let engine: FakeEngine | undefined;

afterEach(async () => {
  await engine?.stop();
  engine = undefined;
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function pluginFor(endpoint: string) {
  engine = await FakeEngine.start();
  return engine.plugin('rabbitmq', { endpoint, username: 'u', password: secret(PASSWORD) });
}

async function message(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no failure',
    (error: unknown) => (error as Error).message,
  );
}

it('Cancel ends what hangs at once, and what comes after it', async () => {
  const server = await silentServer();
  servers.push(server);
  const plugin = await pluginFor(server.url);
  const hanging = message(plugin.create(urn(VHOST, 'x'), { name: 'v' }));
  const startMs = performance.now();
  await plugin.cancel();
  expect(await hanging).toBe(`Cancelled: log in on ${server.url}.`);
  expect(await message(plugin.create(urn(VHOST, 'y'), { name: 'w' }))).toMatch(/^Cancelled/);
  expect(performance.now() - startMs).toBeLessThan(BOUND_MS);
});

it('many resources that meet one failure say it once', async () => {
  const server = await httpServer((_request, response) => {
    response.statusCode = 401;
    response.end('{"error":"not_authorized","reason":"Login failed"}');
  });
  servers.push(server);
  const plugin = await pluginFor(server.url);
  const tries = ['a', 'b', 'c'].map((name) => message(plugin.create(urn(VHOST, name), { name })));
  const messages = await Promise.all(tries);
  expect(messages.filter((text) => text.includes('does not accept user "u"'))).toHaveLength(1);
  expect(
    messages.filter(
      (text) =>
        text === 'Not done: the broker could not be used, for the reason that is shown at another resource.',
    ),
  ).toHaveLength(2);
  expect(messages.join()).not.toContain(PASSWORD);
  expect(server.requests).toEqual(['GET /api/whoami']);
});

it('configuring sends nothing, and faults of the configuration name the input', async () => {
  const server = await httpServer((_request, response) => response.end('{}'));
  servers.push(server);
  const plugin = await pluginFor(server.url);
  expect(server.requests).toEqual([]);
  const check = async (more: Record<string, unknown>) =>
    (await plugin.checkConfig({ endpoint: server.url, username: 'u', password: secret('p'), ...more }))
      .failures;
  expect(await check({})).toEqual({});
  expect(await check({ insecure: 'true' })).toEqual({});
  expect(await check({ insecure: 'maybe' })).toHaveProperty('insecure');
  expect(await check({ proxy: 'http://p:1', requestTimeout: '30s', retryBudget: '1m' })).toEqual({});
  expect(JSON.stringify(await check({ proxy: 'socks://u:hidden@p:1' }))).toContain("The proxy's scheme is");
  expect(JSON.stringify(await check({ proxy: 'socks://u:hidden@p:1' }))).not.toContain('hidden');
  expect(await check({ requestTimeout: '30' })).toHaveProperty('requestTimeout');
  expect(await check({ endpoints: '["http://a:1", "http://b:1"]' })).toEqual({});
  expect(JSON.stringify(await check({ endpoints: '["http://u:hidden@h"]' }))).not.toContain('hidden');
  expect(await check({ cacertFile: '/nowhere.pem' })).toHaveProperty('cacertFile');
  expect(await check({ approve: 'queue a@b' })).toHaveProperty('approve');
  expect(JSON.stringify(await check({ endpoint: 'http://u:hidden@h' }))).not.toContain('hidden');
  expect(await check({ username: undefined })).toEqual({ username: 'is missing' });
});

it('another endpoint or password changes the provider and never replaces it', async () => {
  const plugin = await pluginFor('http://127.0.0.1:1');
  const olds = { endpoint: 'http://a:1', username: 'u', password: secret('p') };
  const news = { endpoint: 'http://b:1', username: 'u', password: secret('q') };
  expect(await plugin.diffConfig(olds, news)).toMatchObject({
    changed: true,
    replaces: [],
    details: { endpoint: 'UPDATE', password: 'UPDATE' },
  });
});

it('falls back on the logins of the state where the program gives none any more; other ones are a change', async () => {
  const server = await httpServer((request, response) => {
    const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
    response.statusCode = Buffer.from(encoded, 'base64').toString() === 'first:p' ? 200 : 401;
    response.end(request.url === '/api/whoami' ? '{"name":"first","tags":["administrator"]}' : '[]');
  });
  servers.push(server);
  const plugin = await pluginFor(server.url);
  const news = { endpoint: server.url, username: 'admin', password: secret('q') };
  const logins = (password: string): unknown => secret(JSON.stringify([{ username: 'first', password }]));
  const olds = { ...news, fallbackCredentials: logins('p') };
  const others = { ...news, fallbackCredentials: logins('r') };
  // The engine may go on with the provider that it has where nothing is changed.
  expect(await plugin.diffConfig(olds, others)).toMatchObject({ changed: true });
  expect(await plugin.diffConfig(olds, news)).toMatchObject({ changed: false });
  await plugin.configure(news);
  expect(await plugin.diff(urn(VHOST, 'x'), { name: 'v' }, { name: 'v' })).toMatchObject({ changed: true });
  expect(server.requests.slice(0, 2)).toEqual(['GET /api/whoami', 'GET /api/whoami']);
  expect(server.requests).toContain('GET /api/vhosts');
});

it('whether a broker is required is what the program says now, although the engine configures what the state says', async () => {
  const state = { endpoint: 'http://127.0.0.1:1', username: 'u', password: secret('p'), retryBudget: '1ms' };
  const required = { ...state, requireBroker: 'true' };
  const compare = async (olds: Values, news: Values): Promise<unknown> => {
    const plugin = await pluginFor('http://127.0.0.1:1');
    expect(await plugin.diffConfig(olds, news)).toMatchObject({ changed: false });
    await plugin.configure(olds);
    return plugin.diff(urn(VHOST, 'x'), { name: 'v' }, { name: 'v' });
  };
  await expect(compare(state, required)).rejects.toThrow('is not reachable');
  await engine?.stop();
  expect(await compare(required, state)).toMatchObject({ changed: false });
});

it('the process ends when the engine is killed', async () => {
  const executable = path.resolve(__dirname, '../../provider/rabbitmq/pulumi-resource-rabbitmq');
  // A parent that starts the plugin, tells its pid, and is then killed with no chance to clean up.
  const script = `const c=require('node:child_process').spawn(process.argv[1],['127.0.0.1:1'],{stdio:['ignore','pipe','inherit']});c.stdout.once('data',()=>console.log(c.pid));setInterval(()=>{},1000)`;
  const parent = spawn(process.execPath, ['-e', script, executable], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) => {
    parent.stdout.once('data', (data: Buffer) => {
      resolve(Number(data.toString()));
    });
  });
  parent.kill('SIGKILL');
  const isGone = (): boolean => {
    try {
      process.kill(pid, 0);
      // Nobody may be there to collect it: a zombie has ended.
      return fs.readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return true;
    }
  };
  await expect.poll(isGone).toBe(true);
});

it('claims belong to one operation, and leave nothing behind', () => {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-test-'));
  vi.stubEnv('TMPDIR', temporary);
  try {
    const [a, b, other] = [openClaims('test:1'), openClaims('test:1'), openClaims('test:2')];
    expect(fs.readdirSync(temporary)).toHaveLength(2);
    a.check(['queue p', 'queue q'], 'urn:new');
    expect(b.reasonToKeep('queue q', 'urn:old')).toContain('another resource of this program');
    expect(b.reasonToKeep('queue q', 'urn:new')).toBeUndefined();
    expect(b.isChecked('queue q', 'urn:new')).toBe(true);
    expect(other.reasonToKeep('queue q', 'urn:old')).toBeUndefined();
    b.create(['queue q'], 'urn:new');
    expect(a.reasonToKeep('queue q', 'urn:new')).toContain('created or adopted');
    expect(a.reasonToKeep('queue r', 'urn:old')).toBeUndefined();
    for (const claims of [a, other]) claims.release();
    expect(fs.readdirSync(temporary)).toEqual([]);
  } finally {
    vi.unstubAllEnvs();
    fs.rmSync(temporary, { recursive: true });
  }
});
