/** The cluster that the other tests run on is what they take it for. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { forward, type Forward } from './forward';
import { kubernetes, openScratch, titled, type Scratch } from './scratch';

const WEB = (image: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: web
      image: ${image}
      command: [sh, -c, 'mkdir /web && echo served >/web/index.html && exec httpd -f -p 8080 -h /web']
      readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
`;

/** A pod that runs to its end, as a user without rights of its own. */
const TASK = (name: string, image: string, script: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  securityContext: { runAsUser: 999, fsGroup: 999 }
  containers:
    - { name: task, image: '${image}', command: [sh, -c, ${JSON.stringify(script)}], volumeMounts: [{ name: data, mountPath: /data }] }
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
`;

const CLAIM = (storageClass: string): string => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec:
  accessModes: [ReadWriteOnce]
  ${storageClass === '' ? '' : `storageClassName: ${storageClass}`}
  resources: { requests: { storage: 16Mi } }
`;

describe.skipIf(inject('kubernetes') === undefined)(titled('the cluster of the tests'), () => {
  let scratch: Scratch;
  beforeAll(async () => {
    scratch = await openScratch();
    await scratch.create(WEB(kubernetes().images.busybox));
    await scratch.create(CLAIM(kubernetes().storageClass));
  });
  afterAll(() => scratch.clear());

  const phaseOf = async (name: string): Promise<string | undefined> => {
    const pod = await scratch.access.core.readNamespacedPod({ namespace: scratch.namespace, name });
    return pod.status?.phase;
  };
  const logOf = (name: string): Promise<string> =>
    scratch.access.core.readNamespacedPodLog({ namespace: scratch.namespace, name });
  const isReady = async (name: string): Promise<boolean> => {
    const pod = await scratch.access.core.readNamespacedPod({ namespace: scratch.namespace, name });
    return pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  };

  it('has a node that is ready', async () => {
    const { items } = await scratch.access.core.listNode();
    const conditions = items.flatMap(({ status }) => status?.conditions ?? []);
    expect(conditions.filter(({ type }) => type === 'Ready')).toMatchObject([{ status: 'True' }]);
  });

  it('lets pods reach a Service by its name, and keeps what they write to a volume', async () => {
    await expect.poll(() => isReady('web')).toBe(true);
    const { busybox } = kubernetes().images;
    await scratch.create(TASK('writer', busybox, 'wget -qO- http://web/ | tee /data/page'));
    await expect.poll(() => phaseOf('writer')).toBe('Succeeded');
    expect(await logOf('writer')).toBe('served\n');
    await scratch.create(TASK('reader', busybox, 'cat /data/page; nslookup nowhere; true'));
    await expect.poll(() => phaseOf('reader')).toBe('Succeeded');
    expect(await logOf('reader')).toMatch(/^served\n[^]*NXDOMAIN/);
  });

  it('carries connections from this machine to a pod', async () => {
    await expect.poll(() => isReady('web')).toBe(true);
    const opened: Forward = await forward(scratch.access, scratch.namespace, 'web', 8080);
    const answer = await fetch(`http://127.0.0.1:${opened.port}/`);
    expect(await answer.text()).toBe('served\n');
    opened.close();
  });

  it('removes a volume with its claim', async () => {
    const { core } = scratch.access;
    const volumes = async (): Promise<number> => {
      const { items } = await core.listPersistentVolume();
      return items.filter(({ spec }) => spec?.claimRef?.namespace === scratch.namespace).length;
    };
    await expect.poll(volumes).toBe(1);
    for (const name of ['writer', 'reader'])
      await core.deleteNamespacedPod({ namespace: scratch.namespace, name });
    await core.deleteNamespacedPersistentVolumeClaim({ namespace: scratch.namespace, name: 'data' });
    await expect.poll(volumes).toBe(0);
  });
});
