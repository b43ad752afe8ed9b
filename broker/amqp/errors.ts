/** Why a broker can't be reached over AMQP, or refuses something there, in the words of whoever has to mend it. */
import { displayOf, type AmqpAddress, type AmqpSettings } from './address';

/** How far it came. */
export type AmqpStage = 'name' | 'connect' | 'tls' | 'login' | 'vhost' | 'operation';

export class AmqpError extends Error {
  constructor(
    readonly stage: AmqpStage,
    message: string,
  ) {
    super(message);
    this.name = 'AmqpError';
  }
}

type Told = readonly [stage: AmqpStage, fault: string];

/** Of a connection that didn't come about. */
export function amqpError(error: unknown, settings: AmqpSettings, vhost: string): AmqpError {
  if (error instanceof AmqpError) return error;
  const { address, username } = settings;
  const { code, message } = error as NodeJS.ErrnoException;
  const [stage, fault] = byCode(code, address) ?? byWords(message, vhost) ?? byEnd(message, address);
  return new AmqpError(stage, `Cannot connect to ${displayOf(address)} as "${username}": ${fault}`);
}

function byCode(code: string | undefined, { host, port }: AmqpAddress): Told | undefined {
  switch (code) {
    case undefined:
      return undefined;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['name', `nobody knows the name ${host} (${code}). ${otherNameFor(host, port)}`];
    case 'ECONNREFUSED':
      return [
        'connect',
        `nothing listens on port ${port} there. Is RabbitMQ up, and is that its port for AMQP? Another one: --amqp amqp://HOST:PORT.`,
      ];
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return ['connect', `no answer (${code}): a firewall, or an address that can't be reached from here.`];
    default:
      if (!/CERT|SSL|TLS|SIGNATURE|EPROTO/.test(code)) return undefined;
      return [
        'tls',
        `its certificate isn't trusted, or it doesn't speak TLS there (${code}). Say which authority to trust: the stack's setting cacertFile, or RABBITMQ_CACERT; plain AMQP is amqp://.`,
      ];
  }
}

function otherNameFor(host: string, port: number): string {
  const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.|$)/.exec(host) ?? [];
  if (service === undefined || namespace === undefined)
    return `Name the broker's address for this machine: --amqp amqp://HOST:PORT.`;
  const way = `kubectl port-forward --namespace ${namespace} service/${service} ${port}`;
  return `It is known inside of its Kubernetes cluster only: run \`${way}\` beside this, and say --amqp amqp://127.0.0.1:${port} (amqps:// with TLS).`;
}

function byWords(message: string, vhost: string): Told | undefined {
  if (/connect ETIMEDOUT|timed? ?out/i.test(message))
    return ['connect', 'no answer in time: a firewall, or not AMQP there.'];
  // The library doesn't hand on what the broker says there.
  if (message.includes('got <ConnectionClose')) {
    return [
      'vhost',
      `the broker doesn't let it into the vhost "${vhost}": there is none of that name, it has no permissions there (a role in the topology, and \`warren up\`), or the vhost or the user has as many connections as it may.`,
    ];
  }
  if (/ACCESS.REFUSED/.test(message)) {
    return [
      'login',
      `the broker refuses this user name and password. A stack's are made by \`warren up\`; another login may have been rotated away.`,
    ];
  }
  return undefined;
}

function byEnd(message: string, { scheme }: AmqpAddress): Told {
  if (/closed (abruptly|during)|ECONNRESET|disconnected before/i.test(message)) {
    const other =
      scheme === 'amqp' ? 'a port for TLS takes amqps:// only' : 'a plain port takes amqp:// only';
    return [
      'connect',
      `the connection was closed before it was one: ${other}, and other services none of them.`,
    ];
  }
  return ['connect', `${reasonIn(message)}.`];
}

/** RabbitMQ's own words, without those of the library around them. */
export function reasonIn(message: string): string {
  return /with message "(?:[A-Z_]+ - )?(.+)"$/s.exec(message)?.[1] ?? message.replace(/\.$/, '');
}

/**
 * The exchange that a publisher may not write to, by RabbitMQ's own words (3.10 doesn't say what may not be done);
 * undefined where they are about something else.
 */
export function forbiddenExchange(message: string): string | undefined {
  const name = /access to exchange '(.*)' in vhost '.*' refused/s.exec(message)?.[1];
  return name === 'amq.default' ? '' : name;
}
