/** A broker that is only looked at. */
import type { Broker } from './transport';

/** Whatever somebody tries, nothing that could change the broker leaves this process. */
export function readOnly(broker: Broker): Broker {
  return {
    ...broker,
    request: async (request) => {
      if (request.method === 'GET') return broker.request(request);
      throw new Error(`Not sent to ${broker.endpoint}, which is only read now: ${request.action}.`);
    },
  };
}
