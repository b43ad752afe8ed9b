/** Before the first test on Kubernetes: a cluster with images, and Pulumi's engine. After the last: their end. */
import type { TestProject } from 'vitest/node' with { 'resolution-mode': 'import' };
import { obtainPulumi } from '../pulumiEngine';
import { NoKubernetes, obtainKubernetes } from './index';
import type { Kubernetes } from './types';

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined where there is none, and none can be had. */
    kubernetes: Kubernetes | undefined;
    missingKubernetesReason: string;
  }
}

/** Called by vitest. Returns what vitest calls at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const pulumi = await obtainPulumi();
  project.provide('engineFolder', pulumi.folder);
  project.provide('missingEngineReason', pulumi.missingReason);
  const say = (text: string) => process.stderr.write(`Kubernetes: ${text}\n`);
  try {
    const { stop, ...kubernetes } = await obtainKubernetes(say);
    project.provide('kubernetes', kubernetes);
    project.provide('missingKubernetesReason', '');
    return stop;
  } catch (error) {
    if (!(error instanceof NoKubernetes)) throw error;
    say(`can't be had here, its tests are skipped: ${error.message}`);
    project.provide('kubernetes', undefined);
    project.provide('missingKubernetesReason', error.message.split('\n')[0] ?? '');
    return () => Promise.resolve();
  }
}
