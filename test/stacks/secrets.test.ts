/** The passwords and the seed stand in plain text nowhere: not in what is printed, logged, kept or configured. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resetBroker, withBroker } from '../rigs/brokers';
import { PulumiWorkspace, TEST_SEED } from '../rigs/pulumi';

const EXAMPLE = path.resolve(__dirname, '../../topology/examples/celery-django.yaml');

interface Outputs {
  readonly admin: { readonly password: string };
  readonly users: Readonly<Record<string, { readonly password: string }>>;
}

withBroker(
  'secrets',
  (broker) => {
    let workspace: PulumiWorkspace;
    let secrets: Record<string, string>;
    const printed: string[] = [];

    beforeAll(async () => {
      await resetBroker(broker);
      workspace = new PulumiWorkspace({ stack: 'test' });
      await workspace.initWithSeed({
        topology: EXAMPLE,
        target: broker.version,
        endpoint: `http://127.0.0.1:${broker.managementPort}`,
      });
      for (const command of ['preview', 'up', 'refresh', 'up'] as const) {
        const run = await workspace[command]('--diff');
        expect(run.exitCode).toBe(0);
        printed.push(run.output);
      }
      const { admin, users } = (await workspace.outputs()) as unknown as Outputs;
      secrets = {
        seed: TEST_SEED,
        admin: admin.password,
        ...Object.fromEntries(Object.entries(users).map(([name, user]) => [name, user.password])),
      };
    });
    afterAll(() => {
      workspace.dispose();
    });

    it('would be found where they are shown on purpose', async () => {
      const shown = JSON.stringify(await workspace.outputs());
      for (const name of ['admin', 'celery', 'celery-monitor']) expect(shown).toContain(secrets[name]);
    });

    it('are not printed', () => {
      expect(leaks(secrets, printed.join('\n'))).toEqual([]);
    });

    it('are in no file: state, history, configuration, Pulumi’s home', () => {
      const files = fs
        .readdirSync(workspace.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.join(entry.parentPath, entry.name));
      expect(files.length).toBeGreaterThan(3);
      const found = files.flatMap((file) =>
        leaks(secrets, fs.readFileSync(file, 'utf8')).map((name) => `${name} in ${file}`),
      );
      expect(found).toEqual([]);
    });
  },
  ['4.3'],
);

/** Names of the secrets that a text holds, also in base64 or percent-encoded. */
function leaks(secrets: Readonly<Record<string, string>>, text: string): string[] {
  return Object.entries(secrets)
    .filter(([, secret]) =>
      [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').replace(/=+$/, '')].some(
        (form) => text.includes(form),
      ),
    )
    .map(([name]) => name);
}
