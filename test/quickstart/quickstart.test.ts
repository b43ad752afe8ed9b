/** The README's first command, in a copy of the checkout with a home of its own: up, again, and away. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { committed, copyCheckout } from '../rigs/checkoutCopy';
import { missingEngine } from '../rigs/pulumi';
import { canLogIn } from '../rigs/management';
import { AmqpClient } from '../systems/amqpClient';
import { run, type RunResult } from '../../tools/processes';

const ROOT = path.resolve(__dirname, '../..');
const STACK_FILE = 'stacks/Pulumi.quickstart.yaml';

interface Summary {
  readonly management: string;
  readonly amqp: string;
  readonly user: string;
  readonly password: string;
  readonly vhost: string;
}

const noEngine = missingEngine();

describe.skipIf(noEngine !== undefined)(
  `quickstart${noEngine === undefined ? '' : ` [skipped: ${noEngine}]`}`,
  () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren quickstart-'));
    const checkout = path.join(folder, 'checkout');
    const stateHome = path.join(folder, 'state');
    let first: RunResult;
    let summary: Summary;

    beforeAll(async () => {
      copyCheckout(checkout);
      first = await quickstart('--json');
    });
    afterAll(async () => {
      if (fs.existsSync(stateHome)) await quickstart('--destroy');
      fs.rmSync(folder, { recursive: true, force: true });
    });

    function quickstart(...args: readonly string[]): Promise<RunResult> {
      const env = { ...process.env, XDG_STATE_HOME: stateHome, NO_COLOR: '1' };
      return run(path.join(ROOT, 'node_modules/.bin/tsx'), ['cli/quickstart/main.ts', ...args], {
        cwd: checkout,
        env,
      });
    }

    it('ends well, with one JSON object as its last line', () => {
      expect(first.exitCode, first.output).toBe(0);
      summary = JSON.parse(first.stdout.trimEnd().split('\n').at(-1) ?? '') as Summary;
      expect(summary).toMatchObject({ vhost: 'celery', user: 'warren-admin-g1' });
    });

    it('has proved itself with a message, and shown what is on the broker', () => {
      expect(first.stdout).toMatch(/✓ published a message to \w+ .* it came to default \(x-death: expired\)/);
      expect(first.stdout).toMatch(/✓ guest can’t log in/);
      for (const queue of ['default', 'player_sync', 'recovery']) expect(first.stdout).toContain(queue);
    });

    it('gives a login that works, leaves no message behind, and guest is gone', async () => {
      const managementPort = Number(new URL(summary.management).port);
      const { user: username, password, vhost } = summary;
      expect(await canLogIn({ managementPort, username, password })).toBe(true);
      expect(await canLogIn({ managementPort, username: 'guest', password: 'guest' })).toBe(false);
      const amqpPort = Number(new URL(summary.amqp).port);
      const client = await AmqpClient.open({ amqpPort, username, password, vhost });
      for (const queue of ['default', 'maintenance']) expect(await client.depth(queue)).toBe(0);
      await client.close();
    });

    it('keeps passphrase and state to this user', () => {
      const [own] = fs.readdirSync(path.join(stateHome, 'warren'));
      const state = path.join(stateHome, 'warren', own ?? '');
      expect(fs.statSync(path.join(state, 'passphrase')).mode & 0o777).toBe(0o600);
      expect(fs.statSync(state).mode & 0o777).toBe(0o700);
    });

    it('changes nothing the second time, and says so', async () => {
      const second = await quickstart();
      expect(second.exitCode, second.output).toBe(0);
      expect(second.stdout).toContain('Nothing to change');
      expect(second.stdout).not.toContain(summary.password);
    });

    it('takes everything away again', async () => {
      const destroy = await quickstart('--destroy');
      expect(destroy.exitCode, destroy.output).toBe(0);
      expect(fs.readdirSync(path.join(stateHome, 'warren'))).toEqual([]);
      await expect(fetch(summary.management)).rejects.toThrow();
      const stackFile = (root: string): string => fs.readFileSync(path.join(root, STACK_FILE), 'utf8');
      expect(stackFile(checkout)).toBe(committed(STACK_FILE) ?? stackFile(ROOT));
      const again = await quickstart('--destroy');
      expect(again.exitCode).toBe(0);
      expect(again.stdout).toContain('Nothing to take away');
    });
  },
);
