/** A vhost from YAML, and what the simulator says of it. */
import { expect } from 'vitest';
import { load } from '../../../topology/index';
import type { Target } from '../../../topology/index';
import { publish } from '../../../topology/route/publish';
import type { Message, Publication } from '../../../topology/route/publish';
import { routedVhosts } from '../../../topology/route/vhost';
import type { RoutedVhost } from '../../../topology/route/vhost';
import { RIG_PLUGINS } from '../../rigs/plugins';

/** One that isn't known may bring any type of exchange. */
const PLUGINS = [...RIG_PLUGINS, 'of_our_own'];

/** The vhost of a topology without errors, given as the YAML of that vhost. */
export function vhostOf(yaml: string, target: Target = '4.3'): RoutedVhost {
  const { objects, topology, diagnostics } = load(
    // What RabbitMQ makes of a strategy that lacks something is part of what is simulated.
    `warren: 1\nrules: { at-least-once: off }\nbroker: { plugins: [${PLUGINS.join()}] }\nvhosts:\n  v: ${yaml.replace(/\n/g, '\n    ')}\n`,
    't.yaml',
    { target },
  );
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const vhost =
    objects === undefined || topology === undefined ? undefined : routedVhosts(objects, topology).get('v');
  if (vhost === undefined) throw new Error('The topology did not compile');
  return vhost;
}

export function routed(vhost: RoutedVhost, message: Partial<Message> & { exchange: string }): Publication {
  return publish(vhost, { routingKey: '', headers: {}, ...message });
}

/** The queues that a message reaches, sorted. */
export function deliveries(vhost: RoutedVhost, message: Partial<Message> & { exchange: string }): string[] {
  const publication = routed(vhost, message);
  if (publication.kind !== 'routed') throw new Error(publication.kind);
  return publication.routing.deliveries.map(({ queue }) => queue).sort();
}
