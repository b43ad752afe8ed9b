import type { Settings } from '../model';
import type { Path } from '../source/index';
import { isAtLeast } from '../target';
import type { Target } from '../target';
import { parameterField } from './parameterField';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';
import { SETTING_FACTS } from './settingFacts';

export const settingVersion: Rule = {
  code: 'setting-version',
  severity: 'error',
  title: 'The target knows what the topology asks for.',
  reason:
    'RabbitMQ refuses a whole policy for one key that its series does not know, and ignores other things that are too new for it.',
  help: 'Remove the setting, or change the target once the broker is upgraded.',
  sources: [
    docs('policies#what-is-a-policy'),
    measured('400: … are not recognised policy settings; deletion protection is 405 on 4.0'),
  ],
  isAdvice: false,
  example: {
    bad: `
target: '4.0'
vhosts:
  shop:
    queues:
      paid: { type: quorum, delayedRetry: { min: 1s } }
`,
    good: `
target: '4.3'
vhosts:
  shop:
    queues:
      paid: { type: quorum, delayedRetry: { min: 1s } }
`,
  },
  check: ({ topology: { target, vhosts } }) =>
    vhosts.flatMap(({ path, deletionProtection, queues, families, parameters }) => [
      ...queues.flatMap(({ settings, retry, path: queuePath }) =>
        // What a retry asks for has a rule of its own.
        tooNew(settings, queuePath, target).filter(
          ({ path: at }) => retry?.method !== 'delayed-retry' || at.at(-1) !== 'delayedRetry',
        ),
      ),
      ...families.flatMap((family) => tooNew(family.settings, family.path, target)),
      ...(deletionProtection === undefined || isAtLeast(target, '4.1')
        ? []
        : [lacking('deletionProtection', '4.1', path, target)]),
      ...parameters
        .filter((upstream) => upstream.component === 'federation-upstream')
        .filter((upstream) => parameterField(upstream, 'queue-type') !== undefined)
        .filter(() => !isAtLeast(target, '3.13'))
        .map((upstream) => lacking('queueType', '3.13', upstream.path, target)),
    ]),
};

function tooNew(settings: Settings, path: Path, target: Target): Finding[] {
  return [
    ...SETTING_FACTS.flatMap(({ key, word, since }) =>
      settings[key] === undefined || since === undefined || isAtLeast(target, since)
        ? []
        : [lacking(word, since, path, target)],
    ),
  ];
}

function lacking(word: string, since: Target, path: Path, target: Target): Finding {
  return {
    message: `RabbitMQ ${target} has no \`${word}\`.`,
    reason: `It exists from ${since} on.`,
    help: 'Remove it, or change the target.',
    path: [...path, word],
    part: 'key',
  };
}
