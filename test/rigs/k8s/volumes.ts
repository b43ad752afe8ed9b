/**
 * Persistent volumes of a cluster of our own: a StorageClass with dynamic provisioning, as clusters in use have one. A
 * volume is a folder of this machine; the node's kubelet gives it to the group of a pod's `fsGroup`.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { V1PersistentVolumeClaim } from '@kubernetes/client-node' with { 'resolution-mode': 'import' };
import type { Access } from './access';
import { create } from './manifests';
import { NODE_NAME } from './node';

export const STORAGE_CLASS = 'warren-local';
const PROVISIONER = 'warren.invalid/local';
/** Set by the scheduler: from then on, a claim that waits for its first pod may have its volume. */
const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const LOOK_INTERVAL_MS = 250;

export interface Provisioner {
  stop(): Promise<void>;
}

const CLASS = `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: ${STORAGE_CLASS}
  annotations: { storageclass.kubernetes.io/is-default-class: 'true' }
provisioner: ${PROVISIONER}
volumeBindingMode: WaitForFirstConsumer
reclaimPolicy: Delete
# Nobody makes them larger; the API server takes it that somebody will.
allowVolumeExpansion: true
`;

/** @param folder gets the volumes */
export async function startProvisioner(access: Access, folder: string): Promise<Provisioner> {
  await create(access, CLASS);
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  const look = (): void => {
    round = provide(access, folder)
      // The API server may be away for a moment; the next look sees what this one did not.
      .catch(() => undefined)
      .then(() => {
        if (!isStopped) timer = setTimeout(look, LOOK_INTERVAL_MS);
      });
  };
  look();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await round;
    },
  };
}

async function provide(access: Access, folder: string): Promise<void> {
  const api = access.core;
  const claims = await api.listPersistentVolumeClaimForAllNamespaces();
  const volumes = await api.listPersistentVolume();
  const names = new Set(volumes.items.map(({ metadata }) => metadata?.name));
  for (const claim of claims.items) {
    const { metadata, spec, status } = claim;
    const isOurs = spec?.storageClassName === STORAGE_CLASS && status?.phase === 'Pending';
    const isDue = metadata?.annotations?.[SELECTED_NODE] !== undefined;
    if (isOurs && isDue && !names.has(volumeName(claim))) await createVolume(access, folder, claim);
  }
  for (const { metadata, status } of volumes.items) {
    const name = metadata?.name;
    const isOurs = metadata?.annotations?.[PROVISIONED_BY] === PROVISIONER;
    if (name === undefined || !isOurs || status?.phase !== 'Released') continue;
    await api.deletePersistentVolume({ name });
    fs.rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

function volumeName({ metadata }: V1PersistentVolumeClaim): string {
  return `pvc-${metadata?.uid ?? ''}`;
}

async function createVolume(access: Access, folder: string, claim: V1PersistentVolumeClaim): Promise<void> {
  const name = volumeName(claim);
  const place = path.join(folder, name);
  fs.mkdirSync(place, { recursive: true });
  await create(
    access,
    `
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name}, annotations: { ${PROVISIONED_BY}: ${PROVISIONER} } }
spec:
  capacity: { storage: ${claim.spec?.resources?.requests?.storage ?? '1Gi'} }
  accessModes: [${claim.spec?.accessModes?.join() ?? 'ReadWriteOnce'}]
  persistentVolumeReclaimPolicy: Delete
  storageClassName: ${STORAGE_CLASS}
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    namespace: ${claim.metadata?.namespace ?? ''}
    name: ${claim.metadata?.name ?? ''}
    uid: ${claim.metadata?.uid ?? ''}
  local: { path: ${JSON.stringify(place)} }
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions: [{ key: kubernetes.io/hostname, operator: In, values: [${NODE_NAME}] }]
`,
  );
}
