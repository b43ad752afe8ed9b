/** A living broker as a side of a diff, or as the source of its figures. */
import { readLiveFigures } from '../../broker/figures/liveNumbers';
import type { LiveFigures } from '../../broker/figures/liveNumbers';
import { readOverview } from '../../broker/figures/overview';
import { readSnapshot } from '../../broker/snapshot';
import { openBroker } from '../../broker/api/transport';
import type { BrokerObject, QueueObject } from '../../topology/objects';
import { LIVE_PREFIX, liveSettings } from '../liveLogin';

export interface LiveBroker {
  readonly objects: readonly BrokerObject[];
  readonly isExclusive: (queue: QueueObject) => boolean;
  readonly figures: LiveFigures;
  /** E.g. `4.0.5`. */
  readonly version: string;
}

/**
 * Reads everything of the broker at `live:URL`, or at the URL alone, and its figures.
 * @throws UserError, SettingsError or BrokerError
 */
export async function readLive(source: string, env: NodeJS.ProcessEnv = process.env): Promise<LiveBroker> {
  const url = source.startsWith(LIVE_PREFIX) ? source : LIVE_PREFIX + source;
  const broker = openBroker(liveSettings(url, env));
  try {
    const [snapshot, figures, { version }] = await Promise.all([
      readSnapshot(broker),
      readLiveFigures(broker),
      readOverview(broker),
    ]);
    return {
      objects: snapshot.objects(),
      isExclusive: (queue) => snapshot.isExclusive(queue),
      figures,
      version,
    };
  } finally {
    await broker.close();
  }
}
