import type { Path } from '../source/index';
import type { QueueType } from '../objects';
import type { Settings } from '../model';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';
import { SETTING_FACTS, settingCounts } from './settingFacts';

export const ignoredSetting: Rule = {
  code: 'ignored-setting',
  severity: 'warning',
  title: 'A setting means something to the type of its queue.',
  reason: 'RabbitMQ ignores what the type of a queue does not have: the file would promise what is not so.',
  help: 'Remove the setting, or give the queue another type.',
  sources: [
    docs('quorum-queues#feature-comparison'),
    docs('streams#feature-comparison'),
    measured('a policy applies to queues of any type, and each takes what it knows'),
    'https://github.com/rabbitmq/rabbitmq-server/issues/16983',
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      log: { type: stream, ttl: 7d }
`,
    good: `
vhosts:
  shop:
    queues:
      log: { type: stream, maxAge: 7d }
`,
  },
  check: ({ topology: { target }, vhosts }) =>
    vhosts.flatMap(({ queues }) =>
      queues.flatMap(({ queue, type }) => [
        ...ignored(queue.settings, queue.path, type, target),
        ...(queue.alerts?.ageMs === undefined || type === 'classic' ? [] : [untoldAge(queue.path, type)]),
      ]),
    ),
};

function untoldAge(path: Path, type: QueueType): Finding {
  return {
    message: `\`alerts.age\` means nothing to a ${type} queue.`,
    reason: 'RabbitMQ tells the time of the oldest message of classic queues alone.',
    help: 'Say `alerts: {depth: N}`, or take it out.',
    path: [...path, 'alerts', 'age'],
    part: 'key',
  };
}

function ignored(settings: Settings, path: Path, type: QueueType, target: Target): Finding[] {
  const words = SETTING_FACTS.filter(
    (fact) =>
      settings[fact.key] !== undefined &&
      !settingCounts(fact, type, target) &&
      // Without a limit a classic queue is what the file says.
      !(fact.key === 'deliveryLimit' && settings.deliveryLimit === -1),
  ).map(({ word, types }) => ({ word, types }));
  const findings = words.map(({ word, types }) => ({
    message: `\`${word}\` means nothing to a ${type} queue of RabbitMQ ${target}.`,
    reason: REASONS[word] ?? 'RabbitMQ takes the policy, and this queue ignores it.',
    help: `Remove it${types.includes(type) ? '' : `, or say \`type: ${types.join('` or `')}\``}.`,
    path: [...path, word],
    part: 'key' as const,
  }));
  if (settings.queueVersion !== 1 || type !== 'classic' || !isAtLeast(target, '4.3')) return findings;
  return [
    ...findings,
    {
      message: `RabbitMQ ${target} has no queues of version 1.`,
      reason: 'It takes the policy, and stores the queue in version 2.',
      help: 'Remove it.',
      path: [...path, 'queueVersion'],
    },
  ];
}

const REASONS: Readonly<Record<string, string>> = {
  deliveryLimit: 'Only quorum queues count deliveries: a message that always fails comes back for ever.',
  consumerTimeout:
    'Streams never had it, and from 4.3 on only quorum queues do: a stuck consumer keeps its messages.',
};
