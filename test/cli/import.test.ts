import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { importCommand } from '../../cli/commands/import';
import { importTopology } from '../../topology/import/index';
import { run, type RunResult } from '../../tools/processes';

const CLI = path.resolve(__dirname, '../../cli/warren.cjs');
const EXPORTS = path.resolve(__dirname, '../topology/definitions/exports');
const folder = mkdtempSync(path.join(tmpdir(), 'warren-import-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function warren(...args: readonly string[]): Promise<RunResult> {
  return run(process.execPath, [CLI, ...args], { cwd: folder });
}

it('writes a topology on stdout, and on stderr what became of what', async () => {
  const { exitCode, stdout, output } = await warren('import', path.join(EXPORTS, '3.8-celery-django.json'));
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^# From ".*3\.8-celery-django\.json" \(RabbitMQ 3\.8\.9\), by /);
  expect(stdout).toContain("target: '3.10'");
  expect(stdout).not.toContain('Recognised');
  expect(output).toContain('policy "limits": what it says stands with its queues');
  expect(output).toContain('celeryev');
  expect(output).toContain('a stack deletes guest');
  // There is no such file.
  expect(output).not.toContain('topology.yaml');
});

it('writes for another series, and says what is in the way', async () => {
  const source = path.join(EXPORTS, '3.10-erp-mirrored.json');
  const { exitCode, stdout, output } = await warren('import', source, '--target', '4.3');
  expect(exitCode).toBe(0);
  expect(stdout).toContain('defaultQueueType: quorum');
  expect(output).toContain('In the way of the target:');
  const listed = await warren('import', source, '--target', '4.3', '--no-families');
  expect(listed.stdout).toContain("'event_queue:user:1000':");
});

type Importing = Record<'importTopology', typeof importTopology>;

vi.mock('../../topology/import/index', async (importOriginal) => {
  const { importTopology: imported, ...others } = await importOriginal<Importing>();
  return { ...others, importTopology: vi.fn(imported) };
});

it('says on which objects it would not be the same, and exits with 1', async () => {
  const source = path.join(folder, 'plain.json');
  writeFileSync(source, JSON.stringify({ vhosts: [{ name: 'shop' }] }));
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const options = { output: path.join(folder, 'plain.yaml'), force: true, families: true };
  try {
    expect(await importCommand(source, options)).toBe(0);
    const { text, report } = importTopology([{ kind: 'vhost', name: 'shop' }], { source });
    const differences = ['queue shop paid would be missing'];
    vi.mocked(importTopology).mockReturnValueOnce({ text, report: { ...report, differences } });
    expect(await importCommand(source, options)).toBe(1);
    expect(stderr.mock.calls.join('')).toContain('queue shop paid would be missing');
  } finally {
    stderr.mockRestore();
  }
});

it('writes over no file without --force', async () => {
  const source = path.join(EXPORTS, '4.1-protected.json');
  const file = path.join(folder, 'there.yaml');
  writeFileSync(file, 'mine');
  const refused = await warren('import', source, '--output', file);
  expect(refused.exitCode).toBe(2);
  expect(refused.output).toContain('--force');
  expect(readFileSync(file, 'utf8')).toBe('mine');
  const forced = await warren('import', source, '--output', file, '--force');
  expect(forced.exitCode).toBe(0);
  expect(forced.stdout).toBe('');
  expect((await warren('check', file)).output).toContain('no findings');
});

it.each([
  ['.', [], /can't write \.: it is a folder; name a file in it\n/],
  ['.', ['--force'], /can't write \.: it is a folder; name a file in it\n/],
  ['nope/x.yaml', [], /can't write nope\/x\.yaml: there is no folder nope; make it first\n/],
  ['a-file/x.yaml', [], /can't write a-file\/x\.yaml: a-file is no folder\n/],
])('can not write to %s with %j, and says why', async (output, more, reason) => {
  writeFileSync(path.join(folder, 'a-file'), '');
  const source = path.join(EXPORTS, '4.1-protected.json');
  const refused = await warren('import', source, '--output', output, ...more);
  expect(refused.exitCode).toBe(2);
  expect(refused.output).toMatch(reason);
});

it.each([
  [['nothing.json'], 2, /can't read nothing\.json: there is no such file/],
  [[''], 2, /can't read a file whose name is empty: name one/],
  [
    ['http://127.0.0.1:1'],
    2,
    /http:\/\/127\.0\.0\.1:1 is no file: a broker is live:http:\/\/127\.0\.0\.1:1,/,
  ],
  [['https://u:s3cr3tHash@b'], 2, /a URL is no file: a broker is live:URL/],
  [['live:http://127.0.0.1:1'], 2, /set RABBITMQ_USERNAME and RABBITMQ_PASSWORD in the environment/],
  [['page.json'], 1, /page\.json:1:1 error not-definitions +This is an HTML page/],
  [['hash.json'], 1, /hash\.json:1:40 error not-definitions +This is not valid JSON: the file ends/],
  [['page.json', '--target', '5.0'], 2, /--target 5\.0 is unknown/],
])('can not import %j, and says why', async (args, code, reason) => {
  writeFileSync(path.join(folder, 'page.json'), '<html></html>');
  writeFileSync(path.join(folder, 'hash.json'), '{"users":[{"password_hash":"s3cr3tHash"');
  const { exitCode, stdout, output } = await run(process.execPath, [CLI, 'import', ...args], {
    cwd: folder,
    env: { ...process.env, RABBITMQ_USERNAME: '', RABBITMQ_PASSWORD: '' },
  });
  expect([exitCode, stdout]).toEqual([code, '']);
  expect(output).toMatch(reason);
  expect(output).not.toContain('s3cr3tHash');
  expect(existsSync(path.join(folder, 'topology.yaml'))).toBe(false);
});
