/** Claims of volumes: bound, unless that waits for the first pod that uses it. */
import { find, type Kind } from '../../../../kubernetesApi/objects';
import { isClusterError } from '../../../../kubernetesApi/errors';
import { READY, failed, waitingFor, type Await, type Looker } from './look';
import { warningsAbout } from './pods';

const STORAGE_CLASS: Kind = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  isNamespaced: false,
};

interface Claim {
  readonly spec: { readonly storageClassName?: string };
  readonly status?: { readonly phase?: string };
}

export const claim: Await = async (looker, live) => {
  const { spec, status } = live as unknown as Claim;
  if (status?.phase === 'Bound') return READY;
  if (status?.phase === 'Lost') return failed('its volume is gone');
  if (await isBoundLater(looker, spec.storageClassName)) return READY;
  return waitingFor(
    'no volume is bound to it yet',
    ...(await warningsAbout(looker, live.metadata)).slice(-1),
  );
};

async function isBoundLater({ cluster }: Looker, name: string | undefined): Promise<boolean> {
  if (name === undefined || name === '') return false;
  try {
    const found = await find(cluster, { kind: STORAGE_CLASS, namespace: undefined, name });
    return found?.volumeBindingMode === 'WaitForFirstConsumer';
  } catch (error) {
    // Classes belong to the cluster: not everybody may read them.
    if (isClusterError(error, 'forbidden')) return false;
    throw error;
  }
}
