/** The private Docker Engine of the tests: beside another one, and gone without a trace. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { engineAddress } from '../../dockerApi/address';
import { openEngine } from '../../dockerApi/transport';
import { startPrivateEngine } from '../rigs/docker/privateEngine';

const isPrivate = inject('isDockerPrivate');
const title = `a private Docker Engine${isPrivate ? '' : ' [skipped: it is for machines without one]'}`;

/** Where Docker writes if nobody tells it not to. */
const SYSTEM_FOLDERS = [
  '/var/lib/docker',
  '/etc/docker',
  '/run/docker',
  '/run/containerd',
  '/opt/containerd',
];

describe.skipIf(!isPrivate)(title, () => {
  it('runs beside another one, and leaves nothing but its images', async () => {
    const systemFolders = (): string[] => SYSTEM_FOLDERS.filter((folder) => fs.existsSync(folder));
    const before = systemFolders();
    const second = await startPrivateEngine(() => undefined);
    const folder = path.dirname(second.host.replace('unix://', ''));
    expect(second.host).not.toBe(inject('dockerHost'));
    const engine = openEngine(engineAddress({ host: second.host }, {}));
    const { Id } = await engine.ask<{ Id: string }>({
      method: 'POST',
      path: '/networks/create',
      body: { Name: 'left', CheckDuplicate: true },
      action: 'make a network',
    });
    const bridge = `br-${Id.slice(0, 12)}`;
    const interfaces = (): string[] => fs.readdirSync('/sys/class/net');
    expect(interfaces()).toContain(bridge);
    await second.stop();
    expect(interfaces()).not.toContain(bridge);
    expect(fs.readdirSync(folder)).toEqual(['data']);
    expect(groupsNamed(`warren-docker-${path.basename(folder)}`)).toEqual([]);
    expect(systemFolders()).toEqual(before);
  });
});

/** Control groups of that name, in every hierarchy. */
function groupsNamed(name: string): readonly string[] {
  const root = '/sys/fs/cgroup';
  const hierarchies = [root, ...fs.readdirSync(root).map((one) => path.join(root, one))];
  return hierarchies.map((hierarchy) => path.join(hierarchy, name)).filter((folder) => fs.existsSync(folder));
}
