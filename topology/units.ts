/** Durations and sizes as people write them, and the integers (milliseconds, bytes) that RabbitMQ takes. */
import { secretIn } from './secrets';

const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** RabbitMQ keeps durations in 32 bits: 49 days, 17 hours. */
export const DURATION_MS_MAX = 2 ** 32 - 1;

/** Milliseconds of `2h`, `1h30m`, `500ms`; undefined for anything else (a bare number too) or where it isn't a safe integer. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text);
  if (match === null || text === '') return undefined;
  const totalMs = DURATION_UNITS.reduce((sum, [, ms], index) => sum + Number(match[index + 1] ?? 0) * ms, 0);
  return Number.isSafeInteger(totalMs) ? totalMs : undefined;
}

/** Like `parseDurationMs`, for the age of messages in a stream, which RabbitMQ counts in whole seconds over 0. */
export function parseAgeMs(text: string): number | undefined {
  const ageMs = parseDurationMs(text);
  return ageMs === undefined || ageMs === 0 || ageMs % 1000 !== 0 ? undefined : ageMs;
}

/** What is meant by a text that other YAML readers take for true or false: in YAML 1.2 `yes` is text. */
export function booleanMeant(text: string): boolean | undefined {
  if (/^(y|yes|on|true)$/i.test(text)) return true;
  return /^(n|no|off|false)$/i.test(text) ? false : undefined;
}

/** Seconds of a duration that RabbitMQ counts in them; undefined where it isn't a whole number of them, or too many. */
export function parseSeconds(text: string): number | undefined {
  const durationMs = parseDurationMs(text);
  if (durationMs === undefined || durationMs > DURATION_MS_MAX) return undefined;
  return durationMs % 1000 === 0 ? durationMs / 1000 : undefined;
}

/** Whether it is an AMQP URI with neither user nor password in it, wherever a URI can hold them. */
export function isPlainUri(text: string): boolean {
  if (!/^amqps?:\/\/\S*$/.test(text)) return false;
  const authority = text.slice(text.indexOf('//') + 2).split(/[/?#]/)[0] ?? '';
  return !authority.includes('@') && URL.canParse(text) && secretIn(text) === undefined;
}

/** The shortest text that `parseDurationMs` reads as exactly this many milliseconds. */
export function formatDuration(durationMs: number): string {
  let restMs = durationMs;
  let text = '';
  for (const [unit, ms] of DURATION_UNITS) {
    const count = Math.floor(restMs / ms);
    restMs -= count * ms;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}

/** Bytes of `500MB`, `1GiB`, `1.5GB`; undefined for anything else or where it isn't a whole number of bytes. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text);
  const factor = match === null ? undefined : SIZE_UNITS[match[2] ?? ''];
  if (match === null || factor === undefined) return undefined;
  // 1.1 GB is 1,100,000,000 bytes although 1.1 * 1e9 is not exactly that in binary arithmetic.
  const exact = Number(match[1]) * factor;
  const rounded = Math.round(exact);
  const isWhole = Math.abs(exact - rounded) <= rounded * Number.EPSILON;
  return isWhole && Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** The shortest text with a unit that `parseSizeBytes` reads as exactly this many bytes. */
export function formatSize(sizeBytes: number): string {
  const candidates = Object.entries(SIZE_UNITS)
    .filter(([, factor]) => sizeBytes >= factor && sizeBytes % factor === 0)
    .map(([unit, factor]) => `${sizeBytes / factor}${unit}`);
  return candidates.reduce((best, text) => (text.length < best.length ? text : best), `${sizeBytes}B`);
}
