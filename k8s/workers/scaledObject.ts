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

/** What is known beside the login of whoever asks for figures. */
export interface FiguresTls {
  readonly hasAuthority: boolean;
  readonly hasClient: boolean;
}

/** Keys of the Secret with the login for figures, each under the name that KEDA has for it. */
export function figuresKeys({ hasAuthority, hasClient }: FiguresTls): readonly (readonly [string, string])[] {
  return [
    ['username', 'username'],
    ['password', 'password'],
    ...(hasAuthority ? ([['ca', 'ca.crt']] as const) : []),
    ...(hasClient
      ? ([
          ['cert', 'client.crt'],
          ['key', 'client.key'],
        ] as const)
      : []),
    // Without it, KEDA ignores the others.
    ...(hasAuthority || hasClient ? ([['tls', 'tls']] as const) : []),
  ];
}

/** One for all fleets: its user sees the figures of their vhosts. */
export function triggerAuthentication(tls: FiguresTls, place: Place): KubernetesObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'TriggerAuthentication',
    metadata: {
      name: AUTHENTICATION,
      namespace: place.namespace,
      labels: labelsOf(place, AUTHENTICATION, 'scaler'),
    },
    spec: {
      secretTargetRef: figuresKeys(tls).map(([parameter, key]) => ({ parameter, name: FIGURES_SECRET, key })),
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
