/** `npm run bench -- docker`: two of the systems under the load that they are for, on clusters of three nodes. */
import { afterEach, describe, expect, it } from 'vitest';
import { waitFor } from '../../../tools/processes';
import { callManagement } from '../../rigs/management';
import { dockerEngine, titled } from '../scratch';
import { report, seconds, withNodes } from './benchmark';
import { deliveriesOf, type Sent } from './deliveries';
import { systemObstacle, System, withQuickRetries, type SystemOptions } from './system';

const obstacle = systemObstacle();
const NOTIFICATIONS = { publishers: 16, rate: 1_050, seconds: 60, dead_wait: 120 };
const ERP = { users: 1_000, workers: 4, rate: 100, seconds: 60 };
const SETTLE_MS = 120_000;
const TIMEOUT_MS = 1_800_000;

describe.skipIf(obstacle !== undefined)(titled('systems under load'), () => {
  const engine = dockerEngine();
  let system: System | undefined;

  afterEach(async () => {
    await system?.dispose();
    system = undefined;
  });

  async function start(options: SystemOptions): Promise<System> {
    const before = performance.now();
    system = await System.start(engine, options);
    const first = performance.now();
    const again = await system.stack.workspace.up();
    expect(again.output).toMatch(/Resources:\n\s+\d+ unchanged/);
    report(`${options.name}: 3 nodes, topology and workers`, {
      'first up, s (40)': seconds(first - before),
      'second up, s (8)': seconds(performance.now() - first),
    });
    return system;
  }

  it('notifications: a thousand a second', { timeout: TIMEOUT_MS }, async () => {
    const started = await start({
      name: 'notifications',
      client: 'amqp',
      vhost: 'notifications',
      change: (example) => withNodes(withQuickRetries(example)),
    });
    const users = { user: 'notifications-api', operator: 'notifications-operator' };
    const sent = await started.load<Sent>('message', 'notifications', [NOTIFICATIONS], users);
    const before = performance.now();
    await untilEmpty(started);
    const { attempts, ...wrong } = deliveriesOf(sent, await started.lines('message'));
    report('notifications: 60 s, 3 workers, 3 % failing', {
      'confirmed per s (1,000)': sent.confirmedPerSecond,
      'confirm p95, ms': sent.publishP95Ms,
      'until all are delivered, s': seconds(performance.now() - before),
      delivered: attempts.size,
      dead: Object.keys(sent.dead).length,
      'lost (0)': wrong.lost.length,
      'doubled (0)': wrong.doubled.length,
    });
    expect(wrong).toEqual({ lost: [], doubled: [], wronglyDead: [] });
  });

  it('long polling: a thousand users', { timeout: TIMEOUT_MS }, async () => {
    const started = await start({
      name: 'erp-long-polling',
      client: 'amqp',
      vhost: 'erp',
      isTlsOnly: true,
    });
    const result = await started.load<ErpResult>('web', 'erp', [ERP], { user: 'erp' });
    report('erp: 1,000 users, 4 web workers, 100 writes/s', {
      queues: result.queues,
      'declared in, s': result.declareSeconds,
      'write median, ms': result.writeMedianMs,
      'write p95, ms (5)': result.writeP95Ms,
      'batch read median, ms': result.readMedianMs,
      'batch read p95, ms (10)': result.readP95Ms,
      'lost (0)': result.lost.length,
      'doubled (0)': result.doubled.length,
    });
    expect(result).toMatchObject({ queues: 3 * ERP.users, lost: [], doubled: [] });
  });
});

/** Retries and dead letters included. */
async function untilEmpty({ stack }: System): Promise<void> {
  const login = await stack.admin();
  const isEmpty = async (): Promise<true | undefined> => {
    const queues = await callManagement<{ messages: number }[]>(login, 'GET', 'queues/notifications');
    return queues.every(({ messages }) => messages === 0) ? true : undefined;
  };
  await waitFor(isEmpty, SETTLE_MS, 1_000);
}

interface ErpResult {
  readonly queues: number;
  readonly declareSeconds: number;
  readonly writeMedianMs: number;
  readonly writeP95Ms: number;
  readonly readMedianMs: number;
  readonly readP95Ms: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}
