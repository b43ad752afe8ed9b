/** Logging in to a broker's management API as the first of several users who gets in. */
import type { BrokerSettings } from '../broker/api/endpoint';
import { BrokerError, isBrokerError } from '../broker/api/errors';
import { whoAmI } from '../broker/figures/overview';
import { openBroker, type Broker } from '../broker/api/transport';

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** Fails as the last of them did, and names those before it. */
export async function openAsFirst(
  settings: Omit<BrokerSettings, keyof Login>,
  logins: readonly Login[],
): Promise<Broker> {
  let failure: unknown = new Error('no login to try');
  for (const login of logins) {
    const broker = openBroker({ ...settings, ...login });
    try {
      await whoAmI(broker);
      return broker;
    } catch (error) {
      await broker.close();
      failure = error;
      if (!isBrokerError(error, 'unauthorized')) throw error;
    }
  }
  if (logins.length < 2 || !isBrokerError(failure)) throw failure;
  const names = logins.map(({ username }) => `"${username}"`).join(', ');
  throw new BrokerError({
    kind: failure.kind,
    message: `None of the users ${names} can log in with the passwords that are known for them. ${failure.message}`,
  });
}
