/** Services and ingresses: somebody answers behind them, and an address is there. */
import { list, type Kind, type KubernetesObject } from '../../../../kubernetesApi/objects';
import { READY, waitingFor, type Await } from './look';
import { warningsAbout } from './pods';

const ENDPOINT_SLICE: Kind = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  isNamespaced: true,
};

interface EndpointSlice {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

interface Service {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>>;
  };
}

export const service: Await = async (looker, live) => {
  const { spec } = live as unknown as Service;
  const reasons: string[] = [];
  if (spec.type === 'LoadBalancer' && !hasAddress(live)) {
    reasons.push(
      'the load balancer has no address yet',
      ...(await warningsAbout(looker, live.metadata)).slice(-1),
    );
  }
  const hasPods = Object.keys(spec.selector ?? {}).length > 0;
  // Members find each other by a headless service before any of them is ready.
  if (hasPods && spec.type !== 'ExternalName' && spec.clusterIP !== 'None') {
    const { name = '', namespace } = live.metadata;
    const query = { labelSelector: `kubernetes.io/service-name=${name}` };
    const slices = await list<EndpointSlice>(looker.cluster, { kind: ENDPOINT_SLICE, namespace }, query);
    const isServed = slices.some(({ endpoints }) =>
      endpoints?.some(({ conditions }) => conditions?.ready !== false),
    );
    if (!isServed) reasons.push('no pod that its selector finds is ready');
  }
  return reasons.length === 0 ? READY : waitingFor(...reasons);
};

export const ingress: Await = async (looker, live) => {
  if (hasAddress(live)) return READY;
  const warnings = await warningsAbout(looker, live.metadata);
  return waitingFor('no ingress controller has given it an address yet', ...warnings.slice(-1));
};

function hasAddress(live: KubernetesObject): boolean {
  const { loadBalancer } = (live.status ?? {}) as {
    readonly loadBalancer?: { readonly ingress?: readonly object[] };
  };
  return (loadBalancer?.ingress ?? []).length > 0;
}
