/** From the text of a config file to its values. Every fault is told, each with its place and a way out. */
import * as path from 'node:path';
import { parseEndpoint } from '../broker/api/endpoint';
import { nearest, quoteList } from '../topology/names';
import { readSource, type Path, type Source } from '../topology/source/index';
import { DEFAULTS, HEALTHS, INTERVAL_MS, type BrokerAccess, type Fleet, type ScalerConfig } from './config';

/** What is wrong with a config file: a line for each fault, `FILE:LINE:COLUMN: …`. */
export class ConfigError extends Error {}

/** @throws ConfigError */
export function readConfig(text: string, file: string): ScalerConfig {
  if (text.trim() === '')
    throw new ConfigError(`${file}: it is empty; it must hold an object in JSON with broker and fleets.`);
  const { source, diagnostics } = readSource(text, file);
  if (source === undefined || diagnostics.length > 0) {
    const lines = diagnostics.map(({ message, position }) =>
      position === undefined
        ? `${file}: ${message}`
        : `${file}:${position.line}:${position.column}: ${message}`,
    );
    throw new ConfigError(lines.join('\n'));
  }
  const reader = new Reader(source);
  const config = configOf(reader, path.dirname(file));
  if (reader.faults.length > 0) throw new ConfigError(reader.faults.join('\n'));
  return config;
}

type Values = Readonly<Record<string, unknown>>;

/** Longer ones than a day are mistakes in the unit. */
const DAY_MS = 86_400_000;
const COUNT_MAX = 10_000;
const TLS_FILES = ['cacertFile', 'clientcertFile', 'clientkeyFile'] as const;
/** As Docker has it. */
const CONTAINER_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

class Reader {
  readonly faults: string[] = [];

  constructor(private readonly source: Source) {}

  get data(): unknown {
    return this.source.data;
  }

  fault(at: Path, message: string, part: 'key' | 'value' = 'value'): void {
    const { file, line, column } = this.source.at(at, part);
    const subject = at.length === 0 ? 'the file' : at.map(step).join('').replace(/^\./, '');
    this.faults.push(
      `${file}:${line}:${column}: ${subject} ${message.replace(/[.?]?$/, (end) => (end === '?' ? end : '.'))}`,
    );
  }

  /** Empty where it is none. */
  table(value: unknown, at: Path, keys: readonly string[]): Values {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault(at, `must be an object with ${keys.join(', ')}`);
      return {};
    }
    for (const key of Object.keys(value).filter((one) => !keys.includes(one))) {
      const meant = nearest(key, keys);
      const help = meant === undefined ? `there are ${keys.join(', ')}` : `did you mean ${meant}?`;
      this.fault([...at, key], `is not known here; ${help}`, 'key');
    }
    return value as Values;
  }

  text(values: Values, key: string, at: Path): string {
    return this.optionalText(values, key, at) ?? this.missing(key, at, 'a text', '');
  }

  optionalText(values: Values, key: string, at: Path): string | undefined {
    const value = values[key];
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    this.fault([...at, key], 'must be a text that is not empty');
    return '';
  }

  texts(values: Values, key: string, at: Path): readonly string[] {
    const value = values[key] ?? this.missing(key, at, 'a list of texts', []);
    const isList = Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '');
    if (isList) return value as readonly string[];
    this.fault([...at, key], 'must be a list of texts that are not empty');
    return [];
  }

  /** Without a default it must be there. */
  count(
    values: Values,
    key: string,
    at: Path,
    [least, most]: readonly [number, number],
    usual?: number,
  ): number {
    const value = values[key] ?? usual ?? this.missing(key, at, `a whole number from ${least}`, least);
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
      return value as number;
    this.fault([...at, key], `must be a whole number from ${least} to ${most}`);
    return least;
  }

  private missing<T>(key: string, at: Path, what: string, instead: T): T {
    this.fault(at, `lacks ${key}: ${what}`);
    return instead;
  }
}

function step(part: string | number): string {
  return typeof part === 'number' ? `[${part}]` : `.${part}`;
}

function configOf(reader: Reader, folder: string): ScalerConfig {
  const values = reader.table(reader.data, [], ['broker', 'docker', 'intervalMs', 'fleets']);
  const docker = reader.table(values.docker ?? {}, ['docker'], ['host']);
  const host = reader.optionalText(docker, 'host', ['docker']);
  return {
    broker: brokerOf(reader, values.broker, folder),
    docker: host === undefined ? {} : { host },
    intervalMs: reader.count(values, 'intervalMs', [], [100, DAY_MS], INTERVAL_MS),
    fleets: fleetsOf(reader, values.fleets),
  };
}

function brokerOf(reader: Reader, value: unknown, folder: string): BrokerAccess {
  const at = ['broker'];
  const keys = ['endpoint', 'endpoints', 'usernameFile', 'passwordFile', ...TLS_FILES];
  if (value === undefined) reader.fault([], 'lacks broker: the management API, and who logs in there');
  const values = value === undefined ? undefined : reader.table(value, at, keys);
  if (values === undefined) return { endpoint: '', usernameFile: '', passwordFile: '' };
  const endpoint = reader.text(values, 'endpoint', at);
  const endpoints = values.endpoints === undefined ? undefined : reader.texts(values, 'endpoints', at);
  if (endpoint !== '') checkEndpoint(reader, endpoint, [...at, 'endpoint']);
  for (const [place, one] of (endpoints ?? []).entries())
    checkEndpoint(reader, one, [...at, 'endpoints', place]);
  const inFolder = (file: string): string => path.resolve(folder, file);
  return {
    endpoint,
    ...(endpoints === undefined ? {} : { endpoints }),
    usernameFile: inFolder(reader.text(values, 'usernameFile', at)),
    passwordFile: inFolder(reader.text(values, 'passwordFile', at)),
    ...tlsFilesOf(reader, values, at, inFolder),
  };
}

function tlsFilesOf(
  reader: Reader,
  values: Values,
  at: Path,
  inFolder: (file: string) => string,
): Pick<BrokerAccess, (typeof TLS_FILES)[number]> {
  const given = TLS_FILES.flatMap((key) => {
    const file = reader.optionalText(values, key, at);
    return file === undefined ? [] : [[key, inFolder(file)] as const];
  });
  const [certificate, key] = (['clientcertFile', 'clientkeyFile'] as const).map((one) => values[one]);
  if ((certificate === undefined) !== (key === undefined)) {
    const missing = certificate === undefined ? 'clientcertFile' : 'clientkeyFile';
    reader.fault(at, `lacks ${missing}: a client certificate and its key go together`);
  }
  return Object.fromEntries(given);
}

function checkEndpoint(reader: Reader, endpoint: string, at: Path): void {
  try {
    parseEndpoint(endpoint);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    reader.fault(at, `can't be used: ${why}`);
  }
}

function fleetsOf(reader: Reader, value: unknown): readonly Fleet[] {
  if (!Array.isArray(value) || value.length === 0) {
    reader.fault(value === undefined ? [] : ['fleets'], 'must have a list of at least one fleet in fleets');
    return [];
  }
  const fleets = value.map((one: unknown, index) => fleetOf(reader, one, ['fleets', index]));
  const names = new Set<string>();
  const fleetByContainer = new Map<string, string>();
  for (const [index, { name, containers }] of fleets.entries()) {
    const at: Path = ['fleets', index];
    if (names.has(name)) reader.fault([...at, 'name'], `"${name}" is the name of another fleet, too`);
    names.add(name);
    for (const [place, container] of containers.entries()) {
      const other = fleetByContainer.get(container);
      const whose = other === name ? 'stands here twice' : `belongs to the fleet "${other ?? ''}", too`;
      if (other !== undefined) reader.fault([...at, 'containers', place], `"${container}" ${whose}`);
      fleetByContainer.set(container, name);
    }
  }
  return fleets;
}

const FLEET_KEYS: readonly (keyof Fleet)[] = [
  'name',
  'vhost',
  'queues',
  'containers',
  'min',
  'max',
  'messagesPerReplica',
  'cooldownMs',
  'stopTimeoutSeconds',
  'startupMs',
  'health',
];

function fleetOf(reader: Reader, value: unknown, at: Path): Fleet {
  const values = reader.table(value, at, FLEET_KEYS);
  const count = (key: keyof typeof DEFAULTS, least: number, most: number): number =>
    reader.count(values, key, at, [least, most], Number(DEFAULTS[key]));
  const queues = values.queues === undefined ? [] : reader.texts(values, 'queues', at);
  const containers = reader.texts(values, 'containers', at);
  const fleet: Fleet = {
    name: reader.text(values, 'name', at),
    vhost:
      queues.length === 0
        ? (reader.optionalText(values, 'vhost', at) ?? '')
        : reader.text(values, 'vhost', at),
    queues,
    containers,
    min: reader.count(values, 'min', at, [0, COUNT_MAX]),
    max: reader.count(values, 'max', at, [0, COUNT_MAX]),
    messagesPerReplica: count('messagesPerReplica', 1, Number.MAX_SAFE_INTEGER),
    cooldownMs: count('cooldownMs', 0, DAY_MS),
    stopTimeoutSeconds: count('stopTimeoutSeconds', 1, DAY_MS / 1000),
    startupMs: count('startupMs', 0, DAY_MS),
    health: HEALTHS.find((one) => one === (values.health ?? DEFAULTS.health)) ?? DEFAULTS.health,
  };
  if (values.health !== undefined && values.health !== fleet.health) {
    reader.fault([...at, 'health'], `must be one of ${quoteList(HEALTHS)}`);
  }
  checkNames(reader, fleet, at);
  checkLimits(reader, fleet, at);
  return fleet;
}

function checkNames(reader: Reader, { containers }: Fleet, at: Path): void {
  for (const [place, name] of containers.entries()) {
    if (CONTAINER_NAME.test(name)) continue;
    reader.fault([...at, 'containers', place], `"${name}" can't be the name of a container`);
  }
}

function checkLimits(reader: Reader, { min, max, queues, containers }: Fleet, at: Path): void {
  if (min > max) reader.fault([...at, 'min'], `is ${min}, more than max, which is ${max}`);
  if (max > containers.length) {
    reader.fault(
      [...at, 'max'],
      `is ${max}, and there are ${containers.length} containers: list all of them`,
    );
  }
  if (min < max && queues.length === 0) {
    reader.fault(at, 'has no queues to follow: list them, or make min and max equal');
  }
}
