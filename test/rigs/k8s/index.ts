/**
 * The Kubernetes of the tests: the one that WARREN_TEST_KUBECONFIG names, else one that `kind` makes where it and a
 * Docker Engine are, else one of our own.
 */
import { findProgram } from '../../../tools/processes';
import { startAddons } from './addons';
import { givenCluster } from './givenCluster';
import { ensureImageArchive } from './images';
import { startKind } from './kind';
import { startPrivateCluster } from './privateCluster';
import { ensurePrograms } from './programs';
import { ensureNodeTree } from './trees';
import type { TestKubernetes } from './types';
import { startProvisioner, STORAGE_CLASS } from './volumes';

/** @throws Error with a one-line reason when there is none, and none can be had */
export async function obtainKubernetes(say: (text: string) => void): Promise<TestKubernetes> {
  const given = process.env.WARREN_TEST_KUBECONFIG ?? '';
  if (given !== '') return givenCluster(given, say);
  if (findProgram('kind') !== undefined && findProgram('docker') !== undefined) return startKind(say);
  say('no WARREN_TEST_KUBECONFIG, no kind: starting a Kubernetes of our own');
  return startOwn(say);
}

async function startOwn(say: (text: string) => void): Promise<TestKubernetes> {
  const archive = await ensureImageArchive(say);
  const tree = await ensureNodeTree(say);
  const programs = await ensurePrograms(say);
  const cluster = await startPrivateCluster(tree, programs);
  try {
    await cluster.importImages(archive.file);
    const volumes = `${cluster.folder}/volumes`;
    const provisioner = await startProvisioner(cluster.access, volumes);
    await startAddons(cluster, cluster.access, programs);
    return {
      kubeconfig: cluster.hostKubeconfig,
      context: cluster.context,
      isPrivate: true,
      images: archive.images,
      importCommand: cluster.importCommand,
      storageClass: STORAGE_CLASS,
      missingKeda: '',
      missingOperator: '',
      stop: async () => {
        await provisioner.stop();
        await cluster.stop();
      },
    };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}
