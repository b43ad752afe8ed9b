/** `warren check --explain`, as a user runs it. */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');

async function warren(...args: string[]): Promise<{ exitCode: number | null; output: string }> {
  return run(process.execPath, [WARREN, ...args]);
}

describe('warren check --explain', () => {
  it('says all that there is to say about a code, without a file', async () => {
    const { exitCode, output } = await warren('check', '--explain', 'dead-letter-cycle');
    expect(exitCode, output).toBe(0);
    for (const part of [
      'dead-letter-cycle  warning',
      'why:',
      'help:',
      'https://www.rabbitmq.com/docs/dlx',
      'Found in:',
    ])
      expect(output).toContain(part);
  });

  it('writes JSON too', async () => {
    const { exitCode, output } = await warren('check', '--explain', 'bad-name', '--format', 'json');
    expect(exitCode, output).toBe(0);
    expect(JSON.parse(output)).toMatchObject({ code: 'bad-name', severity: 'error', isAdvice: false });
  });

  it('knows what an unknown code was meant to be', async () => {
    const { exitCode, output } = await warren('check', '--explain', 'dead-leter-cycle');
    expect(exitCode).toBe(2);
    expect(output).toContain('did you mean dead-letter-cycle?');
  });

  it('leaves quietly when nobody reads on, as with `| head`', async () => {
    const child = spawn(process.execPath, [WARREN, 'check', '--explain', 'bad-name'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    let errors = '';
    child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
    const exitCode = await new Promise((resolve) => child.on('close', resolve));
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
  });

  it('neither a file nor a code is wrong usage', async () => {
    const { exitCode, output } = await warren('check');
    expect(exitCode).toBe(2);
    expect(output).toContain('--explain');
  });
});
