/** Which of the offline plugins `pulumi` gets to see: only those whose genuine one can't be had. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PLUGIN_VERSIONS, offlinePluginFolder } from '../../tools/offlinePlugins';

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-plugins-'));
const env = { PATH: path.join(home, 'bin'), PULUMI_HOME: home };
fs.mkdirSync(env.PATH);

afterAll(() => {
  fs.rmSync(home, { recursive: true, force: true });
});

it('puts each one into a folder of its own, from where it starts', async () => {
  const folder = offlinePluginFolder('kubernetes', env) ?? '';
  expect(fs.readdirSync(folder)).toEqual(['pulumi-resource-kubernetes']);
  expect(fs.readdirSync(offlinePluginFolder('docker', env) ?? '')).toEqual(['pulumi-resource-docker']);
  const plugin = spawn(path.join(folder, 'pulumi-resource-kubernetes'), ['127.0.0.1:1']);
  try {
    const said = await new Promise<string>((resolve, reject) => {
      plugin.once('error', reject);
      plugin.stdout.once('data', (data: Buffer) => {
        resolve(data.toString());
      });
      plugin.once('exit', () => {
        resolve('');
      });
    });
    expect(said).toMatch(/^\d+\n$/);
  } finally {
    plugin.kill();
  }
});

it('leaves out what is on PATH or among the plugins of Pulumi', () => {
  const installed = path.join(home, 'plugins', `resource-kubernetes-v${PLUGIN_VERSIONS.kubernetes}`);
  fs.mkdirSync(installed, { recursive: true });
  expect(offlinePluginFolder('kubernetes', env)).toBeUndefined();
  fs.writeFileSync(path.join(env.PATH, 'pulumi-resource-docker'), '', { mode: 0o755 });
  expect(offlinePluginFolder('docker', env)).toBeUndefined();
});
