/**
 * The passwords and the seed stand in plain text nowhere: not in what is printed, logged, kept or configured, and not
 * in the arguments of a process; through the whole life of a stack, rotations included.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '../../tools/processes';
import { resetBroker, withBroker } from '../rigs/brokers';
import { PulumiWorkspace, TEST_SEED, type PulumiRun } from '../rigs/pulumi';

const EXAMPLE = path.resolve(__dirname, '../../topology/examples/celery-django.yaml');
const GIVEN = 'a-given-password-Zq81';
const FROM_FILE = 'one-from-a-file-Kx55';
const LOOK_MS = 20;

interface Outputs {
  readonly admin: { readonly password: string };
  readonly users: Readonly<Record<string, { readonly password: string }>>;
}

withBroker(
  'secrets',
  (broker) => {
    let workspace: PulumiWorkspace;
    const secrets: Record<string, string> = { seed: TEST_SEED, given: GIVEN, file: FROM_FILE };
    const printed: string[] = [];
    const watcher = watchArguments();

    beforeAll(async () => {
      await resetBroker(broker);
      workspace = new PulumiWorkspace({ stack: 'test' });
      const topology = path.join(workspace.folder, 'topology.yaml');
      fs.writeFileSync(
        topology,
        `warren: 1\nextends: ${path.relative(workspace.folder, EXAMPLE)}\nusers: { partner: {} }\n`,
      );
      const passwordFile = path.join(workspace.folder, '..', `${path.basename(workspace.folder)}.password`);
      fs.writeFileSync(passwordFile, `${FROM_FILE}\n`);
      await workspace.initWithSeed({
        topology,
        target: broker.version,
        endpoint: `http://127.0.0.1:${broker.managementPort}`,
        passwordSources: { partner: { file: passwordFile } },
      });
      await tell(
        workspace.run(['config', 'set', '--secret', '--path', 'passwords["celery-monitor"]', GIVEN]),
      );
      for (const command of ['preview', 'up', 'refresh'] as const) await tell(workspace[command]('--diff'));
      await note();
      await tell(workspace.warren('rotate', '--user', 'celery', '--user', 'warren-admin', '--dry-run'));
      await tell(workspace.warren('rotate', '--user', 'celery', '--user', 'warren-admin'));
      await note();
      await tell(workspace.warren('rotate', '--user', 'celery', '--now'));
      await note();
      await tell(workspace.warren('refresh', '--yes', '--skip-preview'));
      await tell(workspace.run(['stack', 'output', '--json']));
      fs.rmSync(passwordFile);
    });
    afterAll(() => {
      watcher.stop();
      workspace.dispose();
    });

    async function tell(running: Promise<PulumiRun>): Promise<void> {
      const run = await running;
      expect(run.exitCode, run.output).toBe(0);
      printed.push(run.output);
    }

    /** The logins of this moment. */
    async function note(): Promise<void> {
      const { admin, users } = (await workspace.outputs()) as unknown as Outputs;
      const when = Object.keys(secrets).length;
      secrets[`admin ${when}`] = admin.password;
      for (const [name, { password }] of Object.entries(users)) secrets[`${name} ${when}`] = password;
    }

    it('would be found where they are shown on purpose, in any form', async () => {
      const shown = JSON.stringify(await workspace.outputs());
      expect(new Set(leaks(secrets, shown).map((name) => name.split(' ')[0]))).toEqual(
        new Set(['admin', 'celery', 'celery-monitor', 'given', 'partner', 'file']),
      );
      expect(leaks(secrets, `x${Buffer.from(GIVEN).toString('base64')}x`)).toContain('given');
      const child = spawn('sleep', ['60'], { argv0: `sleep for ${GIVEN}` });
      const isSeen = (): true | undefined =>
        leaks(secrets, watcher.seen()).includes('given') ? true : undefined;
      expect(await waitFor(() => Promise.resolve(isSeen()), 10_000, LOOK_MS)).toBe(true);
      child.kill();
      await once(child, 'close');
      watcher.forget(GIVEN);
    });

    it('are not printed', () => {
      expect(printed.join('\n')).toContain('Rotated: celery-g2');
      expect(leaks(secrets, printed.join('\n'))).toEqual([]);
    });

    it('are in the arguments of no process', () => {
      expect(watcher.seen()).toContain('pulumi');
      expect(leaks(secrets, watcher.seen())).toEqual([]);
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

/** Arguments of all processes of this machine, again and again: what lives shorter than a look is missed. */
function watchArguments(): { seen(): string; forget(word: string): void; stop(): void } {
  let lines = new Set<string>();
  const look = (): void => {
    for (const entry of fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const line = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').replaceAll('\0', ' ');
        // What tests set has been in their own arguments before.
        if (!/ config set(-all)? /.test(line)) lines.add(line);
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  const timer = fs.existsSync('/proc/self/cmdline') ? setInterval(look, LOOK_MS) : undefined;
  return {
    seen: () => [...lines].join('\n'),
    forget: (word) => {
      lines = new Set([...lines].filter((line) => !line.includes(word)));
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}

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
