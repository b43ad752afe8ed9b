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

/** What a stack says of its own way there. Who asks from elsewhere trusts whom `cacertFile` names, too. */
export interface OwnWay {
  readonly cacertFile?: string;
  readonly clientcertFile?: string;
  readonly insecure?: boolean;
  /** The certificate that who asks from elsewhere shows. */
  readonly scalerClientcertFile?: string;
}

/** Who asks it from elsewhere than `up`. */
export interface Askers {
  readonly stack: string;
  /** E.g. "the scaler, in a container,". */
  readonly who: string;
  /** Where that is, in the plural. */
  readonly places: 'containers' | 'pods';
  /** What is so where they get no answer, e.g. "no fleet is scaled". */
  readonly loss: string;
  /** How a stack does without them, as the end of a sentence. */
  readonly without: string;
}

/**
 * Whether they get there as `up` does.
 * @param warn of what they may fail by
 * @throws Error in one sentence or two, for what they are bound to fail by
 */
export function checkReach(
  urls: readonly string[],
  way: OwnWay,
  askers: Askers,
  warn: (text: string) => void,
): void {
  refuseLoopback(urls, askers);
  const url = urls.find((one) => one.startsWith('https:'));
  if (url === undefined) return;
  checkInsecure(url, way, askers, warn);
  warnOfClient(url, way, askers, warn);
}

function refuseLoopback(urls: readonly string[], { who, places, without }: Askers): void {
  const own = urls.find((url) => isLoopback(new URL(url).hostname));
  if (own === undefined) return;
  throw new Error(
    `endpoint "${own}" is this machine's own loopback address, where ${who} would find nobody. Give one that ${places} reach as well as \`up\` does, or ${without}`,
  );
}

/**
 * Nobody but `up` is told of `insecure`: programs that stay would send their password to whoever answers, day and night,
 * for what was set for an experiment.
 */
function checkInsecure(
  url: string,
  { insecure = false, cacertFile }: OwnWay,
  { stack, who, loss, without }: Askers,
  warn: (text: string) => void,
): void {
  if (!insecure) return;
  const takeOut = `pulumi config rm insecure --stack ${stack}`;
  if (cacertFile === undefined) {
    throw new Error(
      `insecure has \`up\` accept any certificate of ${url}, but ${who} will check it, by the authorities that they know: where it is self-signed, or another one's, ${loss}. Take insecure out: ${takeOut}. Where \`up\` then doesn't accept it either, name its authority (a self-signed certificate is its own): pulumi config set cacertFile FILE --stack ${stack}; or ${without}`,
    );
  }
  warn(
    `insecure has \`up\` accept any certificate of ${url}, but ${who} will check it by cacertFile, with its name and its dates. Where it doesn't pass, ${loss}. Take insecure out, and \`up\` checks it, too, and says what is wrong: ${takeOut}`,
  );
}

/** The key of whoever runs `up` goes nowhere unasked. Whether the management API wants a certificate, nobody knows here. */
function warnOfClient(
  url: string,
  { clientcertFile, scalerClientcertFile }: OwnWay,
  { stack, who, loss, without }: Askers,
  warn: (text: string) => void,
): void {
  if (clientcertFile === undefined || scalerClientcertFile !== undefined) return;
  const set = ['scalerClientcertFile', 'scalerClientkeyFile'].map(
    (key) => `pulumi config set ${key} FILE --stack ${stack}`,
  );
  warn(
    `clientcertFile is for \`up\` alone: ${who} will show ${url} no certificate. Where the management API wants one, ${loss}. Give them one, best of their own, since its key goes where they are: ${set.join(' && ')}; or ${without}`,
  );
}
