/** Celery on a broker that refuses transient queues: a node of its own, since that is the whole broker's setting. */
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { renderCelery } from '../../topology/render/clients/celery';
import { chrootObstacle, startChrootBroker } from '../rigs/chrootBroker';
import { SUITE_WITH_VERSION } from '../rigs/debianTree';
import { withClients } from '../rigs/python';
import { AppliedTopology, exampleTopology } from './appliedTopology';
import { PythonFolder, type BackgroundProgram } from './pythonProgram';
import { undoAfterAll } from './undo';

const REFUSING = { transient_nonexcl_queues: false };
const obstacle = inject('missingBrokers').some(({ version }) => version === '4.3')
  ? 'this version is not tested here'
  : chrootObstacle();
const title = 'Celery on a RabbitMQ 4.3 that refuses transient queues';

describe.skipIf(obstacle !== undefined)(
  obstacle === undefined ? title : `${title} [skipped: ${obstacle}]`,
  () => {
    // Celery 5.5 has no such settings.
    withClients('celery-5.6', describeExclusive);
  },
);

function describeExclusive(python: string): void {
  const afterwards = undoAfterAll();
  let folder: PythonFolder;
  let worker: BackgroundProgram;

  beforeAll(async () => {
    const node = await startChrootBroker(SUITE_WITH_VERSION['4.3'], () => undefined, {
      conf: () => ['deprecated_features.permit.transient_nonexcl_queues = false'],
    });
    afterwards(node.stop);
    const topology = await AppliedTopology.apply(
      { ...node, version: '4.3', username: 'guest', password: 'guest' },
      withoutTransientQueues(),
    );
    const url = topology.url('celery', 'celery');
    folder = new PythonFolder(python, { CELERY_BROKER_URL: url, NOTES: 'notes' });
    afterwards(() => {
      folder.remove();
    });
    folder.write('celery_settings', topology.render(renderCelery, { vhost: 'celery', user: 'celery' }));
    // With gossip and mingle: they have queues too.
    const options = ['--pool', 'threads', '--concurrency', '1', '--hostname', 'worker@test'];
    worker = folder.start(['-m', 'celery', '-A', 'celery_app', 'worker', '--loglevel', 'INFO', ...options]);
    afterwards(() => worker.stop('SIGKILL'));
    await worker.says(' ready.');
  });

  it('runs tasks, and answers to remote control', async () => {
    const steps = ['-m', 'celery_driver', 'worker@test', 'send', 'inspect'];
    const outcomes = await folder.json<Record<string, { value?: unknown; error?: string }>>(steps);
    expect(outcomes.send?.error).toBeUndefined();
    expect(outcomes.inspect?.value).toMatchObject({ prefetch: 1 });
    const ran = await waitFor(() => folder.notes<{ player: number }>('notes')[0], 60_000);
    expect(ran).toMatchObject({ key: 'player_sync', player: 7 });
    expect(worker.output()).not.toMatch(/INTERNAL_ERROR|deprecated/);
  });
}

/** The example, without the results that Celery keeps in transient queues. */
function withoutTransientQueues(): Record<string, unknown> {
  const data = exampleTopology('celery-django') as {
    broker: object;
    vhosts: { celery: { celery: object } };
  };
  const { celery } = data.vhosts;
  return {
    ...data,
    broker: { ...data.broker, deprecatedFeatures: REFUSING },
    vhosts: { celery: { ...celery, celery: { ...celery.celery, resultBackend: undefined } } },
  };
}
