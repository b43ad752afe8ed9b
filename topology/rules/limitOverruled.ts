import type { Policy, Vhost } from '../model';
import type { Arguments, ArgumentValue } from '../objects';
import type { ResolvedQueue, ResolvedVhost } from '../resolve/index';
import { settingsDefinition } from '../resolve/policyDefinitions';
import { operatorDefinition } from './effective';
import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';
import { QUEUE_ARGUMENTS } from './queueArguments';

export const limitOverruled: Rule = {
  code: 'limit-overruled',
  severity: 'warning',
  title: 'A queue does not ask for more than the quotas and operator policies allow.',
  reason: 'The operator policy counts where it is lower: the queue would have another limit than it says.',
  help: 'Lower the limit of the queue, or raise the quota.',
  sources: [
    docs('policies#operator-policies'),
    measured('of two limits the lower counts; from 4.0 on the overflow of an operator policy counts'),
  ],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    quotas: { maxLength: 1000 }
    queues:
      paid: { maxLength: 5000 }
`,
    good: `
vhosts:
  shop:
    quotas: { maxLength: 10000 }
    queues:
      paid: { maxLength: 5000 }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(checkVhost),
};

function checkVhost({ vhost, queues, families }: ResolvedVhost): Finding[] {
  const quotas = settingsDefinition(vhost.quotas ?? {});
  return [
    ...queues.flatMap((resolved) => checkQueue(resolved, vhost)),
    ...families.flatMap(({ family }) =>
      overruled(settingsDefinition(family.settings), quotas, `The quotas of "${vhost.name}"`).map(
        ({ word, ...finding }) => ({ ...finding, path: [...family.path, word] }),
      ),
    ),
    ...vhost.policies.flatMap((policy) => checkPolicy(policy, vhost, quotas)),
  ];
}

function checkQueue(resolved: ResolvedQueue, vhost: Vhost): Finding[] {
  const { queue, ownDefinition } = resolved;
  if (Object.keys(ownDefinition).length === 0 || queue.isGenerated === true) return [];
  const operator = operatorDefinition(resolved, vhost);
  return overruled(ownDefinition, operator, `The operator policy for "${queue.name}"`).map(
    ({ word, ...finding }) => ({ ...finding, path: [...queue.path, word] }),
  );
}

function checkPolicy({ definition, path, applyTo }: Policy, vhost: Vhost, quotas: Arguments): Finding[] {
  if (applyTo === 'exchanges') return [];
  return overruled(definition, quotas, `The quotas of "${vhost.name}"`).map(({ key, ...finding }) => ({
    ...finding,
    path: [...path, 'definition', key],
  }));
}

type Overruled = Omit<Finding, 'path'> & { readonly key: string; readonly word: string };

function overruled(wanted: Arguments, operator: Arguments, who: string): Overruled[] {
  return Object.entries(operator).flatMap(([key, limit]): Overruled[] => {
    const asked = wanted[key];
    if (asked === undefined || !counts(key, asked, limit)) return [];
    return [
      {
        key,
        word: QUEUE_ARGUMENTS[`x-${key}`]?.word ?? key,
        message: `${who} allows ${key} ${String(limit)}, not ${String(asked)}.`,
        reason: 'On the broker, the operator policy counts.',
        help: 'Ask for what is allowed, or raise the quota.',
      },
    ];
  });
}

function counts(key: string, asked: ArgumentValue, limit: ArgumentValue): boolean {
  if (key === 'overflow') return asked !== limit;
  if (typeof asked !== 'number' || typeof limit !== 'number') return false;
  // A limit of -1 is none.
  return asked < 0 ? limit >= 0 : limit >= 0 && limit < asked;
}
