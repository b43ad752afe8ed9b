import { nearest } from '../names';
import { USER_TAGS } from '../userTags';
import { docs } from './rule';
import type { Rule } from './rule';

const KNOWN_TAGS = [...USER_TAGS.keys()];

export const misspeltTag: Rule = {
  code: 'misspelt-tag',
  severity: 'warning',
  title: "No user's tag is nearly one that RabbitMQ knows.",
  reason: 'RabbitMQ takes any word for a tag, and gives no right for one that it does not know.',
  help: `Write it as RabbitMQ does: ${KNOWN_TAGS.join(', ')}.`,
  sources: [docs('management#permissions'), docs('access-control#user-tags')],
  isAdvice: true,
  example: {
    bad: "users: { ops: { tags: [administrater], permissions: { shop: { read: '^paid$' } } } }\nvhosts: { shop: { queues: { paid: } } }",
    good: "users: { ops: { tags: [administrator], permissions: { shop: { read: '^paid$' } } } }\nvhosts: { shop: { queues: { paid: } } }",
  },
  check: ({ topology: { users } }) =>
    users.flatMap(({ tags, path, name }) =>
      tags.flatMap((tag, index) => {
        const meant = nearest(tag, KNOWN_TAGS);
        if (meant === undefined || meant === tag) return [];
        return [
          {
            message: `RabbitMQ knows no tag "${tag}".`,
            reason: `The user "${name}" gets no right by it.`,
            help: `Did you mean "${meant}"?`,
            path: [...path, 'tags', index],
          },
        ];
      }),
    ),
};
