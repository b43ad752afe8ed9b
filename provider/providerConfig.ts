/** A provider's own inputs: how to reach the broker, and what may be lost. Both packages share it. */
import type { Approvals } from '../broker/approvals';
import type { BrokerSettings } from '../broker/endpoint';
import type { Inputs } from './inputs';
import type { PropertyMap } from './values';
import { parseApprovals } from '../broker/approvals';
import { SettingsError, parseEndpoint, readTlsOptions } from '../broker/endpoint';
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
}

/** Environment variables that stand in for inputs that are left out, as the bridged provider has them. */
const ENVIRONMENT: Readonly<Record<string, string>> = {
  endpoint: 'RABBITMQ_ENDPOINT',
  username: 'RABBITMQ_USERNAME',
  password: 'RABBITMQ_PASSWORD',
  cacertFile: 'RABBITMQ_CACERT',
  clientcertFile: 'RABBITMQ_CLIENTCERT',
  clientkeyFile: 'RABBITMQ_CLIENTKEY',
  insecure: 'RABBITMQ_INSECURE',
  proxy: 'RABBITMQ_PROXY',
};

/** Approvals for this run only, so that they needn't be written into a stack's configuration. */
const APPROVALS_VARIABLE = 'WARREN_APPROVE';

export const SECRET_CONFIG: ReadonlySet<string> = new Set(['password', 'fallbackCredentials']);

export function withEnvironment(values: PropertyMap, environment: NodeJS.ProcessEnv): PropertyMap {
  const result: Record<string, unknown> = { ...values };
  for (const [name, variable] of Object.entries(ENVIRONMENT)) {
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
    username: inputs.text('username'),
    password: inputs.text('password'),
    ...optional('cacertFile'),
    ...optional('clientcertFile'),
    ...optional('clientkeyFile'),
    insecure: inputs.flag('insecure', false),
  };
  if ((inputs.optionalText('proxy') ?? '') !== '') {
    inputs.fail(
      'proxy',
      'is not supported: give an endpoint that can be reached directly, or forward a port',
    );
  }
  const approvals = new Set([
    ...parseApprovals(jsonList(inputs, 'approve').filter((item) => typeof item === 'string')),
    ...parseApprovals(environment[APPROVALS_VARIABLE]),
  ]);
  return { settings, approvals, fallbackCredentials: parseCredentials(inputs) };
}

/** Faults that show without talking to the broker: a bad endpoint, a certificate file that isn't there. */
export function checkSettings(inputs: Inputs, settings: BrokerSettings): void {
  for (const verify of [() => parseEndpoint(settings.endpoint), () => readTlsOptions(settings)]) {
    if (hasUnknown(settings)) return;
    try {
      verify();
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      inputs.fail(error.setting, error.message);
    }
  }
}

function parseCredentials(inputs: Inputs): readonly Credentials[] {
  return jsonList(inputs, 'fallbackCredentials').flatMap((entry) => {
    const { username, password } = (entry ?? {}) as Partial<Record<string, unknown>>;
    if (typeof username === 'string' && typeof password === 'string') return [{ username, password }];
    inputs.fail('fallbackCredentials', 'must be a list of { username, password }');
    return [];
  });
}

/** Lists cross the provider's configuration as JSON texts: configuration values are texts. */
function jsonList(inputs: Inputs, name: string): readonly unknown[] {
  const text = inputs.optionalText(name);
  if (text === undefined || text === '' || hasUnknown(text)) return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value;
  } catch {
    // Reported below.
  }
  inputs.fail(name, 'must be a JSON list, e.g. ["queue orders@shop"]');
  return [];
}
