/** A fleet of workers as Kubernetes' objects: a Deployment, a budget for disruptions, and what its probe reads. */
import type * as pulumi from '@pulumi/pulumi';
import { SECRETS_FOLDER, urlEntrypoint, type FleetPlan } from '../../platform/fleetPlan';
import { isScheduler } from '../../topology/rules/consumers';
import { labelsOf, nameFor, selectorOf, type KubernetesObject, type Place } from '../objects';
import type { WorkerSettings } from '../settings';
import { PROBE_FILE, PROBE_FOLDER, PROBE_LOGIN_FOLDER, probeCommand, probeProgram } from './probe';

export interface DeployedFleet {
  readonly plan: FleetPlan;
  readonly settings: WorkerSettings;
  readonly image: string;
  /** Base URL of the management API as pods reach it, for the probe. */
  readonly management: string;
  /** Changes with the login and the authorities, so that workers are rolled. */
  readonly loginDigest: pulumi.Input<string>;
}

/** Contents of the ConfigMap that all probes of a stack share. */
export const PROBE_MAP = 'warren-probe';
/** The login of somebody who sees figures, and no message: of the probes, and of KEDA. */
export const FIGURES_SECRET = 'warren-figures';
const PROGRESS_SECONDS = 600;
const STARTUP = { periodSeconds: 3, failureThreshold: 100, timeoutSeconds: 10 };
const READINESS = { periodSeconds: 15, failureThreshold: 4, timeoutSeconds: 10 };
/** Restarted when it hasn't consumed for two minutes. */
const LIVENESS = { periodSeconds: 30, failureThreshold: 4, timeoutSeconds: 10 };
const DEFAULT_REQUESTS = { cpu: '100m', memory: '128Mi' };

export function loginSecretOf(fleet: string): string {
  return `${nameFor(fleet)}-login`;
}

/** Whether it asks the broker: a fleet without queues of its own can't be asked for. */
export function isProbed({ plan, settings }: Pick<DeployedFleet, 'plan' | 'settings'>): boolean {
  const { probe = 'consuming' } = settings;
  return probe === 'consuming' && plan.queues.length > 0;
}

/** Celery beat sends each task as often as there are processes of it. */
export function isSingleton({ plan, settings }: Pick<DeployedFleet, 'plan' | 'settings'>): boolean {
  return settings.singleton ?? isScheduler(plan);
}

/** @param hasClient the probes show the management API a certificate */
export function probeMap(hasClient: boolean, place: Place): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: PROBE_MAP,
      namespace: place.namespace,
      labels: labelsOf(place, PROBE_MAP, 'worker'),
    },
    data: { [PROBE_FILE]: probeProgram(hasClient) },
  };
}

export function deployment(fleet: DeployedFleet, place: Place): KubernetesObject {
  const { plan, loginDigest } = fleet;
  const name = nameFor(plan.name);
  const labels = labelsOf(place, name, 'worker');
  const isAlone = isSingleton(fleet);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: place.namespace, labels },
    spec: {
      // Whoever scales it says how many there are.
      ...(plan.isScaled ? {} : { replicas: plan.replicasMin }),
      selector: { matchLabels: selectorOf(place.instance, name) },
      progressDeadlineSeconds: PROGRESS_SECONDS,
      strategy: isAlone
        ? { type: 'Recreate' }
        : { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        metadata: { labels, annotations: { 'warren/login': loginDigest } },
        spec: podSpec(fleet, place),
      },
    },
  };
}

/** A fleet that may lose one at a time; one that has no second one to do its work must be let go. */
export function disruptionBudgets(fleet: DeployedFleet, place: Place): readonly KubernetesObject[] {
  const { plan } = fleet;
  if (plan.replicasMax < 2 || isSingleton(fleet)) return [];
  const name = nameFor(plan.name);
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name, namespace: place.namespace, labels: labelsOf(place, name, 'worker') },
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(place.instance, name) } },
    },
  ];
}

function podSpec(fleet: DeployedFleet, place: Place): object {
  const { plan, settings } = fleet;
  return {
    automountServiceAccountToken: settings.serviceAccount !== undefined,
    ...(settings.serviceAccount === undefined ? {} : { serviceAccountName: settings.serviceAccount }),
    // RABBITMQ_PORT of a service named rabbitmq would be another one.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: plan.graceSeconds,
    ...(settings.imagePullSecrets === undefined
      ? {}
      : { imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })) }),
    ...(settings.nodeSelector === undefined ? {} : { nodeSelector: settings.nodeSelector }),
    securityContext: {
      runAsNonRoot: true,
      ...(settings.runAsUser === undefined ? {} : { runAsUser: settings.runAsUser }),
      seccompProfile: { type: 'RuntimeDefault' },
    },
    ...(plan.replicasMax < 2
      ? {}
      : {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: 'kubernetes.io/hostname',
              whenUnsatisfiable: 'ScheduleAnyway',
              labelSelector: { matchLabels: selectorOf(place.instance, nameFor(plan.name)) },
            },
          ],
        }),
    containers: [container(fleet)],
    volumes: [
      { name: 'login', secret: { secretName: loginSecretOf(plan.name) } },
      { name: 'tmp', emptyDir: {} },
      ...(isProbed(fleet)
        ? [
            { name: 'probe', configMap: { name: PROBE_MAP } },
            { name: 'probe-login', secret: { secretName: FIGURES_SECRET } },
          ]
        : []),
    ],
  };
}

function container(fleet: DeployedFleet): object {
  const { plan, settings, image } = fleet;
  const { urlVariable, command } = plan;
  const { cpu, memory, imagePullPolicy, writable = false } = settings;
  return {
    name: 'worker',
    image,
    ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }),
    ...(urlVariable === undefined ? {} : { command: urlEntrypoint(urlVariable) }),
    ...(command.length === 0 ? {} : { args: command.map(verbatim) }),
    env: environmentOf(fleet),
    resources: {
      requests: { cpu: cpu ?? DEFAULT_REQUESTS.cpu, memory: memory ?? DEFAULT_REQUESTS.memory },
      ...(memory === undefined ? {} : { limits: { memory } }),
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: !writable,
      capabilities: { drop: ['ALL'] },
    },
    ...probesOf(fleet),
    volumeMounts: [
      { name: 'login', mountPath: SECRETS_FOLDER, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...(isProbed(fleet)
        ? [
            { name: 'probe', mountPath: PROBE_FOLDER, readOnly: true },
            { name: 'probe-login', mountPath: PROBE_LOGIN_FOLDER, readOnly: true },
          ]
        : []),
    ],
  };
}

/** Kubernetes puts a variable's value in the place of $(NAME), and takes $$ for one $: on Docker both are only text. */
function verbatim(text: string): string {
  return text.replace(/\$(?=[$(])/g, () => '$$');
}

function environmentOf(fleet: DeployedFleet): readonly object[] {
  const { plan, management } = fleet;
  const own = plan.environment.map((line) => {
    const [name = '', ...value] = line.split('=');
    return { name, value: verbatim(value.join('=')) };
  });
  if (!isProbed(fleet)) return own;
  return [
    ...own,
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'WARREN_MANAGEMENT_URL', value: management },
    { name: 'WARREN_PROBED_QUEUES', value: JSON.stringify(plan.queues) },
  ];
}

function probesOf(fleet: DeployedFleet): object {
  const { probe } = fleet.settings;
  if (Array.isArray(probe)) {
    const exec = { command: [...(probe as readonly string[])] };
    return { readinessProbe: { exec, ...READINESS }, livenessProbe: { exec, ...LIVENESS } };
  }
  if (!isProbed(fleet)) return {};
  return {
    startupProbe: { exec: { command: probeCommand('ready') }, ...STARTUP },
    readinessProbe: { exec: { command: probeCommand('ready') }, ...READINESS },
    livenessProbe: { exec: { command: probeCommand('alive') }, ...LIVENESS },
  };
}
