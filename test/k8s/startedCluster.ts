/** Starts a cluster and stays, for a test that kills it. Prints the cluster's folder, and process 1 of its namespace. */
import { startPrivateCluster } from '../rigs/k8s/privateCluster';
import { ensurePrograms } from '../rigs/k8s/programs';
import { ensureNodeTree } from '../rigs/k8s/trees';

async function main(): Promise<void> {
  const say = (text: string): boolean => process.stderr.write(`${text}\n`);
  const cluster = await startPrivateCluster(await ensureNodeTree(say), await ensurePrograms(say));
  process.stdout.write(`${JSON.stringify({ folder: cluster.folder, first: cluster.node.firstProcess })}\n`);
}

void main();
