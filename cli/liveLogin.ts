/** Where a living broker is, and who logs in there. */
import type { BrokerSettings } from '../broker/api/endpoint';
import { BROKER_VARIABLES } from '../broker/api/environment';
import { UserError } from './userError';

export const LIVE_PREFIX = 'live:';

/**
 * For where a file may be meant as well as `live:URL`.
 * @throws UserError for a URL alone
 */
export function refuseBareUrl(source: string): void {
  if (!/^https?:\/\//i.test(source)) return;
  // A URL with a login in it isn't repeated.
  const [what, url] = source.includes('@') ? ['a URL', 'URL'] : [source, source];
  throw new UserError(
    `${what} is no file: a broker is ${LIVE_PREFIX}${url}, and who logs in there stands in the environment (${BROKER_VARIABLES.username} and ${BROKER_VARIABLES.password})`,
  );
}

/**
 * The settings for `live:URL`. Who logs in stands in the environment: a password on a command line is seen by everybody
 * on the machine.
 * @throws UserError where nobody does
 */
export function liveSettings(source: string, env: NodeJS.ProcessEnv): BrokerSettings {
  const text = (name: keyof typeof BROKER_VARIABLES): string => env[BROKER_VARIABLES[name]] ?? '';
  const [username, password] = [text('username'), text('password')];
  if (username === '' || password === '') {
    throw new UserError(
      `${LIVE_PREFIX} needs a login: set ${BROKER_VARIABLES.username} and ${BROKER_VARIABLES.password} in the environment, of a user with the tag administrator`,
    );
  }
  const given = (['cacertFile', 'clientcertFile', 'clientkeyFile', 'proxy'] as const)
    .map((name) => [name, text(name)] as const)
    .filter(([, value]) => value !== '');
  return {
    endpoint: source.slice(LIVE_PREFIX.length),
    username,
    password,
    ...Object.fromEntries(given),
    insecure: /^(1|true)$/i.test(text('insecure')),
  };
}
