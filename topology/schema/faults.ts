/** What the schema check found, in words: one diagnostic per fault, at the key or value that is wrong. */
import type { ErrorObject } from 'ajv';
import type { Diagnostic } from '../diagnostics';
import { nearest, quoteList } from '../names';
import { withoutLogins } from '../secrets';
import type { Path, PathPart, Source } from '../source/index';
import { TARGETS } from '../target';
import { booleanMeant, DURATION_MS_MAX, formatDuration, parseDurationMs } from '../units';
import { wordTable } from '../wordTable';

type Fault = Omit<Diagnostic, 'severity' | 'position'>;

interface SchemaNode {
  readonly title?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** One diagnostic for each wrong place: where several keywords fail on one value, the first that says the most. */
export function describeSchemaErrors(errors: readonly ErrorObject[], source: Source): Diagnostic[] {
  const byPlace = new Map<string, ErrorObject>();
  for (const error of errors) {
    const place = JSON.stringify([error.instancePath, subject(error)]);
    const earlier = byPlace.get(place);
    if (earlier === undefined || rank(error) < rank(earlier)) byPlace.set(place, error);
  }
  return [...byPlace.values()].map((error) => {
    const { path, part } = placeOf(error, source);
    return {
      ...describe(error, path, labelOf(path, source)),
      severity: 'error' as const,
      position: source.at(path, part),
    };
  });
}

/** A wrong type makes every other complaint about the same value pointless. */
function rank(error: ErrorObject): number {
  return error.keyword === 'type' ? 0 : 1;
}

/** Unknown and missing keys are reported for the object that holds them: each one is a fault of its own. */
function subject(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  const name = params.additionalProperty ?? params.missingProperty;
  return typeof name === 'string' ? `key ${name}` : 'value';
}

function placeOf(error: ErrorObject, source: Source): { path: Path; part: PathPart } {
  const path = pointerPath(error.instancePath);
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'additionalProperties') {
    return { path: [...path, String(params.additionalProperty)], part: 'key' };
  }
  if (error.keyword === 'required') return { path, part: 'key' };
  // A whole section can't be underlined: its key is what the reader looks for.
  const isSection = typeof error.data === 'object' && error.data !== null;
  const position = source.at(path, 'value');
  return { path, part: isSection && position.endLine > position.line ? 'key' : 'value' };
}

function pointerPath(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'));
}

/** `"ttl"`; an item of a list has no name but that of the list: `"queues[2]"`. */
function labelOf(path: Path, source: Source): string {
  if (path.length === 0) return 'the file';
  let value: unknown = source.data;
  let name = '';
  for (const step of path) {
    name = Array.isArray(value) ? `${name}[${step}]` : String(step);
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return `"${name}"`;
}

function describe(error: ErrorObject, path: Path, label: string): Fault {
  const node = (error.parentSchema ?? {}) as SchemaNode;
  const params = error.params as Readonly<Record<string, unknown>>;
  if (path.length === 1 && path[0] === 'target') return describeTarget(error);
  if (node.title === 'duration') return describeDuration(error, label);
  if (node.title === 'seconds') return describeSeconds(error, label);
  if (node.title === 'size') return describeSize(error, label);
  if (node.title === 'age') return describeAge(error, label);
  if (node.title === 'AMQP URI' && error.keyword === 'format') return describeUri(label);
  switch (error.keyword) {
    case 'additionalProperties':
      return describeUnknownKey(String(params.additionalProperty), node);
    case 'required':
      return describeMissingKey(String(params.missingProperty), label, node);
    case 'const':
      return {
        code: 'language-version',
        message: `The version of the language is ${String(params.allowedValue)}, not ${shown(error.data)}.`,
        help: `Write \`warren: ${String(params.allowedValue)}\`.`,
      };
    case 'enum':
      return describeEnum(error, label);
    case 'type':
      return {
        code: 'wrong-type',
        message: `The value of ${label} must be ${expected(params.type)}, not ${found(error.data)}.`,
        help: wrongTypeHelp(expected(params.type), error.data),
      };
    case 'pattern':
      return {
        code: 'bad-value',
        message: `${shown(error.data)} is not a ${node.title ?? 'valid value'}.`,
        help: PATTERN_HELP[node.title ?? ''] ?? 'See the description of the key in the schema.',
      };
    case 'not':
      return {
        code: 'bad-value',
        message: `${shown(error.data)} is not a value of ${label}.`,
        help: 'Write true to remove it, or take the line out to keep it.',
      };
    case 'minItems':
      return {
        code: 'bad-value',
        message: `${label} must not be empty.`,
        help: 'List at least one, or remove the key.',
      };
    default:
      return {
        code: 'bad-value',
        message: `${shown(error.data)} is out of range for ${label}: it ${error.message ?? 'is not allowed'}.`,
        help: 'Change it to a value in that range.',
      };
  }
}

/** What a value of this title looks like. */
const PATTERN_HELP: Readonly<Record<string, string>> = {
  'rate limit': 'Write a number per second, minute or hour, e.g. 10/m.',
  memoryHighWatermark: 'Write a share of the memory, e.g. 60%, or a size, e.g. 2GB.',
  deleteAfter: 'Write never, queue-length, or a number of messages.',
};

function describeTarget(error: ErrorObject): Fault {
  const known = quoteList(TARGETS);
  if (typeof error.data === 'number') {
    return {
      code: 'unquoted-target',
      message: `The target ${String(error.data)} must stand in quotes.`,
      reason: 'Without quotes it is a number: 3.10 becomes 3.1, and 4.0 becomes 4.',
      help: `Quote it, e.g. target: '4.3'. Known series: ${known}.`,
    };
  }
  return {
    code: 'unknown-target',
    message: `${shown(error.data)} is no RabbitMQ series that can be compiled for.`,
    help: `Use one of ${known}.`,
  };
}

function describeDuration(error: ErrorObject, label: string): Fault {
  if (typeof error.data === 'number' && Number.isInteger(error.data) && error.data > 0) {
    const seconds = error.data;
    const ways = [...new Set([`${seconds}s`, formatDuration(seconds * 1000)])].join(' or ');
    return {
      code: 'bad-duration',
      message: `The duration of ${label} has no unit: ${seconds}.`,
      reason: 'RabbitMQ counts in milliseconds, people often in seconds: a bare number hides which is meant.',
      help: `Say ${ways} for seconds, or ${formatDuration(seconds)} for milliseconds.`,
    };
  }
  if (typeof error.data === 'string' && (parseDurationMs(error.data) ?? 0) > DURATION_MS_MAX) {
    return {
      code: 'bad-duration',
      message: `${shown(error.data)} is too long for ${label}.`,
      reason: `RabbitMQ counts milliseconds in 32 bits.`,
      help: `The longest duration is ${formatDuration(DURATION_MS_MAX)}.`,
    };
  }
  return {
    code: 'bad-duration',
    message: `${shown(error.data)} is not a duration for ${label}.`,
    help: 'Write whole numbers with units, largest first: 500ms, 30s, 10m, 2h, 1d, or 1h30m.',
  };
}

function describeSeconds(error: ErrorObject, label: string): Fault {
  const isBareNumber = typeof error.data === 'number' && error.data > 0;
  const isLong = typeof error.data === 'string' && (parseDurationMs(error.data) ?? 0) > DURATION_MS_MAX;
  if (isBareNumber || isLong) return describeDuration(error, label);
  return {
    code: 'bad-duration',
    message: `${shown(error.data)} is not a time in whole seconds for ${label}.`,
    reason: 'RabbitMQ counts this one in seconds.',
    help: 'Write whole seconds, minutes, hours or days, largest first: 30s, 10m, 1h30m.',
  };
}

function describeSize(error: ErrorObject, label: string): Fault {
  return {
    code: 'bad-size',
    message: `${shown(error.data)} is not a size for ${label}.`,
    help: 'Write 500MB, 2GB or 64KB (powers of 1000), 1GiB or 64KiB (powers of 1024), or a plain number of bytes.',
  };
}

function describeAge(error: ErrorObject, label: string): Fault {
  return {
    code: 'bad-duration',
    message: `${shown(error.data)} is not an age for ${label}.`,
    help: 'Write whole seconds, minutes, hours or days, largest first: 30s, 12h, 7d.',
  };
}

/** Never shows the value: there may be a password in it. */
function describeUri(label: string): Fault {
  return {
    code: 'bad-uri',
    message: `The value of ${label} is not an AMQP URI without user and password.`,
    reason:
      'A topology is read by many; who logs in there is said with `user`, whose password the stack knows.',
    help: 'Write e.g. amqps://rabbitmq.example.com:5671/shop, or amqp:///shop for a vhost of this broker, and `user:` beside it.',
  };
}

/** What people who know the arguments, or another tool, tend to write. */
const OTHER_WORDS = wordTable<string>({
  messagettl: 'ttl',
  deadletterexchange: 'deadLetter',
  deadletterroutingkey: 'deadLetter',
  deadletterstrategy: 'deadLetter',
  dlx: 'deadLetter',
  dlq: 'deadLetter',
  maxpriority: 'priorities',
  priority: 'priorities',
  queuetype: 'type',
  alternateexchange: 'alternate',
  hamode: 'replicated',
  mirrored: 'replicated',
  source: 'exchange',
  key: 'routingKey',
});

/** What people ask a queue for and RabbitMQ doesn't do: refused with the pattern that does (docs/patterns.md). */
const NOT_OF_A_QUEUE = wordTable<{ readonly reason: string; readonly help: string }>({
  deduplicate: {
    reason: 'RabbitMQ queues take every message that they are sent, twice if it is sent twice.',
    help: 'Let the consumer remember the message_id of what it has done, or publish to a stream by its own protocol with a producer name (docs/patterns.md).',
  },
  ratelimit: {
    reason: 'RabbitMQ limits how much a queue holds, not how fast it fills or empties.',
    help: 'Say `rateLimit` on the workers, or bound the queue with `maxLength` and `overflow: reject-publish` (docs/patterns.md).',
  },
  delay: {
    reason: 'A queue hands its messages out as soon as it can.',
    help: 'Say `retry` to bring failed messages back later, or use a delay queue: a ttl and a deadLetter, and no consumer (docs/patterns.md).',
  },
});
const NOT_OF_A_QUEUE_ALIASES = wordTable<string>({
  deduplication: 'deduplicate',
  dedup: 'deduplicate',
  messagededuplication: 'deduplicate',
  throttle: 'ratelimit',
  delayed: 'delay',
});

function describeUnknownKey(key: string, node: SchemaNode): Fault {
  const known = Object.keys(node.properties ?? {});
  const bare = key.toLowerCase().replace(/^x-/, '').replace(/[-_ ]/g, '');
  const wish = node.title === 'queue' ? NOT_OF_A_QUEUE[NOT_OF_A_QUEUE_ALIASES[bare] ?? bare] : undefined;
  if (wish !== undefined)
    return { code: 'unknown-key', message: `There is no key "${key}" in queue.`, ...wish };
  const meant =
    known.find((name) => name.toLowerCase() === bare) ??
    known.find((name) => name === OTHER_WORDS[bare]) ??
    nearest(key, known);
  const arguments_ = key.startsWith('x-') && known.includes('declaredWith');
  const place = arguments_ ? ' An argument of the application stands below declaredWith.' : '';
  const owner = node.title === undefined ? 'here' : `in ${node.title}`;
  return {
    code: 'unknown-key',
    message: `There is no key "${key}" ${owner}.`,
    help:
      meant === undefined
        ? `Known keys are ${known.join(', ')}.${place}`
        : `Did you mean "${meant}"? Known keys are ${known.join(', ')}.${place}`,
  };
}

function describeMissingKey(key: string, label: string, node: SchemaNode): Fault {
  if (label === 'the file') {
    return {
      code: 'missing-key',
      message: 'The version of the language is missing.',
      help: `Write \`${key}: 1\` at the top of the file.`,
    };
  }
  return {
    code: 'missing-key',
    message: `The key "${key}" is missing in ${node.title ?? label}.`,
    help: `Add \`${key}:\`.`,
  };
}

function describeEnum(error: ErrorObject, label: string): Fault {
  const { allowedValues } = error.params as { readonly allowedValues: readonly unknown[] };
  const allowed = allowedValues.map(String);
  const meant = typeof error.data === 'string' ? nearest(error.data, allowed) : undefined;
  return {
    code: 'bad-value',
    message: `${shown(error.data)} is not a value of ${label}.`,
    help: `${meant === undefined ? '' : `Did you mean "${meant}"? `}Use one of ${allowed.join(', ')}.`,
  };
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'a mapping (key: value)',
  array: 'a list',
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function expected(type: unknown): string {
  const types = (Array.isArray(type) ? type : String(type).split(',')) as readonly string[];
  const names = types.filter((name) => name !== 'null').map((name) => TYPE_NAMES[name] ?? name);
  return names.join(' or ');
}

function wrongTypeHelp(wanted: string, data: unknown): string {
  const meant = wanted === TYPE_NAMES.boolean && typeof data === 'string' ? booleanMeant(data) : undefined;
  if (meant !== undefined) return `Write ${meant}, without quotes.`;
  if (wanted === 'text' && (typeof data === 'number' || typeof data === 'boolean')) {
    return 'Put it in quotes: without them it is no text.';
  }
  if (data === null || data === undefined) return 'Write a value, or remove the key.';
  return `Change it to ${wanted}${wanted.includes('text') || typeof data !== 'string' ? '' : ', without quotes'}.`;
}

function found(data: unknown): string {
  if (data === null || data === undefined) return 'empty';
  if (Array.isArray(data)) return 'a list';
  if (typeof data === 'object') return 'a mapping';
  if (typeof data === 'string') return `the text ${shown(data)}`;
  return shown(data);
}

const SHOWN_LENGTH_MAX = 60;

function shown(data: unknown): string {
  if (data === null || data === undefined) return 'An empty value';
  if (Array.isArray(data)) return 'A list';
  if (typeof data === 'object') return 'A mapping';
  if (typeof data === 'number' && !Number.isFinite(data)) {
    return Number.isNaN(data) ? '.nan' : data < 0 ? '-.inf' : '.inf';
  }
  // Cut in the middle, a login would no longer be seen as one.
  const text = typeof data === 'string' ? `"${withoutLogins(data)}"` : JSON.stringify(data);
  return text.length <= SHOWN_LENGTH_MAX ? text : `${text.slice(0, SHOWN_LENGTH_MAX)}…`;
}
