/** A topology with something for every alert. */
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
