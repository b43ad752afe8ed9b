import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { onTestFinished } from 'vitest';
import { onEndOfThisProcess } from '../../tools/processes';

export const CHECKOUT = path.resolve(__dirname, '../..');

/** A folder that is removed after the test, or when the run is interrupted. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-test-'));
  const remove = () => {
    fs.rmSync(folder, { recursive: true, force: true });
  };
  const stopWatching = onEndOfThisProcess(remove);
  onTestFinished(() => {
    stopWatching();
    remove();
  });
  return folder;
}

/** Writes an executable shell script. */
export function writeScript(file: string, body: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
}

/** Arguments with which `process.execPath` runs TypeScript source text of this checkout. */
export function typescriptArguments(source: string): string[] {
  return ['--import', require.resolve('tsx'), '--input-type=commonjs', '--eval', source];
}
