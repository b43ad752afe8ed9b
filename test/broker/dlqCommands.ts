/** `warren dlq` and `warren purge` as an operator types them at a test's broker. */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { expect } from 'vitest';
import { findProgram, run, waitFor, type RunResult } from '../../tools/processes';
import type { TestBroker } from '../rigs/brokers';
import { endpointOf } from './realBroker';

const CLI = path.resolve(__dirname, '../../cli/warren.cjs');
const WAIT_MS = 60_000;

export function commandLine(broker: TestBroker, vhost: string, args: readonly string[]) {
  const where = [
    '--live',
    endpointOf(broker),
    '--amqp',
    `amqp://127.0.0.1:${broker.amqpPort}`,
    '--vhost',
    vhost,
  ];
  const env = {
    ...process.env,
    ...{ RABBITMQ_USERNAME: broker.username, RABBITMQ_PASSWORD: broker.password, NO_COLOR: '1' },
  };
  return { words: [CLI, ...args, ...where], env };
}

/** The command ended with this exit code; what it wrote. */
export async function warren(
  broker: TestBroker,
  vhost: string,
  exitCode: number,
  ...args: readonly string[]
): Promise<RunResult> {
  const { words, env } = commandLine(broker, vhost, args);
  const result = await run(process.execPath, words, { env });
  expect(result.exitCode, result.output).toBe(exitCode);
  expect(result.output).not.toContain(broker.password);
  return result;
}

/** At a terminal: what comes in while somebody reads the question isn't approved by the answer. */
export async function publishedWhileAsked(
  broker: TestBroker,
  vhost: string,
  count: number,
  publish: () => Promise<void>,
): Promise<void> {
  if (process.platform !== 'linux' || findProgram('script') === undefined) return;
  const { words, env } = commandLine(broker, vhost, ['purge', 'work']);
  const line = [process.execPath, ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', line, '/dev/null'], { env });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const isAsked = (): Promise<true | undefined> =>
    Promise.resolve(said.includes(`Type the number (${count})`) ? true : undefined);
  await waitFor(isAsked, WAIT_MS);
  await publish();
  child.stdin.write(`${count}\r`);
  expect(await ended, said).toBe(2);
  expect(said).toContain('Nothing was purged');
}
