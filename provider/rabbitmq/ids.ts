/**
 * Ids as the bridged provider writes them: `name@vhost`. Names and vhosts may hold `@` themselves, so an id alone
 * can be ambiguous: the names come from the state wherever there is one.
 */
import type { Broker } from '../../broker/api/transport';
import type { Inputs } from '../inputs';
import * as vhosts from '../../broker/kinds/vhosts';
import { UserError } from '../userError';

export interface NameInVhost {
  readonly name: string;
  readonly vhost: string;
}

/** Of a queue or an exchange. RabbitMQ takes line breaks out of it, and would make one of another name. */
export function nameOnBroker(inputs: Inputs): string {
  const name = inputs.text('name');
  if (/[\r\n]/.test(name)) inputs.fail('name', 'has a line break, which RabbitMQ would take out of it');
  return name;
}

export function idInVhost(name: string, vhost: string): string {
  return `${name}@${vhost}`;
}

/**
 * For an import, which has the id alone: the one reading of it under which something exists. Undefined where
 * none does; an error where several do.
 */
export async function resolveId<T>(
  broker: Broker,
  id: string,
  read: (reading: NameInVhost) => Promise<T | undefined>,
): Promise<T | undefined> {
  const found: { reading: NameInVhost; value: T }[] = [];
  for (const reading of await possible(broker, readings(id))) {
    const value = await read(reading);
    if (value !== undefined) found.push({ reading, value });
  }
  if (found.length <= 1) return found[0]?.value;
  const shown = found.map(({ reading }) => `"${reading.name}" in vhost "${reading.vhost}"`).join(' or ');
  throw new UserError(
    `The id "${id}" is ambiguous: it could be ${shown}. Rename one of them for the import.`,
  );
}

/** In vhosts that are there. RabbitMQ 4.0 may answer 500 about a policy in one that isn't. */
async function possible(broker: Broker, all: readonly NameInVhost[]): Promise<readonly NameInVhost[]> {
  if (all.length < 2) return all;
  const known = new Set((await vhosts.list(broker)).map(({ name }) => name));
  return all.filter(({ vhost }) => known.has(vhost));
}

function readings(id: string): readonly NameInVhost[] {
  const positions: number[] = [];
  for (let at = id.indexOf('@'); at >= 0; at = id.indexOf('@', at + 1)) positions.push(at);
  if (positions.length === 0) {
    throw new UserError(`The id "${id}" names no vhost. Write it as NAME@VHOST, e.g. orders@/.`);
  }
  return positions
    .map((at) => ({ name: id.slice(0, at), vhost: id.slice(at + 1) }))
    .filter(({ name, vhost }) => name !== '' && vhost !== '');
}
