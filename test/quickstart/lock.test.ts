/** Two quickstarts of one checkout: the second waits for the first. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { stateFolder } from '../../cli/quickstart/stateFolder';
import { acquireLock } from '../../tools/fileLock';
import { run } from '../../tools/processes';

const ROOT = path.resolve(__dirname, '../..');
const home = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-quickstarts-'));
afterAll(() => {
  fs.rmSync(home, { recursive: true });
});

it('waits for another one of this checkout, and says so', async () => {
  const env = { ...process.env, XDG_STATE_HOME: home };
  const release = await acquireLock(`${stateFolder(env)}.lock`, { timeoutMs: 10_000 });
  const waited: string[] = [];
  const second = await run(
    path.join(ROOT, 'node_modules/.bin/tsx'),
    ['cli/quickstart/main.ts', '--destroy'],
    {
      cwd: ROOT,
      env,
      onLine: (line) => {
        waited.push(line);
        release();
      },
    },
  );
  expect(waited.join('\n')).toContain(
    `another quickstart of this checkout is at work (process ${process.pid})`,
  );
  expect(second.exitCode).toBe(0);
  expect(second.stdout).toContain('Nothing to take away');
  expect(fs.readdirSync(path.join(home, 'warren'))).toEqual([]);
});
