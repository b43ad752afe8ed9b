/** How single values of `warren:docker` and `warren:kubernetes` are read: each read says in one sentence what it wants, and where. */
import * as net from 'node:net';
import { nearest } from '../topology/names';
import { parseDurationMs, parseSizeBytes } from '../topology/units';

/** Says what is wrong and where, in one sentence or two. */
export class PlatformSettingsError extends Error {}

type Table = Readonly<Record<string, unknown>>;
export type Read<T> = (value: unknown, at: string) => T;

const PORT_MAX = 65_535;

export const text: Read<string> = (value, at) => {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(at, 'a text', value);
};

export const flag: Read<boolean> = (value, at) => {
  if (typeof value === 'boolean') return value;
  throw wrong(at, 'true or false', value);
};

export const port: Read<number> = (value, at) => {
  if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= PORT_MAX) return Number(value);
  throw wrong(at, `a port from 1 to ${PORT_MAX}`, value);
};

/** More would be a slip of the finger: each is a container. */
const REPLICAS_MAX = 1000;

export const replicas: Read<number> = (value, at) => {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= REPLICAS_MAX) return Number(value);
  throw wrong(at, `a whole number from 0 to ${REPLICAS_MAX}`, value);
};

/** Docker binds to addresses, and looks no name up. */
export const ipAddress: Read<string> = (value, at) => {
  if (typeof value === 'string' && net.isIP(value) !== 0) return value;
  throw wrong(at, 'an IP address of the Docker host, e.g. 127.0.0.1, or 0.0.0.0 for all of them', value);
};

export const processors: Read<number> = (value, at) => {
  if (typeof value === 'number' && value > 0) return value;
  throw wrong(at, 'a number of processors, e.g. 1.5', value);
};

export const size: Read<number> = (value, at) => {
  const bytes = typeof value === 'string' ? parseSizeBytes(value) : undefined;
  // Docker itself counts whole mebibytes, and takes no container with less.
  if (bytes !== undefined && bytes >= 6 * 2 ** 20) return bytes;
  throw wrong(at, 'a size, e.g. 512MB or 2GiB', value);
};

export const variable: Read<string> = (value, at) => {
  if (typeof value === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value)) return value;
  throw wrong(at, 'the name of an environment variable, e.g. RABBITMQ_URL', value);
};

export const texts: Read<readonly string[]> = (value, at) => {
  if (Array.isArray(value) && value.length > 0)
    return value.map((item, index) => text(item, `${at}[${index}]`));
  throw wrong(at, 'a list of texts', value);
};

export const count: Read<number> = (value, at) => {
  if (Number.isSafeInteger(value) && Number(value) >= 1) return Number(value);
  throw wrong(at, 'a whole number from 1', value);
};

export const date: Read<string> = (value, at) => {
  if (typeof value === 'string' && !Number.isNaN(Date.parse(value))) return value;
  throw wrong(at, 'a date, e.g. 2027-01-31', value);
};

export const generations: Read<readonly [number, ...number[]]> = (value, at) => {
  const isNumber = (item: unknown): boolean => Number.isInteger(item) && Number(item) >= 1;
  if (Array.isArray(value) && value.every(isNumber) && new Set(value).size === value.length) {
    const [first, ...others] = value as number[];
    if (first !== undefined) return [first, ...others];
  }
  throw wrong(at, 'a list of different whole numbers from 1, e.g. [1]', value);
};

export function tableOf<T>(read: Read<T>): Read<Readonly<Record<string, T>>> {
  return (value, at) => {
    if (!isTable(value)) throw wrong(at, 'a table', value);
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, read(item, `${at}.${key}`)]));
  };
}

export const scalar: Read<string> = (value, at) =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : text(value, at);

export const duration: Read<number> = (value, at) => {
  const durationMs = typeof value === 'string' ? parseDurationMs(value) : undefined;
  if (durationMs !== undefined && durationMs >= 1000) return durationMs;
  throw wrong(at, 'a duration of a second or more, e.g. 15s or 30d', value);
};

type Values<R extends Readonly<Record<string, Read<unknown>>>> = { [K in keyof R]?: ReturnType<R[K]> };

export function keysOf<R extends Readonly<Record<string, Read<unknown>>>>(
  value: unknown,
  at: string,
  reads: R,
): Values<R> {
  if (!isTable(value)) throw wrong(at, 'a table', value);
  const known = Object.keys(reads);
  const read = Object.entries(value).map(([key, item]) => {
    if (!Object.hasOwn(reads, key)) throw unknownKey(at, key, known);
    return [key, reads[key]?.(item, `${at}.${key}`)] as const;
  });
  return Object.fromEntries(read) as Values<R>;
}

function unknownKey(at: string, key: string, known: readonly string[]): PlatformSettingsError {
  const meant = nearest(key, known);
  const guess = meant === undefined ? `It knows ${known.join(', ')}.` : `Did you mean ${at}.${meant}?`;
  return new PlatformSettingsError(`${at} has the key ${key}, which Warren doesn't know. ${guess}`);
}

export function wrong(at: string, expected: string, value: unknown): PlatformSettingsError {
  return new PlatformSettingsError(`${at} must be ${expected}, not ${JSON.stringify(value)}.`);
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of certificates: read again by `warren rotate`, which alone makes something of it. */
export const readHandOver: Read<object> = (value, at) => {
  const given = keysOf(value, at, { file: text, within: duration, until: date });
  if (given.file !== undefined && given.within !== undefined) return given;
  throw new PlatformSettingsError(
    `${at} needs a file, for those who trust the certificates from outside, and the time that they get, e.g. {"file": "../ca.pem", "within": "14d"}.`,
  );
};
