import type { Parameter } from '../model';
import { nearest } from '../names';
import type { JsonValue } from '../objects';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { parameterField } from './parameterField';
import { UPSTREAM_KEYS, parameterFault, shovelKeys } from './parameterKeys';
import type { ParameterKey } from './parameterKeys';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const parameterValue: Rule = {
  code: 'parameter-value',
  severity: 'error',
  title: 'Shovels and upstreams say what RabbitMQ knows, and have what they need.',
  reason: 'RabbitMQ refuses a parameter with a key or a value that it does not know.',
  help: 'Correct it, or use `shovels`, `federationUpstreams` and `federationUpstreamSets`, whose words are checked while you type.',
  sources: [
    docs('shovel-dynamic'),
    docs('federation-reference'),
    measured('400: Unrecognised terms; should be …; Key "uri" not found; not a valid URI'),
  ],
  isAdvice: false,
  example: {
    bad: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    queues: { old: , new: }
    parameters:
      shovel:
        move: { src-uri: 'amqp:///shop', src-queue: old, dest-uri: 'amqp:///shop', dest-que: new }
`,
    good: `
broker: { plugins: [rabbitmq_shovel] }
vhosts:
  shop:
    queues: { old: , new: }
    parameters:
      shovel:
        move: { src-uri: 'amqp:///shop', src-queue: old, dest-uri: 'amqp:///shop', dest-queue: new }
`,
  },
  check: ({ topology: { target, vhosts } }) =>
    vhosts.flatMap(({ parameters }) =>
      parameters.filter(isInBrokersWords).flatMap((parameter) => checkParameter(parameter, target)),
    ),
};

/** What is said in the words of the language is built right. */
function isInBrokersWords({ path }: Parameter): boolean {
  return path.at(-3) === 'parameters';
}

interface Place {
  readonly what: string;
  readonly path: Path;
  readonly target: Target;
}

function checkParameter(parameter: Parameter, target: Target): Finding[] {
  const { component, name, value, path } = parameter;
  const place: Place = { what: `The ${component} "${name}"`, path, target };
  switch (component) {
    case 'shovel': {
      const keys = shovelKeys(
        parameterField(parameter, 'src-protocol'),
        parameterField(parameter, 'dest-protocol'),
      );
      return checkTable(value, keys, ['src-uri', 'dest-uri'], place);
    }
    case 'federation-upstream':
      return checkTable(value, UPSTREAM_KEYS, ['uri'], place);
    default:
      return [];
  }
}

function checkTable(
  value: JsonValue,
  keys: Readonly<Record<string, ParameterKey>>,
  required: readonly string[],
  { what, path, target }: Place,
): Finding[] {
  // The schema has said so already.
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const table = value as Readonly<Record<string, JsonValue>>;
  const missing = required.filter((key) => !(key in table));
  return [
    ...missing.map((key): Finding => ({
      message: `${what} lacks "${key}".`,
      help: `Add "${key}".`,
      path,
      part: 'key',
    })),
    ...Object.entries(table).flatMap(([key, item]): Finding[] => {
      const fault = keyFault(key, item, keys, target);
      return fault === undefined
        ? []
        : [{ message: `${what}: ${fault.what}.`, help: fault.help, path: [...path, key], part: 'key' }];
    }),
  ];
}

function keyFault(
  key: string,
  value: JsonValue,
  keys: Readonly<Record<string, ParameterKey>>,
  target: Target,
): { readonly what: string; readonly help: string } | undefined {
  const known = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (known === undefined) {
    const meant = nearest(key, Object.keys(keys));
    return {
      what: `RabbitMQ knows no "${key}" there`,
      help:
        meant === undefined ? `Known keys are ${Object.keys(keys).join(', ')}.` : `Did you mean "${meant}"?`,
    };
  }
  if (known.since !== undefined && !isAtLeast(target, known.since)) {
    return {
      what: `RabbitMQ ${target} has no "${key}"`,
      help: `It exists from ${known.since} on: remove it, or change the target.`,
    };
  }
  const expected = parameterFault(known, value);
  return expected === undefined
    ? undefined
    : { what: `"${key}" must be ${expected}`, help: 'Correct the value.' };
}
