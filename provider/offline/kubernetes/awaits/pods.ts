/** Why pods don't come up: in the words of whoever knows it, down to what a container said last. */
import { isClusterError } from '../../../../kubernetesApi/errors';
import {
  list,
  objectPath,
  type Condition,
  type Kind,
  type Metadata,
} from '../../../../kubernetesApi/objects';
import type { Looker } from './look';

const POD: Kind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', isNamespaced: true };
const EVENT: Kind = { apiVersion: 'v1', kind: 'Event', plural: 'events', isNamespaced: true };

const SHOWN_PODS = 3;
const LOG_LINES = 5;
/** What happens on the way to a container that runs. */
const ON_THE_WAY = new Set(['ContainerCreating', 'PodInitializing']);

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: Terminated;
    readonly running?: object;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

export interface Pod {
  readonly metadata: Metadata & { readonly name: string; readonly namespace: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export function selectorText({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const labels = Object.entries(matchLabels).map(([name, value]) => `${name}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator === 'In' ? 'in' : 'notin'} (${values.join(',')})`;
  });
  return [...labels, ...expressions].join(',');
}

/** Of the pods of a selector that aren't ready, the first few. */
export async function podTroubles(
  looker: Looker,
  namespace: string | undefined,
  selector: Selector,
): Promise<readonly string[]> {
  const pods = await allowed(
    list<Pod>(looker.cluster, { kind: POD, namespace }, { labelSelector: selectorText(selector) }),
    [],
  );
  const waiting = pods.filter((pod) => !isReady(pod) && pod.metadata.deletionTimestamp === undefined);
  const lines = await Promise.all(waiting.slice(0, SHOWN_PODS).map((pod) => troublesOf(looker, pod)));
  const further = waiting.length - SHOWN_PODS;
  return [...lines.flat(), ...(further > 0 ? [`and ${further} more pods that are not ready`] : [])];
}

export function isReady({ status }: Pod): boolean {
  if (status?.phase === 'Succeeded') return true;
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
}

export async function troublesOf(looker: Looker, pod: Pod): Promise<readonly string[]> {
  const { metadata, status = {} } = pod;
  const at = `pod ${metadata.name}`;
  const unscheduled = status.conditions?.find(
    ({ type, status: is }) => type === 'PodScheduled' && is === 'False',
  );
  if (unscheduled !== undefined) {
    return [`${at} can't be scheduled: ${unscheduled.message ?? unscheduled.reason ?? 'no reason given'}`];
  }
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const said = await Promise.all(containers.map((container) => troubleOf(looker, pod, container)));
  const known = said.filter((line) => line !== undefined).map((line) => `${at}, ${line}`);
  if (known.length > 0) return known;
  const events = await warningsAbout(looker, pod.metadata);
  const [last] = events.slice(-1);
  return [last === undefined ? `${at} is not ready yet` : `${at}: ${last}`];
}

async function troubleOf(looker: Looker, pod: Pod, container: ContainerStatus): Promise<string | undefined> {
  const { state = {}, lastState = {}, name, restartCount } = container;
  const at = `container "${name}"`;
  const ended = state.terminated ?? lastState.terminated;
  if (ended !== undefined && ended.exitCode !== 0) {
    const again = state.terminated === undefined ? `, started anew ${restartCount} times` : '';
    const own = ended.message?.trim() ?? '';
    const words = own === '' ? await lastWords(looker, pod, name, state.terminated === undefined) : own;
    const because = ended.reason === undefined || ended.reason === 'Error' ? '' : ` (${ended.reason})`;
    return `${at} ended with exit code ${ended.exitCode}${because}${again}${words === '' ? '' : `: ${words}`}`;
  }
  const { reason, message } = state.waiting ?? {};
  if (reason === undefined || ON_THE_WAY.has(reason)) return undefined;
  return `${at}: ${reason}${message === undefined ? '' : `: ${message}`}`;
}

/** The end of its log. */
async function lastWords(
  { cluster }: Looker,
  pod: Pod,
  container: string,
  isPrevious: boolean,
): Promise<string> {
  const { name, namespace } = pod.metadata;
  const text = await allowed(
    cluster.read({
      method: 'GET',
      path: `${objectPath(POD, namespace, name)}/log`,
      query: { container, previous: isPrevious, tailLines: LOG_LINES },
      action: `read the log of the pod "${namespace}/${name}"`,
    }),
    '',
  );
  return text.trim().split('\n').join(' | ');
}

/** What the cluster complains of about an object, the latest last. */
export async function warningsAbout(
  { cluster }: Looker,
  { uid, namespace }: Metadata,
): Promise<readonly string[]> {
  interface Event {
    readonly reason?: string;
    readonly message?: string;
    readonly lastTimestamp?: string | null;
    readonly eventTime?: string | null;
  }
  const query = { fieldSelector: `involvedObject.uid=${uid ?? ''},type=Warning` };
  const events = await allowed(list<Event>(cluster, { kind: EVENT, namespace }, query), []);
  const time = (event: Event): string => event.lastTimestamp ?? event.eventTime ?? '';
  return [...events]
    .sort((one, other) => time(one).localeCompare(time(other)))
    .map(({ reason = '', message = '' }) => `${reason}: ${message.trim()}`);
}

/** Whoever may make a Deployment may not be allowed to see pods, events or logs: then less is said. */
async function allowed<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isClusterError(error) && error.kind !== 'cancelled') return otherwise;
    throw error;
  }
}
