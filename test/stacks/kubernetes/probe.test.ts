/** The probe's program, in a real Python, before brokers that are well, ill and silent. */
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PROBE_LOGIN_FOLDER, probeProgram, type ProbeMode } from '../../../k8s/workers/probe';
import { findProgram, run } from '../../../tools/processes';
import { temporaryFolder } from '../../tools/helpers';

const POD = '10.0.0.7';
const CONSUMED = {
  consumer_details: [{ channel_details: [] }, { channel_details: { peer_host: `::ffff:${POD}` } }],
};
const NOT_CONSUMED = { consumer_details: [{ channel_details: { peer_host: '10.0.0.8' } }] };
const python = findProgram('python3');

/** By queue: an answer, a status, or silence. */
type Answers = Readonly<Record<string, object | number | 'silence' | 'drip' | 'break'>>;

async function startBroker(answers: Answers): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const queue = request.url?.split('/').at(-1) ?? '';
    asked.push(queue);
    const answer = answers[queue] ?? 404;
    if (answer === 'silence') return;
    if (answer === 'break') {
      response.writeHead(200, { 'content-length': 100 }).write('{');
      setImmediate(() => response.destroy());
      return;
    }
    if (answer === 'drip') {
      response.writeHead(200).flushHeaders();
      const dripping = setInterval(() => response.write(' '), 50);
      response.on('close', () => {
        clearInterval(dripping);
      });
      return;
    }
    if (typeof answer === 'number') response.writeHead(answer).end('{}');
    else response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** @returns its exit code, and the queues that it asked for */
async function probe(
  mode: ProbeMode,
  answers: Answers,
  limits: Readonly<Record<string, number>> = {},
): Promise<[number | null, string[]]> {
  const folder = temporaryFolder();
  for (const name of ['username', 'password']) fs.writeFileSync(path.join(folder, name), name);
  const shortened = Object.entries(limits).reduce(
    (text, [name, seconds]) => text.replace(new RegExp(`^${name} = \\d+$`, 'm'), `${name} = ${seconds}`),
    probeProgram(false).replace(PROBE_LOGIN_FOLDER, folder),
  );
  const { url, asked } = await startBroker(answers);
  const env = {
    ...process.env,
    POD_IP: POD,
    RABBITMQ_VHOST: 'shop',
    WARREN_MANAGEMENT_URL: url,
    WARREN_PROBED_QUEUES: JSON.stringify(Object.keys(answers)),
  };
  const { exitCode } = await run(python ?? '', ['-c', shortened, mode], { env, timeoutMs: 60_000 });
  return [exitCode, asked];
}

describe.skipIf(python === undefined)('a probe', () => {
  it('says whether this pod consumes from each queue', async () => {
    for (const mode of ['ready', 'alive'] as const) {
      expect(await probe(mode, { a: CONSUMED, b: CONSUMED })).toEqual([0, ['a', 'b']]);
      expect(await probe(mode, { a: CONSUMED, b: NOT_CONSUMED })).toEqual([1, ['a', 'b']]);
    }
  });

  it('holds nothing against a worker where the broker does not know who consumes', async () => {
    const unknown = { consumer_details: [{ channel_details: [] }, { channel_details: { peer_host: null } }] };
    expect(await probe('ready', { a: unknown })).toEqual([1, ['a']]);
    expect(await probe('alive', { a: unknown, b: NOT_CONSUMED })).toEqual([1, ['a', 'b']]);
    expect(await probe('alive', { a: unknown, b: CONSUMED })).toEqual([0, ['a', 'b']]);
    // Nor where it says what nobody expects.
    expect(await probe('alive', { a: [1] })).toEqual([0, ['a']]);
  });

  it.each([404, 500])('of a worker that lives does not hold an answer %i against it', async (status) => {
    expect(await probe('ready', { a: status, b: CONSUMED })).toEqual([1, ['a']]);
    expect(await probe('alive', { a: status, b: CONSUMED })).toEqual([0, ['a', 'b']]);
    expect(await probe('alive', { a: status, b: NOT_CONSUMED })).toEqual([1, ['a', 'b']]);
  });

  it('asks a broker that is away no further', async () => {
    const limits = { TIMEOUT_S: 2 };
    expect(await probe('alive', { a: 'silence', b: 'silence' }, limits)).toEqual([0, ['a']]);
    expect(await probe('ready', { a: 'silence', b: 'silence' }, limits)).toEqual([1, ['a']]);
    expect(await probe('alive', { a: 'break', b: NOT_CONSUMED })).toEqual([0, ['a']]);
  });

  it('is done before Kubernetes takes it for failed, however slowly the broker answers', async () => {
    const limits = { DEADLINE_S: 2 };
    expect(await probe('alive', { a: 'drip' }, limits)).toEqual([0, ['a']]);
    expect(await probe('ready', { a: 'drip' }, limits)).toEqual([1, ['a']]);
    expect(Number(/^DEADLINE_S = (\d+)$/m.exec(probeProgram(false))?.[1])).toBeLessThan(10);
  });
});
