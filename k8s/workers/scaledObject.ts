/** A fleet that KEDA scales by the depth of its queues. */
import { DEFAULTS } from '../../scaler/config';
import { templateRegex } from '../../topology/patterns/template';
import type { Worker } from '../../topology/model';
import type { FleetPlan } from '../../platform/fleetPlan';
import { labelsOf, nameFor, type KubernetesObject, type Place } from '../objects';
import type { KedaSettings } from '../settings';
import { FIGURES_SECRET } from './deployment';
import { cooldownSecondsOf, WINDOW_SECONDS_MAX } from './hpa';

export interface ScaledFleet {
  readonly plan: FleetPlan;
  readonly autoscale: NonNullable<Worker['autoscale']>;
  /** Base URL of the management API, as KEDA reaches it. */
  readonly management: string;
  /** `amqp://HOST:PORT`, for who counts by AMQP. */
  readonly amqp: string;
}

export const AUTHENTICATION = 'warren-figures';
const FAILURES = 3;
/** The management API's largest page. */
const PAGE_SIZE = 500;

/** One for all fleets: its user sees the figures of their vhosts. */
export function triggerAuthentication(
  { hasAuthority, hasClient }: { readonly hasAuthority: boolean; readonly hasClient: boolean },
  place: Place,
): KubernetesObject {
  const parameter = (name: string, key: string): object => ({ parameter: name, name: FIGURES_SECRET, key });
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'TriggerAuthentication',
    metadata: {
      name: AUTHENTICATION,
      namespace: place.namespace,
      labels: labelsOf(place, AUTHENTICATION, 'scaler'),
    },
    spec: {
      secretTargetRef: [
        parameter('username', 'username'),
        parameter('password', 'password'),
        ...(hasAuthority ? [parameter('ca', 'ca.crt')] : []),
        ...(hasClient ? [parameter('cert', 'client.crt'), parameter('key', 'client.key')] : []),
        // Without it, KEDA ignores the others.
        ...(hasAuthority || hasClient ? [parameter('tls', 'tls')] : []),
      ],
    },
  };
}

export function scaledObject(
  fleet: ScaledFleet,
  { pollingIntervalMs }: KedaSettings,
  place: Place,
): KubernetesObject {
  const { plan, autoscale } = fleet;
  const name = nameFor(plan.name);
  const cooldownSeconds = cooldownSecondsOf(autoscale);
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, namespace: place.namespace, labels: labelsOf(place, name, 'scaler') },
    spec: {
      scaleTargetRef: { name },
      pollingInterval: Math.ceil(pollingIntervalMs / 1000),
      cooldownPeriod: cooldownSeconds,
      minReplicaCount: plan.replicasMin,
      maxReplicaCount: plan.replicasMax,
      // While the broker can't be asked, the work goes on.
      fallback: { failureThreshold: FAILURES, replicas: Math.max(plan.replicasMin, 1) },
      advanced: {
        horizontalPodAutoscalerConfig: {
          behavior: {
            scaleUp: {
              stabilizationWindowSeconds: 0,
              policies: [{ type: 'Percent', value: 900, periodSeconds: 15 }],
            },
            scaleDown: { stabilizationWindowSeconds: Math.min(cooldownSeconds, WINDOW_SECONDS_MAX) },
          },
        },
      },
      triggers: [trigger(fleet)],
    },
  };
}

/** By HTTP messages in work count, too: a fleet never goes to zero while a task is done. */
function trigger({ plan, autoscale, management, amqp }: ScaledFleet): object {
  const value = String(autoscale.messagesPerReplica ?? DEFAULTS.messagesPerReplica);
  const common = { vhostName: plan.vhost, mode: 'QueueLength', value };
  const [only] = plan.allQueues;
  const isOne = plan.allQueues.length === 1 && only !== undefined && !only.includes('{');
  if (autoscale.protocol === 'amqp' && isOne) {
    return of({ ...common, protocol: 'amqp', host: amqp, queueName: only });
  }
  const byHttp = { ...common, protocol: 'http', host: hostOf(management) };
  // In a path, KEDA makes a plus of a space, and RabbitMQ knows no such queue; in a query both mean the same.
  if (isOne && !only.includes(' ')) return of({ ...byHttp, queueName: only });
  return of({
    ...byHttp,
    queueName: plan.allQueues.map(templateRegex).join('|'),
    useRegex: 'true',
    operation: 'sum',
    pageSize: String(PAGE_SIZE),
  });
}

/** KEDA takes what stands behind the last slash of a path for a vhost, and drops it. */
function hostOf(management: string): string {
  return new URL(management).pathname === '/' ? management : `${management}/`;
}

function of(metadata: Readonly<Record<string, string>>): object {
  return { type: 'rabbitmq', metadata, authenticationRef: { name: AUTHENTICATION } };
}
