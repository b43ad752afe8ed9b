/**
 * Where ours differs from Pulumi's bridged `rabbitmq` provider on purpose: the same programs under both, one after the
 * other on the same broker. What is expected of the bridged one was observed; docs/interchange.md is made from it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as users from '../../broker/kinds/users';
import { brokerOf, endpointOf, scratchOn, uniqueName } from '../broker/realBroker';
import { silentServer } from '../broker/servers';
import { withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { smallProject, type SmallProject } from '../rigs/project';
import { PulumiWorkspace, missingEngine, type PulumiRun } from '../rigs/pulumi';
import { MISSING_BRIDGED, bridgedEnvironment, bridgedPlugin } from './bridgedPlugin';

/** Its values are JSON in TEST_PROGRAM. */
const PROGRAM = `
const pulumi = require('@pulumi/pulumi');
const rabbitmq = require('@pulumi/rabbitmq');
const { endpoint, login, vhost, queue, isBound, ttl, user } = JSON.parse(process.env.TEST_PROGRAM);
const provider = new rabbitmq.Provider('broker', { endpoint, ...login });
const options = { provider };
if (queue) {
  const settings = { durable: true, argumentsJson: JSON.stringify({ 'x-message-ttl': ttl }) };
  const made = new rabbitmq.Queue('queue', { name: queue, vhost, settings }, { provider, deleteBeforeReplace: true });
  const ends = { vhost, source: 'amq.direct', destination: queue, destinationType: 'queue', routingKey: 'k' };
  if (isBound) new rabbitmq.Binding('binding', ends, { provider, dependsOn: [made] });
}
if (user) new rabbitmq.User('user', { name: user, password: 'as-the-program-says' }, options);
`;

interface Values {
  readonly endpoint?: string;
  readonly vhost?: string;
  readonly queue?: string;
  readonly isBound?: boolean;
  readonly ttl?: number;
  readonly user?: string;
}

const HANG_MS = 25_000;

withBroker(
  'on purpose',
  (rig) => {
    const scratch = scratchOn(rig);
    const reason = missingEngine() ?? (bridgedPlugin() === undefined ? MISSING_BRIDGED : undefined);

    describe.each(['ours', 'bridged'] as const)('%s', (whose) => {
      let project: SmallProject;
      let workspace: PulumiWorkspace;
      const isOurs = whose === 'ours';
      const variables = (values: Values): NodeJS.ProcessEnv => ({
        ...(isOurs ? {} : bridgedEnvironment()),
        TEST_PROGRAM: JSON.stringify({
          ...{ endpoint: endpointOf(rig), login: { username: rig.username, password: rig.password } },
          ...{ ttl: 3_600_000, ...values },
        }),
      });
      const run = (args: readonly string[], values: Values): Promise<PulumiRun> =>
        workspace.run(args, variables(values));
      const up = (values: Values): Promise<PulumiRun> => run(['up', '--yes', '--skip-preview'], values);
      const messagesIn = async (vhost: string, queue: string): Promise<number | 'no queue'> => {
        const taken = `queues/${encodeURIComponent(vhost)}/${encodeURIComponent(queue)}/get`;
        const ask = { count: 10, ackmode: 'ack_requeue_true', encoding: 'auto' };
        return callManagement<unknown[]>(rig, 'POST', taken, ask).then(
          (messages) => messages.length,
          () => 'no queue' as const,
        );
      };

      beforeEach(async ({ skip }) => {
        if (reason !== undefined) skip(reason);
        project = smallProject(PROGRAM);
        project.usePlugins(isOurs ? ['rabbitmq'] : []);
        workspace = new PulumiWorkspace({ stack: 'test', projectFolder: project.folder });
        const made = await workspace.init();
        expect(made.exitCode, made.output).toBe(0);
      });
      afterEach(() => {
        if (reason !== undefined) return;
        workspace.dispose();
        project.dispose();
      });

      it(isOurs ? 'a changed TTL keeps the messages' : 'a changed TTL drops the messages', async () => {
        const vhost = await scratch.vhost();
        expect((await up({ vhost, queue: 'q' })).exitCode).toBe(0);
        await scratch.publish(vhost, 'q', 5);
        await up({ vhost, queue: 'q', ttl: 7_200_000 });
        expect(await messagesIn(vhost, 'q')).toBe(isOurs ? 5 : 0);
      });

      it(isOurs ? 'a second up changes nothing' : 'a second up replaces queues without a type', async () => {
        const vhost = await scratch.vhost();
        expect((await up({ vhost, queue: 'q' })).exitCode).toBe(0);
        await scratch.publish(vhost, 'q', 5);
        const again = await up({ vhost, queue: 'q' });
        expect(again.output.includes('replaced'), again.output).toBe(!isOurs);
        expect(await messagesIn(vhost, 'q')).toBe(isOurs ? 5 : 0);
      });

      it(isOurs ? 'destroy keeps a queue with messages' : 'destroy takes messages along', async () => {
        const vhost = await scratch.vhost();
        expect((await up({ vhost, queue: 'q' })).exitCode).toBe(0);
        await scratch.publish(vhost, 'q', 5);
        const destroyed = await run(['destroy', '--yes', '--skip-preview'], { vhost, queue: 'q' });
        expect(destroyed.exitCode === 0).toBe(!isOurs);
        expect(await messagesIn(vhost, 'q')).toBe(isOurs ? 5 : 'no queue');
      });

      it.each(['a/b', 'a@b'])(`a queue %s with a binding ${isOurs ? 'works' : 'fails'}`, async (queue) => {
        const values = { vhost: await scratch.vhost(), queue, isBound: true };
        const made = await up(values);
        const refreshed = await run(['refresh', '--yes', '--skip-preview'], values);
        const again = await up(values);
        const works = [made, refreshed, again].every(({ exitCode }) => exitCode === 0);
        const isKept = again.output.includes('unchanged') && !again.output.includes('created');
        const output = [made, refreshed, again].map((ended) => ended.output).join('\n');
        expect(works && isKept, output).toBe(isOurs);
      });

      it(isOurs ? 'a password changed by hand is found' : 'a password changed by hand stays', async () => {
        const user = scratch.user(uniqueName('drift'));
        expect((await up({ user })).exitCode).toBe(0);
        await users.put(brokerOf(rig), { kind: 'user', name: user, tags: [] }, 'changed-by-hand');
        const refreshed = await run(['refresh', '--yes', '--skip-preview'], { user });
        expect(refreshed.exitCode, refreshed.output).toBe(0);
        expect(refreshed.output.includes('1 updated'), refreshed.output).toBe(isOurs);
      });

      it(isOurs ? 'a broker that hangs is told' : 'a broker that hangs makes it hang', async () => {
        const silent = await silentServer();
        try {
          const user = scratch.user(uniqueName('hang'));
          const running = workspace.start(
            'up',
            ['--skip-preview'],
            variables({ endpoint: silent.url, user }),
          );
          const timer = setTimeout(() => {
            running.kill();
          }, HANG_MS);
          const ended = await running.ended;
          clearTimeout(timer);
          expect(ended.output.includes('did not answer within'), ended.output).toBe(isOurs);
          expect(ended.exitCode === null).toBe(!isOurs);
        } finally {
          await silent.stop();
        }
      });
    });
  },
  ['4.3'],
);
