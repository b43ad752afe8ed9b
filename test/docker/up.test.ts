/** The first containers of a program: `pulumi up` through the offline docker plugin, and what a kill leaves. */
import { afterEach, describe, expect, inject, it } from 'vitest';
import { PulumiWorkspace, missingEngine } from '../rigs/pulumi';
import { smallProject, type SmallProject } from '../rigs/project';
import { dockerEngine, dockerObstacle, openScratch, titled } from './scratch';

const obstacle = dockerObstacle() ?? missingEngine();

/** Two containers of one network, the second after the first, with a volume and a secret file. */
const PROGRAM = `
const docker = require('@pulumi/docker');
const pulumi = require('@pulumi/pulumi');
const { NAME: name, OWNER: owner, IMAGE: image, WORD: word } = process.env;
const labels = [{ label: 'warren.owner', value: owner }];
const network = new docker.Network('network', { name: name + '-net', labels });
const volume = new docker.Volume('volume', { name: name + '-vol', labels });
const common = {
  image, labels, networksAdvanced: [{ name: network.name }], destroyGraceSeconds: 1,
  command: ['sh', '-c', 'cat /secret >/data/copy; sleep 1000'],
  healthcheck: { tests: ['CMD', 'test', '-e', '/data/copy'], interval: '200ms' }, wait: true,
  volumes: [{ volumeName: volume.name, containerPath: '/data' }],
  uploads: [{ file: '/secret', content: pulumi.secret('hush ' + word) }],
};
const first = new docker.Container('first', { ...common, name: name + '-first' });
const second = new docker.Container('second', { ...common, name: name + '-second' }, { dependsOn: first });
exports.addresses = [first, second].map((one) => one.networkDatas.apply(([data]) => data.ipAddress));
`;

describe.skipIf(obstacle !== undefined)(titled('pulumi up with the offline docker plugin'), () => {
  const engine = dockerEngine();
  const scratch = openScratch(engine);
  let project: SmallProject | undefined;
  let workspace: PulumiWorkspace | undefined;

  afterEach(async () => {
    workspace?.dispose();
    project?.dispose();
    await scratch.clear();
  });

  async function open(): Promise<PulumiWorkspace> {
    project = smallProject(PROGRAM);
    project.usePlugins(['docker']);
    workspace = new PulumiWorkspace({
      projectFolder: project.folder,
      stack: 'test',
      env: {
        DOCKER_HOST: inject('dockerHost'),
        NAME: scratch.name('up'),
        OWNER: scratch.labels[0]?.value,
        IMAGE: inject('images').busybox,
        WORD: 'word',
      },
    });
    await workspace.init();
    return workspace;
  }

  it('makes a network, a volume and containers, changes nothing the second time, and deletes all of it', async () => {
    const stack = await open();
    const first = await stack.up();
    expect(first.exitCode, first.output).toBe(0);
    expect(first.output).not.toContain('hush word');
    expect(await scratch.left()).toHaveLength(4);
    const { addresses } = (await stack.outputs()) as { addresses: string[] };
    expect(addresses).toEqual([expect.stringMatching(/^\d+\./), expect.stringMatching(/^\d+\./)]);
    expect(stack.stateText()).not.toContain('hush word');
    const again = await stack.up();
    expect(again.output).toMatch(/ 5 unchanged/);
    const refreshed = await stack.refresh();
    expect(refreshed.output).toMatch(/ 5 unchanged/);
    const changed = await stack.run(['up', '--yes'], { WORD: 'another' });
    expect(changed.exitCode, changed.output).toBe(0);
    expect(changed.output).toMatch(/\+-2 replaced/);
    const destroyed = await stack.destroy();
    expect(destroyed.exitCode, destroyed.output).toBe(0);
    expect(await scratch.left()).toEqual([]);
  });

  it('is simply run again after it was killed in between', async () => {
    const stack = await open();
    for (const objects of [2, 3, 4]) {
      const run = stack.startUp();
      await expect
        .poll(async () => (await scratch.left()).length, { timeout: 60_000, interval: 20 })
        .toBeGreaterThanOrEqual(objects);
      run.kill();
      await run.ended;
      await stack.clearLock();
    }
    const run = await stack.up();
    expect(run.exitCode, run.output).toBe(0);
    expect(await scratch.left()).toHaveLength(4);
    const again = await stack.up();
    expect(again.output).toMatch(/ 5 unchanged/);
    expect((await stack.destroy()).exitCode).toBe(0);
    expect(await scratch.left()).toEqual([]);
  });
});
