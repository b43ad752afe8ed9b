/** How `pulumi up` and the stack's clients reach a cluster of its own on Kubernetes. */
import { AMQP_PORT, POD_SELECTOR, serviceHost } from '../k8s/cluster/names';
import { managementFor, placeOf, type StackFacts } from '../k8s/plan';
import type { KubernetesSettings } from '../k8s/settings';
import { defined } from '../topology/build/values';
import type { Topology } from '../topology/model';
import type { Settings } from './settings';

/** The settings with the cluster's own addresses, where the stack makes one. */
export function withOwnKubernetes(settings: Settings, topology: Topology): Settings {
  const { kubernetes } = settings;
  const cluster = kubernetes?.cluster;
  if (kubernetes === undefined || cluster === undefined) return settings;
  const { connection } = settings;
  const facts = factsOf(settings, kubernetes, topology);
  const { namespace } = placeOf(facts);
  const own = managementFor(facts);
  const tls = topology.broker?.tls;
  const amqp =
    tls === undefined
      ? `amqp://${serviceHost(namespace)}:${AMQP_PORT}`
      : `amqps://${serviceHost(namespace)}:${tls.port}`;
  const { kubeconfig, context } = kubernetes;
  const { access } = cluster;
  const way =
    access === 'portForward'
      ? {
          endpoint: own,
          portForward: {
            ...(kubeconfig === undefined ? {} : { kubeconfig }),
            ...(context === undefined ? {} : { context }),
            namespace,
            selector: Object.entries(POD_SELECTOR)
              .map(([name, value]) => `${name}=${value}`)
              .join(','),
          },
          // The API server leads to the pod itself, and proves who it is: the node's certificate has nothing to add, and
          // is made by this very `up`.
          ...(tls === undefined ? {} : { insecure: true }),
        }
      : { endpoint: access === 'inside' ? own : access.endpoint };
  return {
    ...settings,
    amqp: settings.amqp ?? amqp,
    connection: { ...connection, ...way },
  };
}

/** As the stack's settings and its topology have them. */
export function factsOf(
  { project, stack, amqp, connection }: Settings,
  kubernetes: KubernetesSettings,
  topology: Topology,
): StackFacts {
  const { endpoint, endpoints, cacertFile, clientcertFile, insecure, scalerClientcertFile } = connection;
  return {
    project,
    stack,
    kubernetes,
    topology,
    endpoint,
    ...defined({ endpoints, amqp, cacertFile, clientcertFile, insecure, scalerClientcertFile }),
  };
}
