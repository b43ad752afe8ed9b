import { templateFault } from '../patterns/template';
import type { Rule } from './rule';

export const familyTemplate: Rule = {
  code: 'family-template',
  severity: 'error',
  title: 'A family has a placeholder such as {id} in its name.',
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
