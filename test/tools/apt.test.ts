import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { forbidServiceStarts } from '../../tools/apt';
import { run, waitFor } from '../../tools/processes';
import { debianMirror } from '../rigs/debianPackages';
import { CHECKOUT, temporaryFolder, typescriptArguments, writeScript } from './helpers';

describe('forbidServiceStarts', () => {
  it('puts a policy in place that forbids, and takes it away', async () => {
    const file = path.join(temporaryFolder(), 'policy-rc.d');
    const remove = await forbidServiceStarts(file);
    expect((await run(file, ['rabbitmq-server', 'start'])).exitCode).toBe(101);
    remove();
    expect(fs.existsSync(file)).toBe(false);
  });

  it('takes away what a killed process of ours left', async () => {
    const file = path.join(temporaryFolder(), 'policy-rc.d');
    await forbidServiceStarts(file);
    (await forbidServiceStarts(file))();
    expect(fs.existsSync(file)).toBe(false);
  });

  it("never changes the machine's own policy", async () => {
    const file = path.join(temporaryFolder(), 'policy-rc.d');
    writeScript(file, 'exit 101');
    const before = fs.readFileSync(file, 'utf8');
    (await forbidServiceStarts(file))();
    expect(fs.readFileSync(file, 'utf8')).toBe(before);
    writeScript(file, 'exit 0');
    await expect(forbidServiceStarts(file)).rejects.toThrow(/lets packages start their services/);
    expect(fs.existsSync(file)).toBe(true);
  });

  it('leaves what somebody else put there meanwhile', async () => {
    const file = path.join(temporaryFolder(), 'policy-rc.d');
    const remove = await forbidServiceStarts(file);
    writeScript(file, 'exit 101');
    remove();
    expect(fs.existsSync(file)).toBe(true);
  });

  it('takes it away when the process is interrupted', async () => {
    const file = path.join(temporaryFolder(), 'policy-rc.d');
    const source =
      `require('${CHECKOUT}/tools/apt').forbidServiceStarts('${file}')` +
      `.then(() => require('node:fs').writeFileSync('${file}.ready', ''));` +
      'setInterval(() => undefined, 1000)';
    const child = spawn(process.execPath, typescriptArguments(source), { cwd: CHECKOUT, stdio: 'inherit' });
    expect(await waitFor(() => fs.existsSync(`${file}.ready`) || undefined, 60_000)).toBe(true);
    expect(fs.existsSync(file)).toBe(true);
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(fs.existsSync(file)).toBe(false);
  });
});

describe('debianMirror', () => {
  it("is the one of the machine's apt, in either notation, else the public one", () => {
    const mirrorOf = (name: string, text: string) => {
      const folder = temporaryFolder();
      fs.mkdirSync(path.join(folder, 'sources.list.d'));
      fs.writeFileSync(path.join(folder, name), text);
      return debianMirror(folder);
    };
    const fallback = 'http://deb.debian.org/debian';
    expect(mirrorOf('sources.list', 'deb [arch=amd64] https://m.example/debian/ bookworm main\n')).toBe(
      'https://m.example/debian',
    );
    expect(mirrorOf('sources.list.d/debian.sources', 'Types: deb\nURIs: http://m.example/debian\n')).toBe(
      'http://m.example/debian',
    );
    expect(mirrorOf('sources.list', 'deb http://m.example/ubuntu jammy main\n')).toBe(fallback);
    expect(mirrorOf('sources.list', 'deb http://m.example/debian-security bookworm main\n')).toBe(fallback);
  });
});
