import { inject } from 'vitest';
import type { BrokerVersion } from './brokers';
import { chrootObstacle } from './chrootBroker';

/** Why a test can't have a node of its own with this version, for `it.skipIf`; undefined when it can. */
export function ownNodeObstacle(version: BrokerVersion): string | undefined {
  const isMissing = inject('missingBrokers').some((missing) => missing.version === version);
  return isMissing ? 'this version is not tested here' : chrootObstacle();
}
