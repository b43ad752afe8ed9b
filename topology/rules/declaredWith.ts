import { queueArguments } from '../compile/index';
import { settingsDefinition } from '../definitions';
import { canonicalJson } from '../objects';
import type { ResolvedQueue, ResolvedVhost } from '../resolve';
import { QUEUE_ARGUMENTS } from './keys';
import type { Finding, Rule } from './rule';

/** The declaration that the application makes must be the one that the topology makes: RabbitMQ refuses it otherwise. */
export const declaredWithConflict: Rule = {
  code: 'declared-with-conflict',
  severity: 'error',
  title: 'A queue has exactly the arguments that its application declares it with.',
  check: ({ vhosts }) => vhosts.flatMap((vhost) => vhost.queues.flatMap((queue) => additions(queue, vhost))),
};

function additions(resolved: ResolvedQueue, vhost: ResolvedVhost): Finding[] {
  const { queue } = resolved;
  const { declaredWith } = queue;
  if (declaredWith === undefined) return [];
  const defaultType = vhost.defaultQueueType ?? 'classic';
  const wanted = { ...queueArguments({ ...resolved, queue: { ...queue, declaredWith: {} } }, defaultType) };
  // Without the argument, the application gets the default type: that is the same queue.
  if (wanted['x-queue-type'] === defaultType && declaredWith['x-queue-type'] === undefined) {
    delete wanted['x-queue-type'];
  }
  return Object.entries(wanted)
    .filter(([key, value]) => canonicalJson(declaredWith[key] ?? null) !== canonicalJson(value))
    .map(([key, value]) => {
      const word = key in queue.arguments ? undefined : QUEUE_ARGUMENTS[key]?.word;
      return {
        message: `The queue "${queue.name}" would get ${key}: ${String(value)}, which its application doesn't declare it with.`,
        reason: 'RabbitMQ would refuse the declaration of the application (406).',
        help: `Add "${key}" to \`declaredWith\` once the application declares it so, or remove \`${word ?? `arguments.${key}`}\`.`,
        path: [...queue.path, 'declaredWith'],
        part: 'key' as const,
      };
    });
}

export const settingBesideArgument: Rule = {
  code: 'setting-beside-argument',
  severity: 'warning',
  title: 'A limit stands either in the arguments or in the settings of a queue.',
  check: ({ vhosts }) => vhosts.flatMap(({ queues }) => queues.flatMap(contradictions)),
};

const NUMERIC = ['message-ttl', 'expires', 'max-length', 'max-length-bytes', 'delivery-limit'];

function contradictions({ queue }: ResolvedQueue): Finding[] {
  const given = { ...queue.arguments, ...queue.declaredWith };
  return Object.entries(settingsDefinition(queue.settings)).flatMap(([key, value]) => {
    const argument = given[`x-${key}`];
    if (argument === undefined || argument === value) return [];
    const word = QUEUE_ARGUMENTS[`x-${key}`]?.word ?? key;
    const wins = NUMERIC.includes(key) ? 'the lower of the two values' : 'the argument';
    return [
      {
        message: `"${queue.name}" has ${word} beside the argument x-${key}: ${String(argument)}.`,
        reason: `On the broker, ${wins} counts.`,
        help: `Remove \`${word}\`, or the argument once the application stops declaring it.`,
        path: [...queue.path, word],
      },
    ];
  });
}
