/** The engine itself on small programs of our own: what only shows when Pulumi decides about create and delete. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as bindings from '../../broker/bindings';
import * as queues from '../../broker/queues';
import { canLogIn } from '../../broker/overview';
import * as users from '../../broker/users';
import { brokerOf, endpointOf, scratchOn, uniqueName } from '../broker/realBroker';
import { closedPort, silentServer } from '../broker/servers';
import { withBroker } from '../rigs/brokers';
import { smallProject, type SmallProject } from '../rigs/project';
import { PulumiWorkspace, missingEngine } from '../rigs/pulumi';

const PASSWORD = 'a-password-nobody-may-see';

interface ProgramValues {
  readonly endpoint: string;
  readonly login: { readonly username: string; readonly password: string };
  readonly vhost: string;
  readonly user: string;
  /** Added to every logical name. */
  readonly suffix?: string;
  readonly lengthMax?: number;
}

const PROGRAM = `
const pulumi = require('@pulumi/pulumi');
const rabbitmq = require('@pulumi/rabbitmq');
const { endpoint, login, vhost: name, user, suffix = '', lengthMax = 5 } = JSON.parse(process.env.TEST_PROGRAM);
const provider = new rabbitmq.Provider('broker', { endpoint, ...login, password: pulumi.secret(login.password) });
const vhost = new rabbitmq.VHost('vhost' + suffix, { name }, { provider });
const options = { provider, dependsOn: [vhost] };
new rabbitmq.User('user' + suffix, { name: user, password: '${PASSWORD}', tags: ['monitoring'] }, options);
const settings = { durable: true, arguments: { 'x-max-length': lengthMax } };
const queue = new rabbitmq.Queue('queue' + suffix, { name: 'q', vhost: name, settings }, options);
const ends = { vhost: name, source: 'amq.topic', destination: 'q', destinationType: 'queue', routingKey: 'k' };
new rabbitmq.Binding('binding' + suffix, ends, { provider, dependsOn: [queue] });
`;

withBroker(
  'a real pulumi up',
  (rig) => {
    const scratch = scratchOn(rig);
    let project: SmallProject | undefined;
    let pulumi: PulumiWorkspace | undefined;

    beforeEach(async ({ skip }) => {
      const reason = missingEngine();
      if (reason !== undefined) skip(reason);
      project = smallProject(PROGRAM);
      pulumi = new PulumiWorkspace({ stack: 'test', projectFolder: project.folder });
      const made = await pulumi.init();
      expect(made.exitCode, made.output).toBe(0);
    });

    afterEach(() => {
      pulumi?.dispose();
      project?.dispose();
    });

    const values = async (more: Partial<ProgramValues> = {}): Promise<ProgramValues> => ({
      endpoint: endpointOf(rig),
      login: { username: rig.username, password: rig.password },
      vhost: more.vhost ?? (await scratch.vhost()),
      user: scratch.user(),
      ...more,
    });
    const run = async (args: readonly string[], program: ProgramValues, env: NodeJS.ProcessEnv = {}) => {
      const workspace = pulumi;
      if (workspace === undefined) throw new Error('beforeEach makes it');
      const result = await workspace.run(args, { TEST_PROGRAM: JSON.stringify(program), ...env });
      expect(result.output).not.toMatch(/\n\s+at .*\.[jt]s:\d/);
      expect(result.output).not.toContain(PASSWORD);
      expect(workspace.stateText()).not.toContain(PASSWORD);
      return result;
    };
    const up = async (program: ProgramValues, env: NodeJS.ProcessEnv = {}) => {
      const result = await run(['up', '--yes'], program, env);
      expect(result.exitCode, result.output).toBe(0);
      return result.output;
    };

    it('creates, changes nothing the second time, and destroys', async () => {
      const program = await values();
      await up(program);
      expect(await up(program)).toMatch(/6 unchanged/);
      const destroyed = await run(['destroy', '--yes'], program);
      expect(destroyed.exitCode, destroyed.output).toBe(0);
      expect(await users.read(brokerOf(rig), program.user)).toBeUndefined();
    });

    it('other logical names delete nothing on the broker', async () => {
      const program = await values();
      await up(program);
      await scratch.publish(program.vhost, 'q', 2);
      const output = await up({ ...program, suffix: '-renamed' });
      expect(output).toMatch(/4 created[^]*4 deleted/);
      const broker = brokerOf(rig);
      expect(await queues.read(broker, program.vhost, 'q')).toBeDefined();
      expect(await bindings.listOfQueue(broker, program.vhost, 'q')).toHaveLength(1);
      expect(await users.read(broker, program.user)).toBeDefined();
      // The messages are still there: without approval the queue can't go.
      const destroyed = await run(['destroy', '--yes'], program);
      expect(destroyed.exitCode).not.toBe(0);
      expect(destroyed.output).toContain('2 messages, 0 consumers');
    });

    it('a changed argument replaces the queue only when its messages may go, and keeps its bindings', async () => {
      const program = await values();
      await up(program);
      await scratch.publish(program.vhost, 'q');
      const refused = await run(['up', '--yes'], { ...program, lengthMax: 6 });
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain(`approve the loss with \`queue q@${program.vhost}\``);
      expect((await queues.read(brokerOf(rig), program.vhost, 'q'))?.arguments['x-max-length']).toBe(5);
      await up({ ...program, lengthMax: 6 }, { WARREN_APPROVE: `queue q@${program.vhost}` });
      expect((await queues.read(brokerOf(rig), program.vhost, 'q'))?.arguments['x-max-length']).toBe(6);
      expect(await bindings.listOfQueue(brokerOf(rig), program.vhost, 'q')).toHaveLength(1);
    });

    it('refresh sees a changed password, and up sets it back', async () => {
      const program = await values();
      await up(program);
      await users.put(brokerOf(rig), { kind: 'user', name: program.user, tags: ['monitoring'] }, 'changed');
      const refreshed = await run(['refresh', '--yes'], program);
      expect(refreshed.output).toMatch(/1 updated/);
      expect(await up(program)).toMatch(/1 updated/);
      const login = { username: program.user, password: PASSWORD };
      expect(await canLogIn(brokerOf(rig, login))).toBe(true);
    });

    it('a broker that is away or hangs: one message, and a plain rerun works', async () => {
      const program = await values();
      const silent = await silentServer();
      try {
        for (const [endpoint, text] of [
          [`http://127.0.0.1:${await closedPort()}`, 'nothing accepts connections there'],
          [silent.url, 'did not answer within 15 s'],
        ] as const) {
          const failed = await run(['up', '--yes'], { ...program, endpoint });
          expect(failed.exitCode).toBeGreaterThan(0);
          expect(failed.output).toContain(text);
        }
      } finally {
        await silent.stop();
      }
      const wrong = { username: uniqueName('nobody'), password: 'x' };
      const refused = await run(['up', '--yes'], { ...program, login: wrong });
      expect(refused.output).toContain(`does not accept user "${wrong.username}"`);
      await up(program);
      expect(await up(program)).toMatch(/6 unchanged/);
    });
  },
  ['4.3'],
);
