/** Containers of the offline docker plugin, on a real Docker Engine. */
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { Inspection } from '../../provider/offline/docker/container/inspection';
import { archiveOf } from '../../provider/offline/docker/container/uploads';
import type { Engine } from '../../dockerApi/transport';
import { FakeEngine, isSecret, reveal, secret, type PluginProcess, type Values } from '../provider/plugin';
import { findFreePorts } from '../../tools/freePort';
import { Resource, UNCHANGED } from './resource';
import { dockerEngine, dockerObstacle, openScratch, titled, type Scratch } from './scratch';

const SECRET = 'a password that nobody may see';

describe.skipIf(dockerObstacle() !== undefined)(titled('a container'), () => {
  let pulumi: FakeEngine;
  let plugin: PluginProcess;
  let engine: Engine;
  let scratch: Scratch;
  let network: string;
  const container = (): Resource => new Resource(plugin, 'container');
  const inspect = (id: string): Promise<Inspection> => scratch.inspect('containers', id);
  /** Runs until it is told to end. */
  const idle = (word = 'c', more: Values = {}): Values => ({
    name: scratch.name(word),
    image: inject('images').busybox,
    command: ['sleep', '1000'],
    networksAdvanced: [{ name: network }],
    labels: scratch.labels,
    // `sleep` doesn't heed a signal to end.
    destroyGraceSeconds: 1,
    ...more,
  });

  beforeAll(async () => {
    pulumi = await FakeEngine.start();
    plugin = await pulumi.plugin('docker', { host: inject('dockerHost') });
    engine = dockerEngine();
    scratch = openScratch(engine);
  });
  beforeEach(async () => {
    network = scratch.name('net');
    await new Resource(plugin, 'network').create({ name: network, labels: scratch.labels });
  });
  afterEach(() => scratch.clear());
  afterAll(() => pulumi.stop());

  it('gets all that it is told, is reached on its port, and keeps a secret', async () => {
    const [port = 0] = await findFreePorts(1);
    await new Resource(plugin, 'volume').create({ name: scratch.name('vol'), labels: scratch.labels });
    const inputs = idle('web', {
      command: ['httpd', '-f', '-p', '8000', '-h', '/www'],
      hostname: 'web-1',
      envs: ['B=2', 'A=1'],
      workingDir: '/tmp',
      networksAdvanced: [{ name: network, aliases: ['second', 'third'] }],
      ports: [{ internal: 8000, external: port, ip: '127.0.0.1' }, { internal: 7000 }],
      volumes: [{ volumeName: scratch.name('vol'), containerPath: '/data' }],
      mounts: [{ type: 'tmpfs', target: '/scratch', tmpfsOptions: { sizeBytes: 1_048_576 } }],
      tmpfs: { '/short': 'size=1m' },
      uploads: [
        { file: '/www/index.html', content: 'hello' },
        { file: '/www/raw', contentBase64: Buffer.from([0, 255, 10]).toString('base64') },
        { file: '/run/secrets/password', content: secret(SECRET), permissions: '0400' },
      ],
      healthcheck: { tests: ['CMD', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8000/'], interval: '500ms' },
      wait: true,
      restart: 'on-failure',
      maxRetryCount: 3,
      memory: 64,
      memorySwap: 64,
      cpus: '0.50',
      cpuShares: 512,
      hosts: [{ host: 'elsewhere', ip: '10.1.1.1' }],
      user: 'root',
      stopSignal: 'SIGTERM',
      stopTimeout: 3,
      ulimits: [{ name: 'nofile', soft: 1000, hard: 2000 }],
      logDriver: 'json-file',
      logOpts: { 'max-size': '1m' },
      capabilities: { drops: ['NET_RAW'] },
      init: true,
    });
    const web = await container().create(inputs);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('hello');
    expect(Buffer.from(await (await fetch(`http://127.0.0.1:${port}/raw`)).arrayBuffer())).toEqual(
      Buffer.from([0, 255, 10]),
    );
    const found = await inspect(web.id);
    expect(found.State.Health?.Status).toBe('healthy');
    expect(found.Config).toMatchObject({ Hostname: 'web-1', WorkingDir: '/tmp', StopTimeout: 3 });
    expect(found.HostConfig).toMatchObject({ NanoCpus: 5e8, Memory: 64 * 1024 * 1024, Init: true });
    expect(JSON.stringify(found)).not.toContain(SECRET);
    expect(isSecret(web.state.uploads)).toBe(true);
    expect(web.state.ports).toMatchObject([{ internal: 7000 }, { internal: 8000, external: port }]);
    expect(web.state.networkDatas).toMatchObject([{ networkName: network }]);
    expect(await web.diff(inputs)).toEqual(UNCHANGED);
    await web.refresh();
    expect(await web.diff(inputs)).toEqual(UNCHANGED);
    // What has no order may be written in another one.
    const envs = ['A=1', 'B=2'];
    const ports = (inputs.ports as unknown[]).toReversed();
    expect(await web.diff({ ...inputs, envs, ports })).toEqual(UNCHANGED);
    await web.remove();
    expect(await web.refresh()).toBe(false);
    await web.remove();
  });

  it('reaches others by their aliases, in several networks', async () => {
    const second = scratch.name('net2');
    await new Resource(plugin, 'network').create({ name: second, labels: scratch.labels });
    const server = {
      command: ['httpd', '-f', '-p', '80', '-h', '/www'],
      uploads: [{ file: '/www/index.html', content: 'found' }],
      networksAdvanced: [
        { name: network, aliases: ['here'] },
        { name: second, aliases: ['there'] },
      ],
    };
    await container().create(idle('server', server));
    const ask = (word: string, from: string, host: string) =>
      container().create(
        idle(word, {
          command: ['wget', '-q', '-O', '-', '-T', '5', `http://${host}/`],
          networksAdvanced: [{ name: from }],
          mustRun: false,
          attach: true,
          logs: true,
        }),
      );
    expect((await ask('a', network, 'here')).state).toMatchObject({ containerLogs: 'found', exitCode: 0 });
    expect((await ask('b', second, 'there')).state).toMatchObject({ containerLogs: 'found', exitCode: 0 });
    expect((await ask('c', network, 'nowhere')).state.exitCode).toBe(1);
  });

  it('is changed while it runs where Docker can do that', async () => {
    const inputs = idle('c', { memory: 32, memorySwap: 32, restart: 'no' });
    const resource = await container().create(inputs);
    const changed = { ...inputs, memory: 48, memorySwap: 48, restart: 'unless-stopped', cpuShares: 256 };
    expect((await resource.diff(changed)).details).toEqual({
      memory: 'UPDATE',
      memorySwap: 'UPDATE',
      restart: 'UPDATE',
      cpuShares: 'ADD',
    });
    const { Id, State } = await inspect(resource.id);
    await resource.update(changed);
    const found = await inspect(resource.id);
    expect(found).toMatchObject({
      Id,
      State: { Running: State.Running },
      HostConfig: { Memory: 48 * 1024 * 1024, CpuShares: 256, RestartPolicy: { Name: 'unless-stopped' } },
    });
    expect(await resource.diff(changed)).toEqual(UNCHANGED);
  });

  it.each([
    ['envs', { envs: ['A=1'] }],
    ['image', { image: 'other' }],
    ['command', { command: ['sleep', '1'] }],
    ['uploads', { uploads: [{ file: '/a', content: 'b' }] }],
    ['healthcheck', { healthcheck: { tests: ['CMD', 'true'] } }],
    ['ports', { ports: [{ internal: 1 }] }],
    ['name', { name: 'other' }],
  ])('is replaced for other %s, the old one first', async (property, change) => {
    const resource = await container().create(idle('c', { start: false }));
    const diff = await resource.diff(idle('c', { start: false, ...change }));
    expect(diff).toMatchObject({ changed: true, deleteBeforeReplace: true, replaces: [property] });
  });

  it('is started again where somebody stopped it, and made anew where somebody deleted it', async () => {
    const inputs = idle();
    const resource = await container().create(inputs);
    await post(`/containers/${resource.id}/kill`);
    await expect.poll(async () => (await inspect(resource.id)).State.Running).toBe(false);
    // Without a refresh, too.
    expect((await resource.diff(inputs)).details).toEqual({ mustRun: 'UPDATE' });
    await resource.refresh();
    expect((await resource.diff(inputs)).details).toEqual({ mustRun: 'UPDATE' });
    await resource.update(inputs);
    expect((await inspect(resource.id)).State.Running).toBe(true);
    expect(await resource.diff(inputs)).toEqual(UNCHANGED);
    await post(`/containers/${resource.id}/update`, { Memory: 16 * 1024 * 1024, MemorySwap: -1 });
    await resource.refresh();
    expect((await resource.diff(inputs)).details).toEqual({ memory: 'DELETE_REPLACE' });
    await engine.ask({ method: 'DELETE', path: `/containers/${resource.id}?force=1`, action: 'delete' });
    expect(await resource.diff(inputs)).toMatchObject({ deleteBeforeReplace: true, replaces: ['name'] });
    await expect(resource.update(inputs)).rejects.toThrow(/it was deleted\. Run `pulumi refresh`/);
    expect(await resource.refresh()).toBe(false);
  });

  it('is imported by its name, and then has nothing to change', async () => {
    const inputs = idle('c', { memory: 32, memorySwap: 32, hostname: 'h' });
    const { id } = await container().create(inputs);
    const resource = container();
    const found = await resource.import(String(inputs.name));
    expect(resource.id).toBe(id);
    expect(found).toMatchObject({ name: inputs.name, image: inputs.image, memory: 32 });
    expect(await resource.diff(found)).toEqual(UNCHANGED);
    // How long to wait at its end is nothing that Docker knows.
    expect((await resource.diff(inputs)).details).toEqual({ destroyGraceSeconds: 'ADD' });
    expect((await container().import('no-such-container')).name).toBeUndefined();
  });

  it('of a run that was killed is made anew; one of somebody else is left alone', async () => {
    const inputs = idle();
    const first = await container().create(inputs);
    // The state never came to know the first one.
    const second = await container().create(inputs);
    expect(second.id).not.toBe(first.id);
    await expect(inspect(first.id)).rejects.toThrow('No such container');
    const foreign = container().create({ ...inputs, labels: [] });
    await expect(foreign).rejects.toThrow(
      `Cannot create the container "${String(inputs.name)}": there is one of that name, which this program did not make.`,
    );
    expect((await inspect(second.id)).State.Running).toBe(true);
  });

  it('says that its port is taken, and leaves nothing behind', async () => {
    const server = http.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ports = [{ internal: 80, external: port, ip: '127.0.0.1' }];
    await expect(container().create(idle('c', { ports }))).rejects.toThrow(
      new RegExp(`^Cannot start the container ".*": 127\\.0\\.0\\.1:${port} is taken by another`),
    );
    server.close();
    expect(await scratch.left()).toHaveLength(1);
    const resource = await container().create(idle('c', { ports }));
    expect(resource.state.ports).toMatchObject(ports);
  });

  it('says what is missing: its image, its network', async () => {
    await expect(container().create(idle('c', { image: 'localhost:1/none' }))).rejects.toThrow(
      /^There is no image "localhost:1\/none" on unix:.*, and it can't be pulled: /,
    );
    const id = `sha256:${'0'.repeat(64)}`;
    await expect(container().create(idle('c', { image: id }))).rejects.toThrow(/an id can't be pulled/);
    const networksAdvanced = [{ name: scratch.name('none') }];
    await expect(container().create(idle('c', { networksAdvanced }))).rejects.toThrow(
      `there is no network "${scratch.name('none')}". Create it in this program`,
    );
    const further = [{ name: network }, { name: scratch.name('none') }];
    await expect(container().create(idle('c', { networksAdvanced: further }))).rejects.toThrow(
      `there is no network "${scratch.name('none')}"`,
    );
    expect(await scratch.left()).toHaveLength(1);
  });

  it('that ends or never becomes healthy says so with its log, without the secret in it', async () => {
    const ended = idle('ended', {
      command: ['sh', '-c', 'echo "my $PASSWORD"; exit 3'],
      envs: secret([`PASSWORD=${SECRET}`, 'A=1']),
      healthcheck: { tests: ['CMD', 'true'] },
      wait: true,
    });
    const failure = await container()
      .create(ended)
      .catch((error: unknown) => String(error));
    expect(failure).toMatch(/ended with exit code 3\..*The end of its log:\s+my \[secret\]/);
    expect(failure).not.toContain(SECRET);
    const ill = idle('ill', {
      healthcheck: { tests: ['CMD-SHELL', 'echo not yet; false'], interval: '200ms' },
      wait: true,
      waitTimeout: 6,
    });
    await expect(container().create(ill)).rejects.toThrow(
      /did not become healthy within 6 s \(`waitTimeout`\)\. Its last check ended with 1: not yet\./,
    );
    // Both are still there, to be looked at.
    expect(await scratch.left()).toHaveLength(3);
    await expect(container().create(idle('bare', { wait: true }))).rejects.toThrow('has no health check');
  });

  it('that was not healthy in time is waited for again by the next run, and started where it ended', async () => {
    const inputs = idle('slow', {
      healthcheck: { tests: ['CMD', 'test', '-e', '/ready'], interval: '200ms' },
      wait: true,
      waitTimeout: 1,
    });
    await expect(container().create(inputs)).rejects.toThrow('did not become healthy within 1 s');
    const resource = container();
    await resource.import(String(inputs.name));
    await expect(resource.update(inputs)).rejects.toThrow('did not become healthy within 1 s');
    const uploads = [{ file: '/ready', content: 'yes' }];
    await engine.ask({
      method: 'PUT',
      path: `/containers/${resource.id}/archive?path=/`,
      body: (await archiveOf({ name: 'slow', uploads })) ?? Buffer.alloc(0),
      action: 'make it healthy',
    });
    await post(`/containers/${resource.id}/kill`);
    await expect.poll(async () => (await inspect(resource.id)).State.Running).toBe(false);
    await resource.update({ ...inputs, waitTimeout: 60 });
    expect((await inspect(resource.id)).State).toMatchObject({
      Running: true,
      Health: { Status: 'healthy' },
    });
  });

  it('is not waited for once the operation is cancelled', async () => {
    const other = await pulumi.plugin('docker', { host: inject('dockerHost') });
    const ill = idle('ill', { healthcheck: { tests: ['CMD', 'false'] }, wait: true, waitTimeout: 100 });
    const resource = new Resource(other, 'container');
    const creation = resource.create(ill).catch((error: unknown) => String(error));
    await expect.poll(async () => (await scratch.left()).length, { timeout: 60_000 }).toBe(2);
    const started = Date.now();
    await other.cancel();
    expect(await creation).toMatch(/Cancelled: /);
    expect(Date.now() - started).toBeLessThan(90_000);
  });

  it('takes values that only its state has from the engine, whatever the program leaves out', async () => {
    const resource = await container().create(idle());
    expect(reveal(resource.state)).toMatchObject({
      hostname: resource.id.slice(0, 12),
      ipcMode: 'private',
      logDriver: expect.any(String) as unknown,
      shmSize: 64,
      stopTimeout: 0,
      restart: 'no',
      mustRun: true,
    });
  });

  const post = (target: string, body?: object) =>
    engine.ask({ method: 'POST', path: target, action: target, ...(body === undefined ? {} : { body }) });
});
