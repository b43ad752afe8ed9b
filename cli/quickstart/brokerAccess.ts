/** What the quickstart asks its broker, and nobody else does. */
import { readAmqpPorts, type Overview } from '../../broker/figures/overview';
import type { Broker } from '../../broker/api/transport';
import { DEFAULT_TARGET, isTarget, TARGETS, type Target } from '../../topology/index';
import { UserError } from '../userError';

/** What the topology compiles to for this broker: `4.3` for 4.3.6. One that is newer than Warren counts as the newest. */
export function targetOf(overview: Overview): Target {
  const series = overview.version.split('.').slice(0, 2).join('.');
  if (isTarget(series)) return series;
  if (/^([4-9]|\d\d)\./.test(series)) return DEFAULT_TARGET;
  throw new UserError(
    `RabbitMQ ${overview.version} is older than Warren can serve; it needs ${TARGETS[0]} or newer`,
  );
}

/** The port for AMQP clients without TLS, else the one with; undefined where the broker listens on neither. */
export async function readAmqpPort(broker: Broker): Promise<number | undefined> {
  const { amqp, amqps } = await readAmqpPorts(broker);
  return amqp ?? amqps;
}
