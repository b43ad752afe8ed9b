/** A provider's own inputs: how to reach the broker, and what may be lost. Both packages share it. */
import type { Approvals } from '../broker/guards/approvals';
import type { BrokerSettings } from '../broker/api/endpoint';
import type { PortForward } from '../kubernetesApi/portForward';
import type { Inputs } from './inputs';
import type { PropertyMap } from './values';
import { malformedApprovals, parseApprovals } from '../broker/guards/approvals';
import { BROKER_VARIABLES, isAdopting } from '../broker/api/environment';
import {
  SettingsError,
  endpointsOf,
  parseEndpoint,
  parseProxy,
  readTlsOptions,
} from '../broker/api/endpoint';
import { parseDurationMs } from '../topology/units';
import { hasUnknown } from './values';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface ProviderConfig {
  readonly settings: BrokerSettings;
  readonly approvals: Approvals;
  /** Tried in order where the configured user can't log in. */
  readonly fallbackCredentials: readonly Credentials[];
  /** A broker that can't be asked is a failure of a diff, too. The engine doesn't say whether a diff is a preview's. */
  readonly requireBroker: boolean;
  /** Nothing that could change the broker is sent to it. */
  readonly isReadOnly: boolean;
  /** The broker is a cluster on Docker that the stack makes itself. */
  readonly isOwnCluster: boolean;
  /** The way into a Kubernetes cluster, where the broker is in one. */
  readonly portForward?: PortForward;
  /** How the state's provider reached the same cluster: it answers there until its nodes are changed. */
  readonly former?: BrokerSettings;
}

/** Approvals for this run only, so that they needn't be written into a stack's configuration. */
const APPROVALS_VARIABLE = 'WARREN_APPROVE';

/** Limits for this run only: they come before the inputs, since `refresh` and `destroy` know only the state's. */
const LIMIT_VARIABLES = {
  requestTimeout: 'WARREN_REQUEST_TIMEOUT',
  retryBudget: 'WARREN_RETRY_BUDGET',
} as const;

/** Differs between a preview and its `up`, and is no change. */
export const UNSHOWN_CONFIG: ReadonlySet<string> = new Set(['requireBroker']);

/** A proxy's URL may hold a password. */
export const SECRET_CONFIG: ReadonlySet<string> = new Set(['password', 'fallbackCredentials', 'proxy']);

/** Environment variables stand in for inputs that are left out. */
export function withEnvironment(values: PropertyMap, environment: NodeJS.ProcessEnv): PropertyMap {
  const result: Record<string, unknown> = { ...values };
  for (const [name, variable] of Object.entries(BROKER_VARIABLES)) {
    const fallback = environment[variable];
    if (result[name] === undefined && fallback !== undefined && fallback !== '') result[name] = fallback;
  }
  return result;
}

export function parseProviderConfig(inputs: Inputs, environment: NodeJS.ProcessEnv): ProviderConfig {
  const optional = (name: string): Record<string, string> => {
    const value = inputs.optionalText(name);
    return value === undefined || value === '' ? {} : { [name]: value };
  };
  const settings: BrokerSettings = {
    endpoint: inputs.text('endpoint'),
    ...optionalEndpoints(inputs),
    username: inputs.text('username'),
    password: inputs.text('password'),
    ...optional('cacertFile'),
    ...optional('cacert'),
    ...optional('clientcertFile'),
    ...optional('clientkeyFile'),
    ...optional('serverName'),
    ...optional('proxy'),
    insecure: inputs.flag('insecure', false),
    ...limit(inputs, environment, 'requestTimeout', 'requestTimeoutMs'),
    ...limit(inputs, environment, 'retryBudget', 'retryBudgetMs'),
  };
  const approvals = new Set([
    ...parseApprovals(
      jsonList(inputs, 'approve', '["queue orders@shop"]').filter((item) => typeof item === 'string'),
    ),
    ...parseApprovals(environment[APPROVALS_VARIABLE]),
  ]);
  const malformed = malformedApprovals(approvals)[0];
  if (malformed !== undefined) {
    inputs.fail(
      'approve',
      `holds "${malformed}" (or ${APPROVALS_VARIABLE} does), which approves nothing. Write it as the refusal prints it: queue NAME@VHOST, recreate queue NAME@VHOST or vhost NAME`,
    );
  }
  return {
    settings,
    approvals,
    fallbackCredentials: parseCredentials(inputs),
    requireBroker: inputs.flag('requireBroker', false),
    isReadOnly: isAdopting(environment),
    isOwnCluster: (inputs.optionalText('ownCluster') ?? '') !== '',
    ...parsePortForward(inputs),
  };
}

function parsePortForward(inputs: Inputs): { portForward?: PortForward } {
  const text = inputs.optionalText('portForward');
  if (text === undefined || text === '' || hasUnknown(text)) return {};
  const example = '{"namespace": "shop", "selector": "app.kubernetes.io/name=rabbitmq"}';
  try {
    const value = JSON.parse(text) as Partial<Record<string, unknown>> | null;
    const { namespace, selector, kubeconfig, context } = value ?? {};
    const isText = (item: unknown): boolean => item === undefined || typeof item === 'string';
    if (typeof namespace === 'string' && typeof selector === 'string' && [kubeconfig, context].every(isText))
      return { portForward: value as unknown as PortForward };
  } catch {
    // Reported below.
  }
  inputs.fail('portForward', `must be a JSON table with a namespace and a selector, e.g. ${example}`);
  return {};
}

function optionalEndpoints(inputs: Inputs): { endpoints?: readonly string[] } {
  const endpoints = jsonList(inputs, 'endpoints', '["http://rabbit-1:15672", "http://rabbit-2:15672"]');
  if (endpoints.length === 0) return {};
  if (endpoints.every((item) => typeof item === 'string')) return { endpoints };
  inputs.fail('endpoints', 'must be a list of URLs');
  return {};
}

function limit<K extends string>(
  inputs: Inputs,
  environment: NodeJS.ProcessEnv,
  name: keyof typeof LIMIT_VARIABLES,
  setting: K,
): Partial<Record<K, number>> {
  const variable = LIMIT_VARIABLES[name];
  const forThisRun = environment[variable] ?? '';
  const text = forThisRun === '' ? (inputs.optionalText(name) ?? '') : forThisRun;
  if (text === '' || hasUnknown(text)) return {};
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0) return { [setting]: ms } as Record<K, number>;
  const source = forThisRun === '' ? '' : ` (the environment variable ${variable})`;
  inputs.fail(name, `must be a duration such as 500ms, 30s or 2m, not "${text}"${source}`);
  return {};
}

/** Faults that show without talking to the broker: a bad endpoint, a certificate file that isn't there. */
export function checkSettings(inputs: Inputs, settings: BrokerSettings): void {
  const { proxy } = settings;
  const checks = [
    () => parseEndpoint(settings.endpoint),
    () => endpointsOf(settings),
    () => readTlsOptions(settings),
    () => (proxy === undefined ? undefined : parseProxy(proxy)),
  ];
  for (const verify of checks) {
    if (hasUnknown(settings)) return;
    try {
      verify();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      inputs.fail(error.setting, error.message);
    }
  }
}

export function parseCredentials(inputs: Inputs): readonly Credentials[] {
  return jsonList(inputs, 'fallbackCredentials', '[{"username": "u", "password": "p"}]').flatMap((entry) => {
    const { username, password } = (entry ?? {}) as Partial<Record<string, unknown>>;
    if (typeof username === 'string' && typeof password === 'string') return [{ username, password }];
    inputs.fail('fallbackCredentials', 'must be a list of { username, password }');
    return [];
  });
}

/** Lists cross the provider's configuration as JSON texts: configuration values are texts. */
function jsonList(inputs: Inputs, name: string, example: string): readonly unknown[] {
  const text = inputs.optionalText(name);
  if (text === undefined || text === '' || hasUnknown(text)) return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Reported below.
  }
  inputs.fail(name, `must be a JSON list, e.g. ${example}`);
  return [];
}
