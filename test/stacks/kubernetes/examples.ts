/** Manifests of the example topologies, in each way that a stack may have them. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { manifestsOf, type Manifests } from '../../../k8s/manifests';
import type { StackFacts } from '../../../k8s/plan';
import type { OwnWay } from '../../../platform/management';
import { readKubernetesSettings, type KubernetesSettings } from '../../../k8s/settings';
import { load } from '../../../topology/index';
import type { Topology } from '../../../topology/model';
import type { BrokerObject } from '../../../topology/objects';

const EXAMPLES = path.resolve(__dirname, '../../../topology/examples');

export function topologyOf(text: string, file = 'test.yaml'): Topology {
  const { topology, diagnostics } = load(text, file);
  if (topology === undefined) throw new Error(JSON.stringify(diagnostics));
  return topology;
}

/** What a stack says of a broker that is there already. */
export type BrokerFacts = Partial<Pick<StackFacts, 'endpoint' | 'endpoints' | 'amqp' | keyof OwnWay>>;

export function factsFor(
  topology: Topology,
  kubernetes: KubernetesSettings,
  broker: BrokerFacts = {},
): StackFacts {
  return {
    project: 'warren',
    stack: 'test',
    kubernetes,
    topology,
    endpoint: 'http://broker:15672',
    amqp: 'amqp://broker:5672',
    ...broker,
  };
}

export function manifestsFor(
  topology: Topology,
  kubernetes: object,
  objects: readonly BrokerObject[] = [],
  broker: BrokerFacts = {},
  warn: (text: string) => void = () => undefined,
): Manifests {
  return manifestsOf(factsFor(topology, readKubernetesSettings(kubernetes), broker), objects, warn);
}

const WORKERS = { '*': { image: 'worker:1' } };
const STACKS: Readonly<Record<string, object>> = {
  'by the operator': { cluster: {}, workers: WORKERS },
  'by a StatefulSet': {
    cluster: {
      ...{ by: 'statefulSet', antiAffinity: 'required', service: 'LoadBalancer' },
      networkPolicy: { cidrs: ['203.0.113.0/24', '2001:db8::/32'] },
    },
    workers: WORKERS,
  },
  'with cert-manager, and no KEDA': {
    cluster: {
      ...{ tls: { issuer: 'ca', ca: 'ca.pem' }, storageClass: 'fast', imagePullSecrets: ['pull'] },
      service: 'NodePort',
    },
    keda: false,
    workers: {
      '*': { image: 'worker:1', memory: '512Mi', writable: true, probe: ['true'], runAsUser: 1000 },
    },
  },
  'for a broker that is there': { createNamespace: false, workers: WORKERS },
};

export interface Example {
  readonly name: string;
  readonly topology: Topology;
  readonly manifests: Manifests;
}

export const EXAMPLES_ON_KUBERNETES: readonly Example[] = fs
  .readdirSync(EXAMPLES)
  .filter((file) => file.endsWith('.yaml'))
  .flatMap((file) => {
    const topology = topologyOf(fs.readFileSync(path.join(EXAMPLES, file), 'utf8'), file);
    return Object.entries(STACKS).map(([way, kubernetes]) => ({
      name: `${file} ${way}`,
      topology,
      manifests: manifestsFor(topology, kubernetes),
    }));
  });
