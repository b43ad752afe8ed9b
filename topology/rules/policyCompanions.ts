/** Keys of one policy that RabbitMQ takes only together, or never together. */
import type { Policy } from '../model';
import type { Arguments, ArgumentValue } from '../objects';
import { canMirror } from '../target';
import type { Target } from '../target';
import type { Finding } from './rule';

export function companionFaults({ definition, path }: Policy, target: Target): Finding[] {
  const fault =
    delayedRetryFault(definition) ?? federationFault(definition) ?? mirroringFault(definition, target);
  if (fault === undefined) return [];
  const { key, message, help } = fault;
  return [
    {
      message,
      reason: 'RabbitMQ would refuse the whole policy.',
      help,
      path: [...path, 'definition', key],
      part: 'key',
    },
  ];
}

interface Fault {
  readonly key: string;
  readonly message: string;
  readonly help: string;
}

function missing(key: string, other: string): Fault {
  return {
    key,
    message: `"${key}" needs "${other}" beside it.`,
    help: `Add "${other}", or remove "${key}".`,
  };
}

function delayedRetryFault(definition: Arguments): Fault | undefined {
  const { 'delayed-retry-type': type, 'delayed-retry-min': min, 'delayed-retry-max': max } = definition;
  if (type !== undefined && type !== 'disabled' && min === undefined) {
    return missing('delayed-retry-type', 'delayed-retry-min');
  }
  if (typeof min !== 'number' || typeof max !== 'number' || max >= min) return undefined;
  return {
    key: 'delayed-retry-max',
    message: '"delayed-retry-max" is smaller than "delayed-retry-min".',
    help: 'Raise the maximum, or lower the minimum.',
  };
}

const FEDERATION_KEYS = ['federation-upstream', 'federation-upstream-set', 'federation-upstream-pattern'];

function federationFault(definition: Arguments): Fault | undefined {
  const [first, second] = FEDERATION_KEYS.filter((key) => key in definition);
  if (first === undefined || second === undefined) return undefined;
  return {
    key: second,
    message: `"${first}" and "${second}" exclude each other.`,
    help: 'Keep one of them; a set names several upstreams.',
  };
}

function mirroringFault(definition: Arguments, target: Target): Fault | undefined {
  if (!canMirror(target)) return undefined;
  const { 'ha-mode': mode, 'ha-params': params } = definition;
  const any = Object.keys(definition).find((key) => key.startsWith('ha-'));
  if (any !== undefined && mode === undefined) return missing(any, 'ha-mode');
  if ((mode === 'exactly' || mode === 'nodes') && params === undefined)
    return missing('ha-mode', 'ha-params');
  if (typeof mode !== 'string' || params === undefined || fits(mode, params)) return undefined;
  return {
    key: 'ha-params',
    message: `This "ha-params" does not fit to the mode "${mode}".`,
    help: 'It is a number over 0 for the mode exactly, a list of nodes for the mode nodes, and absent for all.',
  };
}

function fits(mode: string, params: ArgumentValue): boolean {
  if (mode === 'exactly') return Number.isInteger(params) && (params as number) > 0;
  if (mode === 'nodes') {
    return Array.isArray(params) && params.length > 0 && params.every((node) => typeof node === 'string');
  }
  return mode !== 'all';
}
