/** The engine itself on small programs of our own: what only shows when Pulumi decides about create and delete. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as bindings from '../../broker/kinds/bindings';
import * as exchanges from '../../broker/kinds/exchanges';
import { firstLook } from '../../broker/figures/queueCounts';
import * as queues from '../../broker/kinds/queues';
import { canLogIn } from '../../broker/figures/overview';
import * as users from '../../broker/kinds/users';
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
  readonly lengthMax?: number;
}

const PROGRAM = `
const pulumi = require('@pulumi/pulumi');
const rabbitmq = require('@pulumi/rabbitmq');
const { endpoint, login, vhost: name, user, lengthMax = 5 } = JSON.parse(process.env.TEST_PROGRAM);
const provider = new rabbitmq.Provider('broker', { endpoint, ...login, password: pulumi.secret(login.password) });
const vhost = new rabbitmq.VHost('vhost', { name }, { provider });
const options = { provider, dependsOn: [vhost] };
new rabbitmq.User('user', { name: user, password: '${PASSWORD}', tags: ['monitoring'] }, options);
const settings = { durable: true, arguments: { 'x-max-length': lengthMax } };
const queue = new rabbitmq.Queue('queue', { name: 'q', vhost: name, settings }, options);
const ends = { vhost: name, source: 'amq.topic', destination: 'q', destinationType: 'queue', routingKey: 'k' };
new rabbitmq.Binding('binding', ends, { provider, dependsOn: [queue] });
`;

const UP = ['up', '--yes', '--skip-preview'];

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
      const result = await run(UP, program, env);
      expect(result.exitCode, result.output).toBe(0);
      return result.output;
    };

    it('creates, changes nothing the second time, and destroys', async () => {
      const program = await values();
      const created = await run(['up', '--yes'], program); // with its preview
      expect(created.exitCode, created.output).toBe(0);
      expect(await up(program)).toMatch(/6 unchanged/);
      const destroyed = await run(['destroy', '--yes'], program);
      expect(destroyed.exitCode, destroyed.output).toBe(0);
      expect(await users.read(brokerOf(rig), program.user)).toBeUndefined();
    });

    it('a changed argument recreates the queue with its messages and bindings, and is refused where they would not fit', async () => {
      const program = await values();
      const { vhost } = program;
      await up(program);
      await scratch.publish(vhost, 'q', 3);
      const broker = brokerOf(rig);
      const refused = await run(UP, { ...program, lengthMax: 2 });
      expect(refused.exitCode).not.toBe(0);
      expect(refused.output).toContain('3 messages, 0 consumers; the new one takes only 2 (x-max-length)');
      expect(refused.output).toContain(`approve the loss with \`queue q@${vhost}\``);
      expect((await queues.read(broker, vhost, 'q'))?.arguments['x-max-length']).toBe(5);
      await up({ ...program, lengthMax: 6 });
      expect((await queues.read(broker, vhost, 'q'))?.arguments['x-max-length']).toBe(6);
      expect(await bindings.listTo(broker, { vhost, type: 'queue', name: 'q' })).toHaveLength(1);
      expect((await firstLook(broker, vhost, 'q'))?.messages).toBe(3);
      await up({ ...program, lengthMax: 2 }, { WARREN_APPROVE: `queue q@${vhost}` });
      expect((await firstLook(broker, vhost, 'q'))?.messages).toBe(2);
      expect((await exchanges.list(broker, vhost)).filter(({ name }) => name.startsWith('warren.'))).toEqual(
        [],
      );
    });

    it('refresh sees a changed password, and up sets it back', async () => {
      const program = await values();
      await up(program);
      await users.put(brokerOf(rig), { kind: 'user', name: program.user, tags: ['monitoring'] }, 'changed');
      const refreshed = await run(['refresh', '--yes', '--skip-preview'], program);
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
          const failed = await run(UP, { ...program, endpoint });
          expect(failed.exitCode).toBeGreaterThan(0);
          expect(failed.output).toContain(text);
        }
      } finally {
        await silent.stop();
      }
      const wrong = { username: uniqueName('nobody'), password: 'x' };
      const refused = await run(UP, { ...program, login: wrong });
      expect(refused.output).toContain(`does not accept user "${wrong.username}"`);
      await up(program);
      expect(await up(program)).toMatch(/6 unchanged/);
    });
  },
  ['4.3'],
);
