import type { Finding, Rule } from './rule';
import { docs } from './rule';

export const groupSize: Rule = {
  code: 'group-size',
  severity: 'warning',
  title: 'A queue has no more copies than the cluster has nodes.',
  reason: 'A node holds one copy at most: the queue would have fewer than it says.',
  help: 'Lower the number of copies, or add nodes.',
  sources: [docs('quorum-queues#replication-factor')],
  isAdvice: true,
  example: {
    bad: `
broker: { nodes: 3 }
vhosts:
  shop:
    queues:
      paid: { type: quorum, targetGroupSize: 5 }
`,
    good: `
broker: { nodes: 3 }
vhosts:
  shop:
    queues:
      paid: { type: quorum, targetGroupSize: 3 }
`,
  },
  check: ({ topology: { broker, vhosts } }) => {
    const nodes = broker?.nodes;
    if (nodes === undefined) return [];
    return vhosts
      .flatMap(({ queues }) => queues)
      .flatMap(({ name, path, initialClusterSize, settings: { targetGroupSize } }) =>
        Object.entries({ initialClusterSize, targetGroupSize }).flatMap(([word, size]): Finding[] => {
          if (size === undefined || size <= nodes) return [];
          return [
            {
              message: `"${name}" asks for ${size} copies, and the cluster has ${nodes} ${nodes === 1 ? 'node' : 'nodes'}.`,
              reason: 'A node holds one copy at most.',
              help: `Say \`${word}: ${nodes}\` or less, or raise \`broker.nodes\`.`,
              path: [...path, word],
            },
          ];
        }),
      );
  },
};
