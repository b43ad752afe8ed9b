import { docs, measured } from './rule';
import type { Finding, Rule } from './rule';
import { isAtLeast } from '../target';
import type { Topology } from '../model';
import type { Path } from '../source/index';

export const transientRefused: Rule = {
  code: 'transient-refused',
  severity: 'error',
  title: 'No queue is transient where `broker.deprecatedFeatures` switches them off.',
  reason: 'RabbitMQ refuses such a queue (541), also when an application declares it.',
  help: 'Make the queue durable; for a short-lived one, add `expires`. Or permit transient_nonexcl_queues.',
  sources: [
    docs('deprecated-features'),
    measured(
      '400 over HTTP, 541 over AMQP on 4.0 and 4.3 with deprecated_features.permit.transient_nonexcl_queues = false',
    ),
  ],
  isAdvice: false,
  example: {
    bad: `
broker:
  deprecatedFeatures: { transient_nonexcl_queues: false }
vhosts:
  shop:
    queues:
      paid: { durable: false }
`,
    good: `
broker:
  deprecatedFeatures: { transient_nonexcl_queues: false }
vhosts:
  shop:
    queues:
      paid:
`,
  },
  check: ({ topology }) =>
    areTransientQueuesRefused(topology)
      ? topology.vhosts.flatMap(({ queues, families, celery }) => [
          ...queues
            .filter(({ durable }) => !durable)
            .map(({ name, path }) => refused(`The queue "${name}" is`, path)),
          ...families
            .filter(({ durable }) => !durable)
            .map(({ template, path }) => refused(`The queues of the family "${template}" are`, path)),
          ...(celery?.resultBackend?.startsWith('rpc:') === true ? [refusedResults(celery.path)] : []),
        ])
      : [],
};

/** The switch exists from 3.13 on. */
export function areTransientQueuesRefused({ broker, target }: Topology): boolean {
  return broker?.deprecatedFeatures.transient_nonexcl_queues === false && isAtLeast(target, '3.13');
}

/** Celery has settings that make its other queues exclusive, which `warren render` writes, but none for these. */
function refusedResults(path: Path): Finding {
  return {
    message: 'Celery keeps the results of rpc:// in transient queues, and this broker refuses such queues.',
    reason: 'Whoever sends a task would be cut off (541).',
    help: 'Use another result backend, or permit transient_nonexcl_queues.',
    path: [...path, 'resultBackend'],
  };
}

function refused(what: string, path: Path): Finding {
  return {
    message: `${what} not durable, and this broker refuses such queues.`,
    reason: '`deprecatedFeatures` switches them off.',
    help: 'Make it durable; for a short-lived one, add `expires`. Or permit transient_nonexcl_queues.',
    path: [...path, 'durable'],
  };
}
