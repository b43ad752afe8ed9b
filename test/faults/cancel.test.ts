/**
 * Ctrl-C while the broker hangs. The limits are set to ten minutes, far beyond those of the test: what ends before has
 * been ended by the signal.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { resetBroker, withBroker } from '../rigs/brokers';
import { callManagement } from '../rigs/management';
import { PulumiWorkspace, type KillableRun } from '../rigs/pulumi';
import { InterceptingProxy } from './interceptingProxy';

const TOPOLOGY = `warren: 1
vhosts:
  shop:
    queues: { a: , b: , c: , d: }
`;
const PATIENT = { WARREN_REQUEST_TIMEOUT: '10m', WARREN_RETRY_BUDGET: '10m' };
const QUEUES = /^\/api\/queues\/shop\/./;
const WAIT_MS = 60_000;

withBroker(
  'cancelled',
  (broker) => {
    let proxy: InterceptingProxy;
    let workspace: PulumiWorkspace;
    /** Says that a request hangs. */
    let hangs: Promise<void>;

    beforeAll(async () => {
      proxy = await InterceptingProxy.start(broker.managementPort);
    });
    afterAll(() => proxy.stop());
    beforeEach(async () => {
      await resetBroker(broker);
      workspace = new PulumiWorkspace({ stack: 'test' });
      const topology = path.join(workspace.folder, 'topology.yaml');
      fs.writeFileSync(topology, TOPOLOGY);
      const endpoint = `http://127.0.0.1:${proxy.port}`;
      await workspace.initWithSeed({ topology, target: broker.version, endpoint });
      hangs = new Promise((resolve) => {
        // The broker does it; nobody ever hears so.
        proxy.break(QUEUES, async (_response, ask) => {
          await ask();
          resolve();
        });
      });
    });
    afterEach(() => {
      proxy.heal();
      workspace.dispose();
    });

    async function expectGoesOn(): Promise<void> {
      proxy.heal();
      const again = await workspace.up();
      expect(again.exitCode, again.output).toBe(0);
      const queues = await callManagement<{ name: string }[]>(broker, 'GET', 'queues/shop');
      expect(queues.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'd']);
    }

    const locks = (): readonly string[] =>
      fs
        .readdirSync(path.join(workspace.folder, 'state', '.pulumi'), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.startsWith('locks/') && name.endsWith('.json'));

    /** Everything that was started for this workspace has its folder in its environment. */
    const expectNobodyLeft = async (kind = ''): Promise<void> => {
      const left = (): readonly string[] =>
        commandsOf(workspace.folder).filter((line) => line.includes(kind));
      await waitFor(() => (left().length === 0 ? true : undefined), WAIT_MS);
      expect(left()).toEqual([]);
    };

    const ways: readonly [string, 'pulumi' | 'warren', (run: KillableRun) => void, number][] = [
      ['pulumi up, Ctrl-C', 'pulumi', (run) => run.interrupt(), 1],
      ['warren up, Ctrl-C', 'warren', (run) => run.interrupt(), 130],
      ['warren up, SIGINT of a CI runner', 'warren', (run) => run.signal('SIGINT'), 130],
      ['warren up, SIGTERM of a supervisor', 'warren', (run) => run.signal('SIGTERM'), 130],
    ];
    it.each(ways)('%s', async (_title, command, stop, exitCode) => {
      const running =
        command === 'pulumi'
          ? workspace.start('up', [], PATIENT)
          : workspace.startWarren(['up', '--yes'], PATIENT);
      await hangs;
      const startMs = performance.now();
      stop(running);
      const { exitCode: actual, output } = await running.ended;
      process.stderr.write(
        `${_title}: ended ${Math.round(performance.now() - startMs)} ms after the signal\n`,
      );
      expect(actual, output).toBe(exitCode);
      expect(output).toMatch(/Cancelled: .*queue "[abcd]" in vhost "shop"/);
      expect(output).not.toMatch(/\n\s+at /);
      expect(locks()).toEqual([]);
      await expectNobodyLeft();
      await expectGoesOn();
    });

    it('a second signal, and a third', async () => {
      const running = workspace.start('up', [], PATIENT);
      await hangs;
      for (let count = 0; count < 3; count++) running.signal('SIGINT');
      expect((await running.ended).exitCode).not.toBe(0);
      await expectNobodyLeft();
      // Ended in the middle of its work, it may have left its lock.
      if (locks().length > 0) await workspace.clearLock();
      await expectGoesOn();
    });

    it('SIGKILL for the engine: its providers end by themselves', async () => {
      const running = workspace.start('up', [], PATIENT);
      await hangs;
      running.kill('engine');
      // Pulumi's own processes that run the program may stay a while: they hold nothing.
      await expectNobodyLeft('pulumi-resource-');
      await workspace.clearLock();
      await expectGoesOn();
    });
  },
  ['4.3'],
);

/** Of the living processes that have this folder in their environment. */
function commandsOf(folder: string): readonly string[] {
  const read = (pid: string, file: string): string => {
    try {
      return fs.readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      return ''; // gone
    }
  };
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => read(pid, 'environ').includes(folder))
    .map((pid) => `${pid} ${read(pid, 'cmdline').replaceAll('\0', ' ')}`);
}
