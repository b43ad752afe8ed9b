/** The genuine docker plugin goes on with the state of the offline one, and the other way round. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { findFreePorts } from '../../tools/freePort';
import { findProgram } from '../../tools/processes';
import { PulumiWorkspace, missingEngine, type PulumiRun } from '../rigs/pulumi';
import { smallProject, type SmallProject } from '../rigs/project';
import { dockerEngine, dockerObstacle, openScratch } from './scratch';

/** On PATH, or where Pulumi keeps what it has downloaded. */
const genuine = findProgram('pulumi-resource-docker', [
  path.join(os.homedir(), '.pulumi', 'plugins', 'resource-docker-v5.2.0'),
]);
const obstacle = dockerObstacle() ?? missingEngine() ?? missingGenuine();

function missingGenuine(): string | undefined {
  return genuine === undefined
    ? 'no pulumi-resource-docker on PATH, nor among the plugins of Pulumi'
    : undefined;
}

/** Written so that the genuine plugin, too, finds nothing to change the second time. */
const PROGRAM = `
const docker = require('@pulumi/docker');
const pulumi = require('@pulumi/pulumi');
const { NAME: name, OWNER: owner, IMAGE: image, CONTEXT: context } = process.env;
const labels = [{ label: 'warren.owner', value: owner }];
const network = new docker.Network('network', { labels });
const second = new docker.Network('second', { name: name + '-net2', labels, internal: true });
const volume = new docker.Volume('volume', { name: name + '-vol', labels });
const worker = new docker.RemoteImage('worker', {
  name: name + '/worker:1', build: { context, useLegacyBuilder: true }, triggers: { content: '1' },
});
const pulled = new docker.RemoteImage('pulled', { name: image, keepLocally: true });
new docker.Container('full', {
  image: worker.imageId, name: name + '-full', hostname: 'full', labels, wait: true, waitTimeout: 60,
  command: ['sleep', '1000'], envs: ['B=2', 'A=1'], user: 'root', workingDir: '/tmp', init: true,
  networksAdvanced: [{ name: network.name, aliases: ['a', 'b'] }, { name: second.id }],
  ports: [{ internal: 7000, external: Number(process.env.PORT), ip: '127.0.0.1' }],
  volumes: [{ volumeName: volume.name, containerPath: '/data' }],
  mounts: [{ type: 'tmpfs', target: '/t', tmpfsOptions: { sizeBytes: 1048576 } }],
  uploads: [{ file: '/secret', content: pulumi.secret('hush'), permissions: '0400' }],
  healthcheck: { tests: ['CMD', 'true'], interval: '1s', timeout: '2s', retries: 3, startPeriod: '1m30s' },
  restart: 'unless-stopped', memory: 64, memorySwap: 64, cpus: '0.5', cpuShares: 512,
  hosts: [{ host: 'h', ip: '10.1.1.1' }], stopSignal: 'SIGTERM', stopTimeout: 3, destroyGraceSeconds: 2,
  ulimits: [{ name: 'nofile', soft: 1000, hard: 2000 }], logDriver: 'json-file', logOpts: { 'max-size': '1m' },
  tmpfs: { '/tt': 'size=1m' }, capabilities: { drops: ['CAP_NET_RAW'] },
});
new docker.Container('small', {
  image: pulled.name, entrypoints: ['sleep'], command: ['500'], labels, destroyGraceSeconds: 1,
  networksAdvanced: [{ name: network.name }],
});
`;

describe.skipIf(obstacle !== undefined)(
  `both docker plugins${obstacle === undefined ? '' : ` [skipped: ${obstacle}]`}`,
  () => {
    const scratch = openScratch(dockerEngine());
    let project: SmallProject | undefined;
    let workspace: PulumiWorkspace | undefined;

    afterEach(async () => {
      workspace?.dispose();
      project?.dispose();
      await scratch.clear();
    });

    it("take each other's states over without a change, before and after a refresh", async () => {
      project = smallProject(PROGRAM);
      const context = path.join(project.folder, 'worker');
      fs.mkdirSync(context);
      fs.writeFileSync(path.join(context, 'Dockerfile'), `FROM ${inject('images').busybox}\nCOPY f /f\n`);
      fs.writeFileSync(path.join(context, 'f'), '1');
      const env = {
        DOCKER_HOST: inject('dockerHost'),
        NAME: scratch.name('both'),
        OWNER: scratch.labels[0]?.value,
        IMAGE: inject('images').busybox,
        CONTEXT: context,
        PORT: String((await findFreePorts(1))[0]),
        PATH: [path.dirname(genuine ?? ''), inject('engineFolder'), process.env.PATH ?? ''].join(
          path.delimiter,
        ),
      };
      workspace = new PulumiWorkspace({ projectFolder: project.folder, stack: 'test', env });
      await workspace.init();
      const use = (who: 'ours' | 'genuine') => project?.usePlugins(who === 'ours' ? ['docker'] : []);
      use('ours');
      expectFine(await workspace.up());
      for (const who of ['genuine', 'ours', 'genuine', 'ours'] as const) {
        use(who);
        const up = await workspace.up();
        expectFine(up);
        expect(up.output, who).toMatch(/ 8 unchanged/);
        const refresh = await workspace.refresh();
        expectFine(refresh);
        const again = await workspace.up();
        expectFine(again);
        expect(again.output, `${who}, after a refresh`).toMatch(/ 8 unchanged/);
      }
      expectFine(await workspace.destroy());
      expect(await scratch.left()).toEqual([]);
    });
  },
);

function expectFine(run: PulumiRun): void {
  expect(run.exitCode, run.output).toBe(0);
}
