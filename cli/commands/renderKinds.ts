/** What `warren render` can write: one line per kind. The renderers themselves are in topology/render/. */
import type { BrokerObject, Topology } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { renderRabbitmqConf } from '../../topology/render/rabbitmqConf';

export interface RenderInput {
  readonly topology: Topology;
  readonly objects: readonly BrokerObject[];
}

export interface RenderKind {
  /** For the help of `--to`. */
  readonly description: string;
  /** The whole output, with its last line end. */
  readonly render: (input: RenderInput) => string;
}

export const RENDER_KINDS: ReadonlyMap<string, RenderKind> = new Map<string, RenderKind>([
  [
    'definitions',
    {
      description: 'a definitions.json without users’ passwords',
      render: ({ objects }) => json(renderDefinitions(objects)),
    },
  ],
  [
    'rabbitmq-conf',
    {
      description: 'a rabbitmq.conf with what stands below `broker`',
      render: ({ topology }) => renderRabbitmqConf(topology),
    },
  ],
]);

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
