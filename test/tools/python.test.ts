import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { run } from '../../tools/processes';
import { CLIENT_SETS, ensureClients, withClients } from '../rigs/python';

const REQUIREMENTS = path.resolve(__dirname, '../clients/requirements');

describe.each(CLIENT_SETS)('the clients %s', (set) => {
  it('are pinned, one package a line', () => {
    const lines = fs
      .readFileSync(path.join(REQUIREMENTS, `${set}.txt`), 'utf8')
      .trim()
      .split('\n');
    expect(lines.filter((line) => !/^[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*$/.test(line))).toEqual([]);
  });

  withClients(set, (python) => {
    it('are all that they need, in these versions', async () => {
      const check = await run(python, ['-m', 'pip', 'check'], { timeoutMs: 120_000 });
      expect(check.exitCode, check.output).toBe(0);
      const frozen = await run(python, ['-m', 'pip', 'freeze', '--disable-pip-version-check']);
      const wanted = fs.readFileSync(path.join(REQUIREMENTS, `${set}.txt`), 'utf8');
      expect(frozen.stdout.trim().split('\n')).toEqual(wanted.trim().split('\n'));
    });

    it('are made once', async () => {
      const said: string[] = [];
      expect(await ensureClients(set, (text) => said.push(text))).toBe(python);
      expect(said).toEqual([]);
    });
  });
});

describe('a machine that has not what the clients need', () => {
  it('is told so when there is no Python', async () => {
    await expect(ensureClients('amqp', () => undefined, { PATH: '' })).rejects.toThrow(/no python3/);
  });

  it('is told so when Python can make no environments', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-python-'));
    const broken = '#!/bin/sh\necho "No module named ensurepip" >&2\nexit 1\n';
    fs.writeFileSync(path.join(folder, 'python3'), broken, { mode: 0o755 });
    await expect(ensureClients('amqp', () => undefined, { PATH: folder })).rejects.toThrow(
      "python3 can't make virtual environments: No module named ensurepip",
    );
    fs.rmSync(folder, { recursive: true });
  });

  it('never runs a test without saying why not', () => {
    const reasons = inject('missingClientReasons');
    for (const set of CLIENT_SETS) {
      expect(inject('clients')[set] ?? reasons[set], set).toMatch(/./);
    }
  });
});
