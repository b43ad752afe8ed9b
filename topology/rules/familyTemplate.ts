import { templateFault } from '../patterns/template';
import { LANGUAGE } from './rule';
import type { Rule } from './rule';

export const familyTemplate: Rule = {
  code: 'family-template',
  severity: 'error',
  title: 'A family has a placeholder such as {id} in its name.',
  reason:
    'A family stands for queues whose names differ in some part; a fixed name is a queue that can be listed.',
  help: 'Write e.g. `basket:{id}`. A queue with a fixed name stands below `queues`.',
  sources: [LANGUAGE],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    families:
      basket: { ttl: 1h }
`,
    good: `
vhosts:
  shop:
    families:
      'basket:{id}': { ttl: 1h }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ families }) =>
      families.flatMap(({ template, path }) => {
        const fault = templateFault(template);
        if (fault === undefined) return [];
        return [
          {
            message: `"${template}" is no name of a family: ${fault}.`,
            reason: 'A family stands for queues whose names differ in some part.',
            help: "Write e.g. 'events:user:{id}'. A queue with a fixed name stands below `queues`.",
            path,
            part: 'key' as const,
          },
        ];
      }),
    ),
};
