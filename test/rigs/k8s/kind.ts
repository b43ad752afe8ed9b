/**
 * A cluster that `kind` makes. Nobody has run this part yet: the machines that Warren is made on have no kind, and no
 * registry from which its node image could come. KEDA and the cluster operator are taken as absent there.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { run, tail } from '../../../tools/processes';
import { accessTo } from './access';
import { missingAddons } from './givenCluster';
import { ensureImageArchive } from './images';
import type { TestKubernetes } from './types';

const CREATE_TIMEOUT_MS = 600_000;

/** @throws Error with kind's own words */
export async function startKind(say: (text: string) => void): Promise<TestKubernetes> {
  const name = `warren-${process.pid}`;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-kind-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  const stop = async (): Promise<void> => {
    await run('kind', ['delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig]);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { images, file } = await ensureImageArchive(say);
    say(`kind makes the cluster ${name}`);
    await kind(['create', 'cluster', '--name', name, '--kubeconfig', kubeconfig, '--wait', '120s']);
    const importCommand = ['kind', 'load', 'image-archive', '--name', name];
    await kind([...importCommand.slice(1), file]);
    const access = await accessTo(kubeconfig);
    return {
      kubeconfig,
      context: access.config.currentContext,
      isPrivate: true,
      images,
      importCommand,
      storageClass: 'standard',
      ...(await missingAddons(access)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function kind(args: readonly string[]): Promise<void> {
  const result = await run('kind', args, { timeoutMs: CREATE_TIMEOUT_MS });
  if (result.exitCode === 0) return;
  throw new Error(
    `kind ${args.slice(0, 2).join(' ')} failed: ${tail(result.output, 3).replaceAll('\n', '; ')}`,
  );
}
