/** docs/health.md on real brokers: each check is there on the versions, and answers whom, that its table says. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { scratchOn, endpointOf } from './realBroker';

const PAGE = fs.readFileSync(path.resolve(__dirname, '../../docs/health.md'), 'utf8');
const VERSIONS = ['3.10', '4.0', '4.3'];

interface Row {
  readonly path: string;
  readonly answers: string;
  readonly versions: readonly string[];
}

const rows: readonly Row[] = PAGE.split('\n')
  .filter((line) => line.startsWith('| `/api/'))
  .map((line) => {
    const [, name = '', , answers = '', ...there] = line.split('|').map((cell) => cell.trim());
    return {
      path: name.replaceAll('`', ''),
      answers: answers.replaceAll('`', ''),
      versions: VERSIONS.filter((_, index) => there[index] === 'yes'),
    };
  });

/** From whom to whom: whoever has a later one may do what an earlier one may. */
const LADDER = ['anybody', 'none', 'management', 'monitoring', 'administrator'];

withBroker('health checks', (broker) => {
  const scratch = scratchOn(broker);
  const users = new Map<string, string>();

  beforeAll(async () => {
    for (const tag of LADDER.slice(1)) {
      const name = scratch.user();
      users.set(tag, name);
      await callManagement(broker, 'PUT', `users/${name}`, {
        password: name,
        tags: tag === 'none' ? '' : tag,
      });
    }
  });

  async function ask(target: string, who: string): Promise<number> {
    const user = users.get(who);
    const login = user === undefined ? {} : { authorization: `Basic ${btoa(`${user}:${user}`)}` };
    const url = endpointOf(broker) + target.replace('AMQP_PORT', String(await amqpPort()));
    // Kept-alive connections that the broker has closed meanwhile cost seconds.
    const response = await fetch(url, { headers: { ...login, connection: 'close' } });
    await response.arrayBuffer();
    return response.status;
  }

  /** Its own, which in a container isn't the one outside. */
  async function amqpPort(): Promise<number | undefined> {
    const { listeners } = await callManagement<{ listeners: { protocol: string; port: number }[] }>(
      broker,
      'GET',
      'overview',
    );
    return listeners.find(({ protocol }) => protocol === 'amqp')?.port;
  }

  it('the table is read', () => {
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.flatMap(({ answers }) => (LADDER.includes(answers) ? [] : [answers]))).toEqual([]);
  });

  it.each(rows)('$path', async ({ path: target, answers, versions }) => {
    if (!versions.includes(broker.version)) {
      expect(await ask(target, 'administrator')).toBe(404);
      return;
    }
    const least = LADDER.indexOf(answers);
    const found = LADDER.map(async (who) => `${who}: ${await ask(target, who)}`);
    expect(await Promise.all(found)).toEqual(
      LADDER.map((who, index) => `${who}: ${index >= least ? 200 : 401}`),
    );
  });

  it('one that fails says 503', async () => {
    expect(await ask('/api/health/checks/port-listener/1', 'administrator')).toBe(503);
  });
});
