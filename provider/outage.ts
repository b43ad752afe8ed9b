/** Many resources run into the same wall at once, also in the middle of an operation: the wall is described once. */
import type { Broker } from '../broker/api/transport';
import type { BrokerErrorKind } from '../broker/api/errors';
import { BrokerError, isBrokerError } from '../broker/api/errors';

const OUTAGES = ['unreachable', 'timeout', 'unavailable', 'unauthorized', 'notRabbitMQ'] as const;

export interface Outage {
  /** The failure as it is to be told: in full the first time, then as "not done". Other failures are left alone. */
  told(error: unknown, ...furtherKinds: readonly BrokerErrorKind[]): unknown;
  /** The broker answers: the next failure is another one. */
  over(): void;
}

export function openOutage(): Outage {
  let isTold = false;
  return {
    told: (error, ...furtherKinds) => {
      // A 500 is about one request, and the others may go well.
      if (!isBrokerError(error, ...OUTAGES, ...furtherKinds) || error.status === 500) return error;
      if (isTold) return sameFailure(error);
      isTold = true;
      return error;
    },
    over: () => {
      isTold = false;
    },
  };
}

/** The broker, whose outages are told once. */
export function tellingOnce(broker: Broker, outage: Outage): Broker {
  return {
    ...broker,
    request: async (request) => {
      try {
        const reply = await broker.request(request);
        outage.over();
        return reply;
      } catch (error) {
        throw outage.told(error);
      }
    },
  };
}

function sameFailure(error: BrokerError): BrokerError {
  const { kind, status, code } = error;
  return new BrokerError({
    kind,
    ...(status === undefined ? {} : { status }),
    ...(code === undefined ? {} : { code }),
    message: 'Not done: the broker could not be used, for the reason that is shown at another resource.',
  });
}
