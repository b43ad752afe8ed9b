/**
 * The Kubernetes of the tests: the one that WARREN_TEST_KUBECONFIG names, else one that `kind` makes where it and a
 * Docker Engine are, else one of our own.
 */
import * as path from 'node:path';
import { findProgram } from '../../../tools/processes';
import { ownUsrObstacle } from '../namespace';
import { startAddons } from './addons';
import { givenCluster } from './givenCluster';
import { ensureImageArchive } from './images';
import { startKind } from './kind';
import { startPrivateCluster } from './privateCluster';
import { ensurePrograms, type Programs } from './programs';
import { ensureNodeTree } from './trees';
import type { TestKubernetes } from './types';
import { startProvisioner, STORAGE_CLASS } from './volumes';

/** There is none, and none can be had on this machine, which is no fault of anybody's. */
export class NoKubernetes extends Error {}

/** @throws NoKubernetes with the reason; Error where one is to be had and doesn't work */
export async function obtainKubernetes(say: (text: string) => void): Promise<TestKubernetes> {
  const given = process.env.WARREN_TEST_KUBECONFIG ?? '';
  if (given !== '') return givenCluster(given, say);
  if (findProgram('kind') !== undefined && findProgram('docker') !== undefined) return startKind(say);
  say('no WARREN_TEST_KUBECONFIG, no kind: starting a Kubernetes of our own');
  return startOwn(say);
}

async function startOwn(say: (text: string) => void): Promise<TestKubernetes> {
  const { archive, tree, programs } = await obtainParts(say).catch((error: unknown) => {
    throw new NoKubernetes(error instanceof Error ? error.message : String(error));
  });
  const cluster = await startPrivateCluster(tree, programs);
  const provisioner = await startProvisioner(cluster.access, path.join(cluster.folder, 'volumes'));
  const stop = async (): Promise<void> => {
    await provisioner.stop();
    await cluster.stop();
  };
  try {
    await cluster.importImages(archive.file);
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
      ...missingFurther(programs),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function missingFurther({
  certManager,
  metricsServer,
}: Programs): Pick<TestKubernetes, 'missingCertManager' | 'missingMetrics'> {
  const reason = (name: string): string =>
    `WARREN_TEST_K8S_ADDONS doesn't name ${name}, which takes minutes to build`;
  return {
    missingCertManager: certManager === undefined ? reason('cert-manager') : '',
    missingMetrics: metricsServer === undefined ? reason('metrics-server') : '',
  };
}

/** One after the other: each makes use of all processors. */
async function obtainParts(say: (text: string) => void) {
  const obstacle = ownUsrObstacle();
  if (obstacle !== undefined) throw new Error(`a Kubernetes of our own can't run here: ${obstacle}`);
  const archive = await ensureImageArchive(say);
  const tree = await ensureNodeTree(say);
  return { archive, tree, programs: await ensurePrograms(say) };
}
