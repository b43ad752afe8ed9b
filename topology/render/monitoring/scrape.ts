/**
 * What Prometheus asks each node for. The aggregated metrics are few; of the queues' own only those families that the
 * rules and the dashboard need, and of these only some metrics: RabbitMQ 4.3 has 60 of Raft's for each quorum queue.
 */
import { isAtLeast } from '../../target';
import type { Topology } from '../../model';
import type { Target } from '../../target';

export interface ScrapeJob {
  readonly name: string;
  readonly path: string;
  readonly families: readonly string[];
  /** Of the names of metrics that are kept; all where it is left out. */
  readonly keep?: string;
}

/** What decides on the metrics that are needed. */
export type Watched = Pick<Topology, 'target' | 'vhosts'>;

export const NODES_JOB = 'rabbitmq';
export const QUEUES_JOB = 'rabbitmq-queues';
export const METRICS_PORT = 15_692;

/** How far the Raft log of a queue's member is, by the name of 3.10 to 4.2 and by that of 4.3: whoever has it runs a member. */
export const RAFT_METRIC = 'rabbitmq_detailed_raft_(log_)?commit_index';

export function scrapeJobs({ target, vhosts }: Watched): readonly ScrapeJob[] {
  const hasAges = vhosts.some(({ queues, families }) =>
    [...queues, ...families].some(({ alerts }) => alerts?.ageMs !== undefined),
  );
  const families = [
    ...['queue_coarse_metrics', 'queue_consumer_count', 'ra_metrics'],
    ...(hasAcknowledgements(target) ? ['queue_delivery_metrics'] : []),
    // Thirty metrics of each queue, for one: only where somebody wants it.
    ...(hasAges ? ['queue_metrics'] : []),
  ];
  return [
    { name: NODES_JOB, path: '/metrics', families: [] },
    {
      name: QUEUES_JOB,
      path: '/metrics/detailed',
      families,
      keep: `rabbitmq_detailed_queue_(messages|messages_ready|messages_unacked|messages_acked_total|consumers|head_message_timestamp)|${RAFT_METRIC}`,
    },
  ];
}

/** Per queue, without its channels: 3.10 lacks them. */
export function hasAcknowledgements(target: Target): boolean {
  return isAtLeast(target, '4.0');
}

/** As it stands in Prometheus' own configuration. */
export function scrapeConfig(
  { name, path, families, keep }: ScrapeJob,
  targets: readonly string[],
): Readonly<Record<string, unknown>> {
  return {
    job_name: name,
    metrics_path: path,
    ...(families.length === 0 ? {} : { params: { family: families } }),
    static_configs: [{ targets }],
    ...(keep === undefined
      ? {}
      : { metric_relabel_configs: [{ source_labels: ['__name__'], regex: keep, action: 'keep' }] }),
  };
}
