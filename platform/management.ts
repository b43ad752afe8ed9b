/** The management API of a broker that is there already, as programs in containers and pods ask it. */
import { endpointsOf, type BrokerSettings } from '../broker/api/endpoint';
import { isLoopback } from './address';

/** Base URLs of its nodes in one form, however they were written. @throws Error in one sentence */
export function managementUrls(
  broker: Pick<BrokerSettings, 'endpoint' | 'endpoints'>,
): readonly [string, ...string[]] {
  const [first, ...others] = endpointsOf(broker);
  return [first.display, ...others.map(({ display }) => display)];
}

/**
 * @param askers who would find nobody there, e.g. "the scaler, in a container,"
 * @param wayOut as a sentence
 * @throws Error in one sentence or two
 */
export function refuseLoopback(urls: readonly string[], askers: string, wayOut: string): void {
  const own = urls.find((url) => isLoopback(new URL(url).hostname));
  if (own === undefined) return;
  throw new Error(
    `endpoint "${own}" is this machine's own loopback address, where ${askers} would find nobody. ${wayOut}`,
  );
}
