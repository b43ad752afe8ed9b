/**
 * A resource that gets another logical name is, to Pulumi, a new one to create and an old one to delete: both are the
 * same object on the broker. Nothing may be deleted, and no message lost.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withBroker } from '../rigs/brokers';
import type { AmqpClient } from './amqpClient';
import { expectNoChange, SystemStack } from './systemStack';

interface Exported {
  readonly deployment: { readonly resources: readonly { readonly urn: string; readonly type: string }[] };
}

const RENAMED_TYPES =
  /^(rabbitmq:index\/(vHost|user|permissions|queue|policy):|warren:index:(VhostLimits|UserLimits))/;

withBroker(
  'renamed resources',
  (broker) => {
    let system: SystemStack;
    let celery: AmqpClient;

    beforeAll(async () => {
      system = await SystemStack.create(broker, 'celery-django');
      await system.up();
      celery = await system.clientOf('celery', 'celery');
    });
    afterAll(() => system.dispose());

    it('are adopted, and their old names’ deletion deletes nothing', async () => {
      await celery.publishToQueue('maintenance', 'must survive');
      const before = await system.get<Record<string, unknown>>('definitions');
      const exported = await system.workspace.run(['stack', 'export', '--stack', 'test']);
      const { deployment } = JSON.parse(exported.stdout) as Exported;
      const urns = deployment.resources.filter(({ type }) => RENAMED_TYPES.test(type)).map(({ urn }) => urn);
      expect(urns.length).toBeGreaterThan(10);
      for (const [index, urn] of urns.entries()) {
        const renamed = await system.workspace.run([
          'state',
          'rename',
          urn,
          `old-name-${index}`,
          '--yes',
          '--stack',
          'test',
        ]);
        expect(renamed.exitCode, renamed.output).toBe(0);
      }

      const run = await system.up();
      expect(run.output).toContain(`+ ${urns.length} created`);
      expect(run.output).toContain(`- ${urns.length} deleted`);
      expect(await system.get('definitions')).toEqual(before);
      expect(await celery.takeBodies('maintenance', 1)).toEqual(['must survive']);
      expectNoChange(await system.up());
    });

    it('are deleted when they are really gone', async () => {
      system.edit({
        '      maintenance: { deadLetter: { queue: default } }\n': '',
        '        maintenance.tasks.*: maintenance\n': '',
        ', maintenance]': ']',
      });
      await system.up();
      const queues = await system.get<{ name: string }[]>('queues/celery');
      expect(queues.map((queue) => queue.name)).not.toContain('maintenance');
    });
  },
  ['4.3'],
);
