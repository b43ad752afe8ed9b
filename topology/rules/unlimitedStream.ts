import type { ResolvedVhost } from '../resolve/index';
import { effective } from './effective';
import { docs } from './rule';
import type { Finding, Rule } from './rule';

export const unlimitedStream: Rule = {
  code: 'unlimited-stream',
  severity: 'warning',
  title: 'A stream keeps its messages for some time, or up to some size.',
  reason:
    'Reading takes nothing out of a stream: without a limit it grows until the disk is full, and then all publishers are blocked.',
  help: 'Say `maxAge` or `maxLengthBytes`.',
  sources: [docs('streams#retention')],
  isAdvice: true,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      log: { type: stream }
`,
    good: `
vhosts:
  shop:
    queues:
      log: { type: stream, maxAge: 7d }
`,
  },
  check: ({ vhosts }) => vhosts.flatMap(checkVhost),
};

function checkVhost({ vhost, queues }: ResolvedVhost): Finding[] {
  const unlimited = queues.filter(
    (resolved) =>
      resolved.type === 'stream' &&
      effective(resolved, vhost, 'max-age') === undefined &&
      effective(resolved, vhost, 'max-length-bytes') === undefined,
  );
  // The partitions of a super stream stand at one place.
  const places = new Map(unlimited.map(({ queue }) => [JSON.stringify(queue.path), queue]));
  return [...places.values()].map(({ name, path, isGenerated }) => ({
    message:
      isGenerated === true
        ? 'This super stream keeps its messages for ever.'
        : `The stream "${name}" keeps its messages for ever.`,
    reason: 'It grows until the disk is full.',
    help: 'Say `maxAge` or `maxLengthBytes`.',
    path,
    part: 'key' as const,
  }));
}
