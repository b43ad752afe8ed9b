/** Networks, volumes and images of the offline docker plugin, on a real Docker Engine. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Engine } from '../../dockerApi/transport';
import { findImage } from '../../provider/offline/docker/images';
import { FakeEngine, type PluginProcess, type Values } from '../provider/plugin';
import { silentCall } from '../rigs/docker/call';
import { Resource, UNCHANGED } from './resource';
import { dockerEngine, dockerObstacle, openScratch, titled, type Scratch } from './scratch';

describe.skipIf(dockerObstacle() !== undefined)(titled('the offline docker plugin'), () => {
  let pulumi: FakeEngine;
  let plugin: PluginProcess;
  let engine: Engine;
  let scratch: Scratch;
  let folder: string;
  const resource = (kind: string): Resource => new Resource(plugin, kind);

  beforeAll(async () => {
    pulumi = await FakeEngine.start();
    plugin = await pulumi.plugin('docker', { host: inject('dockerHost') });
    engine = dockerEngine();
    scratch = openScratch(engine);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-docker-test-'));
  });
  afterEach(() => scratch.clear());
  afterAll(async () => {
    await pulumi.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('makes a network, finds nothing to change, imports it, and deletes it', async () => {
    const inputs = { name: scratch.name('net'), labels: scratch.labels, internal: true };
    const network = await resource('network').create(inputs);
    expect(network.state).toMatchObject({ driver: 'bridge', internal: true, scope: 'local' });
    expect(await network.diff(inputs)).toEqual(UNCHANGED);
    await network.refresh();
    expect(await network.diff(inputs)).toEqual(UNCHANGED);
    const imported = await resource('network').import(inputs.name);
    expect(imported).toMatchObject({ name: inputs.name, labels: scratch.labels });
    expect(await network.diff({ ...inputs, internal: false })).toEqual({
      changed: true,
      // Docker knows networks by their names: the new one can't be there beside the old one.
      deleteBeforeReplace: true,
      replaces: ['internal'],
      details: { internal: 'UPDATE_REPLACE' },
    });
    await network.remove();
    expect(await network.refresh()).toBe(false);
    await network.remove();
  });

  it('names what has no name, and replaces it by one of another name first', async () => {
    const checked = await resource('network').check({ labels: scratch.labels });
    expect(checked.name).toMatch(/^x-[0-9a-f]{7}$/);
    const network = resource('network');
    Object.assign(network, await plugin.create(network.urn, checked));
    const other = { ...checked, internal: true };
    expect((await plugin.diff(network.urn, network.state, other)).deleteBeforeReplace).toBe(false);
  });

  it('refuses a network that somebody else made, and goes on with its own of a run that was killed', async () => {
    const name = scratch.name('net');
    await resource('network').create({ name, labels: [...scratch.labels, { label: 'old', value: 'x' }] });
    await expect(resource('network').create({ name })).rejects.toThrow(
      `Cannot create the network "${name}": there is one of that name, which this program did not make.`,
    );
    const again = await resource('network').create({ name, labels: scratch.labels });
    expect(await scratch.left()).toEqual([`networks ${again.id}`]);
  });

  it('makes a volume, keeps the content of one that is there, and deletes it', async () => {
    const inputs = { name: scratch.name('vol'), labels: scratch.labels };
    const volume = await resource('volume').create(inputs);
    expect(volume.id).toBe(inputs.name);
    expect(volume.state).toMatchObject({ driver: 'local', labels: scratch.labels });
    expect(await volume.diff(inputs)).toEqual(UNCHANGED);
    // A run that was killed: the state doesn't know it.
    const again = await resource('volume').create(inputs);
    expect(pulumi.messages).toEqual([]);
    await again.refresh();
    expect(await again.diff(inputs)).toEqual(UNCHANGED);
    const foreign = await resource('volume').create({ name: inputs.name });
    expect(pulumi.messages.join()).toContain('was there before this program: its content is kept and used');
    // Its labels are others, and it must not be replaced for that.
    await foreign.refresh();
    expect(await foreign.diff({ name: inputs.name })).toEqual(UNCHANGED);
    expect(await resource('volume').import(inputs.name)).toMatchObject(inputs);
    await volume.remove();
    expect(await volume.refresh()).toBe(false);
    // A program that labels its own would delete somebody's data with it.
    await resource('volume').create({ name: inputs.name });
    await expect(resource('volume').create(inputs)).rejects.toThrow(
      /Cannot create the volume .* this program did not make/,
    );
    await volume.remove();
    await volume.remove();
  });

  it('builds an image from a folder without a registry, and deletes it', async () => {
    const context = contextWith({
      Dockerfile: `FROM ${inject('images').busybox}\nARG word\nCOPY f /f\nRUN echo $word >/word`,
      f: '1',
    });
    const name = `${scratch.name('image')}:1`;
    const inputs = { name, build: { context, buildArgs: { word: 'hi' } }, triggers: { content: '1' } };
    const image = await resource('remoteImage').create(inputs);
    const found = await findImage(silentCall(engine), name);
    expect(image.id).toBe(`${found?.Id ?? ''}${name}`);
    expect(image.state.imageId).toBe(found?.Id);
    expect(await image.diff(inputs)).toEqual(UNCHANGED);
    await image.refresh();
    expect(await image.diff(inputs)).toEqual(UNCHANGED);
    const changed = await image.diff({ ...inputs, triggers: { content: '2' } });
    expect(changed.replaces).toEqual(['triggers']);
    // The replacement comes first, and takes the name over: deleting the old one must not delete it.
    fs.writeFileSync(path.join(context, 'f'), '2');
    const replacement = await resource('remoteImage').create({ ...inputs, triggers: { content: '2' } });
    await image.remove();
    expect((await findImage(silentCall(engine), name))?.Id).toBe(replacement.state.imageId);
    expect(await findImage(silentCall(engine), String(image.state.imageId))).toBeUndefined();
    await replacement.remove();
    expect(await findImage(silentCall(engine), name)).toBeUndefined();
    expect(await replacement.refresh()).toBe(false);
  });

  it("says why an image can't be built or pulled", async () => {
    const context = contextWith({ Dockerfile: `FROM ${inject('images').busybox}\nRUN echo before; false` });
    const build = resource('remoteImage').create({ name: `${scratch.name('image')}:1`, build: { context } });
    await expect(build).rejects.toThrow(/^Cannot build the image .*returned a non-zero code: 1[\s\S]*before/);
    const nowhere = resource('remoteImage').create({ name: 'a', build: { context: `${folder}/nowhere` } });
    await expect(nowhere).rejects.toThrow(/^There is no folder .*\/nowhere to build an image from/);
    const missing = resource('remoteImage').create({ name: 'localhost:1/missing:2' });
    await expect(missing).rejects.toThrow(/^There is no image "localhost:1\/missing:2" .* can't be pulled: /);
  });

  it('builds an image anew when a file of its folder changes, but not for one that is ignored', async () => {
    const context = contextWith({
      Dockerfile: `FROM ${inject('images').busybox}\nCOPY . /app`,
      '.dockerignore': 'notes\n',
      notes: '1',
      code: '1',
    });
    const inputs: Values = {
      imageName: `${scratch.name('image')}:2`,
      skipPush: true,
      build: { context, dockerfile: path.join(context, 'Dockerfile') },
    };
    const image = await resource('image').create(inputs);
    expect(image.id).toBe(inputs.imageName);
    expect(await image.diff(inputs)).toEqual(UNCHANGED);
    fs.writeFileSync(path.join(context, 'notes'), '2');
    expect(await image.diff(inputs)).toEqual(UNCHANGED);
    fs.writeFileSync(path.join(context, 'code'), '2');
    expect((await image.diff(inputs)).details).toEqual({ 'build.contextDigest': 'UPDATE' });
    const before = image.state.repoDigest;
    await image.update(inputs);
    expect(image.state.repoDigest).not.toBe(before);
    expect(await image.diff(inputs)).toEqual(UNCHANGED);
    await deleteImage(String(inputs.imageName));
    await deleteImage(String(before));
  });

  it("refuses what it doesn't know by name", async () => {
    const { failures } = await plugin.check(resource('network').urn, { name: 'n', ipamOptions: { a: 'b' } });
    expect(failures.ipamOptions).toContain("is not known to Warren's offline docker plugin");
    const service = new Resource(plugin, 'service').create({ name: 's' });
    await expect(service).rejects.toThrow('has no resource type docker:index/service:Service. It has: ');
    const push = await plugin.check(resource('image').urn, { imageName: 'a' });
    expect(push.failures.skipPush).toContain('pushes to no registry');
  });

  it('says where it looked when no engine answers, or something else does', async () => {
    const nowhere = await pulumi.plugin('docker', { host: `unix://${folder}/none.sock` });
    await expect(new Resource(nowhere, 'network').create({ name: 'n' })).rejects.toThrow(
      /the Docker Engine at unix:\/\/.*none\.sock is not reachable \(ENOENT\): there is no such socket\. Start Docker/,
    );
    const { failures } = await plugin.checkConfig({ host: 'ssh://there' });
    expect(failures.host).toContain('must be unix:///PATH or tcp://HOST:PORT, not "ssh://there"');
  });

  function contextWith(files: Readonly<Record<string, string>>): string {
    const context = fs.mkdtempSync(path.join(folder, 'context-'));
    for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(context, name), content);
    return context;
  }

  async function deleteImage(name: string): Promise<void> {
    await engine.ask({ method: 'DELETE', path: `/images/${name}`, action: 'clean up' });
  }
});
