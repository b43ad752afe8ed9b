/** A topology with something for every alert, and its rules for those who can't wait. */
import { stringify } from 'yaml';
import { ruleGroups } from '../../topology/render/monitoring/alerts';
import { scrapeConfig, scrapeJobs } from '../../topology/render/monitoring/scrape';
import { load } from '../../topology/index';
import type { BrokerObject, Target, Topology } from '../../topology/index';

export const EVERYTHING = `
warren: 1
broker: { nodes: 3, connectionMax: 1000, consumerTimeout: 2h }
vhosts:
  media:
    limits: { maxQueues: 100 }
    exchanges: { failed: { type: fanout } }
    queues:
      jobs:
        replicated: true
        maxLength: 10000
        overflow: reject-publish
        deadLetter: { queue: dead }
        alerts: { depth: 1000 }
      dead: { replicated: true }
      mails: { maxLength: 500, overflow: reject-publish, alerts: { depth: 400 }, deadLetter: { queue: failed-mails }, retry: { attempts: 2, delay: 10s } }
      failed-mails:
      thumbnails: { deadLetter: { exchange: failed }, alerts: { age: 10m } }
      failed-thumbnails: { bindings: [{ exchange: failed }] }
      newest: { maxLength: 1 }
      log: { type: stream, maxAge: 1d }
    families:
      'event:user:{id}': { maxLength: 100 }
users:
  worker: { roles: { media: { consumer: [jobs, mails, thumbnails] } } }
workers:
  jobs: { vhost: media, user: worker, queues: [jobs], replicas: 2, longestTask: 40m }
  mails: { vhost: media, user: worker, queues: [mails] }
  thumbnails: { vhost: media, user: worker, queues: [thumbnails], autoscale: { min: 0, max: 3 } }
`;

export function loaded(
  text: string,
  target: Target,
): { readonly topology: Topology; readonly objects: readonly BrokerObject[] } {
  const { topology, objects, diagnostics } = load(text, 't.yaml', { target });
  if (topology === undefined || objects === undefined) throw new Error(JSON.stringify(diagnostics));
  return { topology, objects };
}

/** The configuration of a Prometheus that asks these nodes each second. */
export function hurriedFiles(
  topology: Topology,
  objects: readonly BrokerObject[],
  targets: readonly string[],
): Readonly<Record<string, string>> {
  return {
    'rules.yml': hurried(topology, objects),
    'prometheus.yml': stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yml'],
      scrape_configs: scrapeJobs(topology).map((job) => scrapeConfig(job, targets)),
    }),
  };
}

/** Seconds in place of minutes: what must be so for a while, and over which time a change is one. */
function hurried(topology: Topology, objects: readonly BrokerObject[]): string {
  const groups = ruleGroups(topology, objects).map(({ name, rules }) => ({
    name,
    rules: rules.map((rule) => ({
      ...rule,
      expr: rule.expr.replace(/\[\d+m\]/g, '[10s]'),
      ...(rule.for === undefined ? {} : { for: '2s' }),
    })),
  }));
  return stringify({ groups }, { aliasDuplicateObjects: false });
}
