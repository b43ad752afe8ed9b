import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';

export const segmentSize: Rule = {
  code: 'segment-size',
  severity: 'error',
  title: "A stream's segments have at most 3 GB.",
  reason: 'RabbitMQ refuses the policy otherwise.',
  help: 'Say less; 500MB is the default.',
  sources: [docs('streams#retention'), measured('400: … is not a valid segment size')],
  isAdvice: false,
  example: {
    bad: `
vhosts:
  shop:
    queues:
      log: { type: stream, maxAge: 7d, maxSegmentSize: 4GB }
`,
    good: `
vhosts:
  shop:
    queues:
      log: { type: stream, maxAge: 7d, maxSegmentSize: 1GB }
`,
  },
  check: ({ topology: { vhosts } }) =>
    vhosts.flatMap(({ queues, families }) =>
      [...queues, ...families].flatMap(({ path, settings: { maxSegmentSizeBytes } }): Finding[] => {
        if (maxSegmentSizeBytes === undefined || maxSegmentSizeBytes <= SEGMENT_BYTES_MAX) return [];
        return [
          {
            message: 'These segments are too large.',
            reason: 'RabbitMQ takes 3,000,000,000 bytes at most.',
            help: 'Say less; 500MB is the default.',
            path: [...path, 'maxSegmentSize'],
          },
        ];
      }),
    ),
};

const SEGMENT_BYTES_MAX = 3_000_000_000;
