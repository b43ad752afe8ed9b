/** A topology as a large company has it: thousands of queues of a few kinds, and everything else in proportion. */

const POLICIES = 50;
const USERS = 200;
const WORKERS = 100;

export function largeTopology(queues: number): string {
  const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  return [
    'warren: 1',
    'vhosts:',
    '  v:',
    '    exchanges:',
    '      events: { type: topic }',
    '    families:',
    "      'session:{id}': { ttl: 30m, maxLength: 100 }",
    '    policies:',
    ...range(POLICIES).map(
      (index) =>
        `      p${index}: { pattern: '^team${index}\\.', priority: ${index}, applyTo: queues, definition: { max-length: ${1000 + index} } }`,
    ),
    '    queues:',
    '      dead: {}',
    ...range(queues).flatMap((index) => [
      `      team${index % POLICIES}.queue${index}:`,
      `        ttl: ${(index % 7) + 1}h`,
      `        maxLength: ${1000 * ((index % 5) + 1)}`,
      ...(index % 10 === 0 ? ['        replicated: true'] : []),
      '        deadLetter: { queue: dead }',
      `        bindings: [{ exchange: events, routingKey: 'team${index % POLICIES}.event${index}.#' }]`,
    ]),
    'users:',
    ...range(USERS).map(
      (index) =>
        `  user${index}: { permissions: { v: { write: '^events$', read: '^team${index % POLICIES}\\..+$' } } }`,
    ),
    '  operator: { permissions: { v: { read: "^dead$" } } }',
    'workers:',
    ...range(WORKERS).map(
      (index) =>
        `  worker${index}: { vhost: v, user: user${index}, prefetch: 10, queues: [${range(queues)
          .filter((queue) => queue % WORKERS === index)
          .map((queue) => `team${queue % POLICIES}.queue${queue}`)
          .join(', ')}] }`,
    ),
    '',
  ].join('\n');
}
