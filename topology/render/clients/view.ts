/**
 * What one application has to know of a topology: the objects of a vhost that its user has to do with, exactly as they
 * are declared, which of them the user may declare, and what workers take from the queues. All clients' settings are
 * written from it.
 */
import type { Topology, Vhost } from '../../model';
import { quoteList, suggestion } from '../../names';
import type { Arguments, BrokerObject, BrokerObjectKind, ObjectOfKind } from '../../objects';
import { placeholdersOf } from '../../patterns/template';
import { accessOf, type Access } from './access';

export interface ClientInput {
  readonly topology: Topology;
  readonly objects: readonly BrokerObject[];
}

/** Names that the user of the program gave; what is unambiguous needs no name. */
export interface ClientChoice {
  readonly vhost?: string;
  readonly user?: string;
}

export interface Fault {
  /** What is wrong and the way out, in words. */
  readonly fault: string;
}

export interface ClientExchange {
  readonly name: string;
  readonly type: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly internal: boolean;
  readonly arguments: Arguments;
  readonly mayDeclare: boolean;
}

export interface ClientQueue {
  readonly name: string;
  readonly durable: boolean;
  readonly autoDelete: boolean;
  readonly arguments: Arguments;
  readonly mayDeclare: boolean;
}

export interface ClientBinding {
  readonly source: string;
  readonly destination: string;
  readonly destinationType: 'queue' | 'exchange';
  readonly routingKey: string;
  readonly arguments: Arguments;
  readonly mayBind: boolean;
}

/** Queues that the application declares at run time. */
export interface ClientFamily {
  readonly template: string;
  readonly placeholders: readonly string[];
  readonly durable: boolean;
  readonly arguments: Arguments;
  readonly mayDeclare: boolean;
}

export interface ClientWorker {
  readonly name: string;
  readonly queues: readonly string[];
  readonly prefetch?: number;
  readonly concurrency?: number;
  readonly rateLimit?: string;
}

export interface ClientView {
  readonly vhost: string;
  readonly user?: string;
  /** RabbitMQ's series. */
  readonly target: string;
  readonly heartbeatSeconds?: number;
  readonly exchanges: readonly ClientExchange[];
  readonly queues: readonly ClientQueue[];
  readonly bindings: readonly ClientBinding[];
  readonly families: readonly ClientFamily[];
  readonly workers: readonly ClientWorker[];
}

export function clientView(input: ClientInput, choice: ClientChoice): ClientView | Fault {
  const { topology, objects } = input;
  const vhost = chooseVhost(topology.vhosts, choice.vhost);
  if ('fault' in vhost) return vhost;
  const user = choice.user;
  if (user !== undefined && !topology.users.some(({ name }) => name === user)) {
    const known = topology.users.map(({ name }) => name);
    return { fault: `there is no user "${user}". ${suggestion(user, known, 'user')}` };
  }
  const access = accessOf(objects, vhost.name, user);
  const heartbeatMs = topology.broker?.heartbeatMs;
  return {
    vhost: vhost.name,
    ...(user === undefined ? {} : { user }),
    target: topology.target,
    ...(heartbeatMs === undefined ? {} : { heartbeatSeconds: heartbeatMs / 1000 }),
    ...objectsOf(objects, vhost.name, access),
    families: familiesOf(vhost, access),
    workers: workersOf(topology, vhost, user),
  };
}

/** The vhost that is meant; `preferred` are those that a renderer is made for. */
export function chooseVhost(
  vhosts: readonly Vhost[],
  name: string | undefined,
  preferred: readonly Vhost[] = vhosts,
): Vhost | Fault {
  const names = vhosts.map((vhost) => vhost.name);
  if (name !== undefined) {
    const found = vhosts.find((vhost) => vhost.name === name);
    return found ?? { fault: `there is no vhost "${name}". ${suggestion(name, names, 'vhost')}` };
  }
  const candidates = preferred.length > 0 ? preferred : vhosts;
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  if (only === undefined) return { fault: 'the topology has no vhost' };
  return { fault: `say which vhost with --vhost: ${quoteList(candidates.map((vhost) => vhost.name))}` };
}

function objectsOf(
  objects: readonly BrokerObject[],
  vhost: string,
  access: Access,
): Pick<ClientView, 'exchanges' | 'queues' | 'bindings'> {
  const of = <K extends BrokerObjectKind>(kind: K): ObjectOfKind<K>[] =>
    objects.filter(
      (object): object is ObjectOfKind<K> =>
        object.kind === kind && 'vhost' in object && object.vhost === vhost,
    );
  const exchanges = of('exchange').filter(({ name }) => access.uses(name));
  const queues = of('queue').filter(({ name }) => access.uses(name));
  const known = {
    exchange: new Set(exchanges.map(({ name }) => name)),
    queue: new Set(queues.map(({ name }) => name)),
  };
  return {
    exchanges: exchanges.map(({ name, type, durable, autoDelete, internal, arguments: given }) => ({
      ...{ name, type, durable, autoDelete, internal, arguments: given },
      mayDeclare: access.mayDeclareExchange(name, given),
    })),
    queues: queues.map(({ name, durable, autoDelete, arguments: given }) => ({
      ...{ name, durable, autoDelete, arguments: given },
      mayDeclare: access.mayDeclareQueue(name, given),
    })),
    bindings: of('binding')
      .filter(({ source, destination, destinationType }) => {
        const isSourceKnown = known.exchange.has(source) || source.startsWith('amq.');
        return isSourceKnown && known[destinationType].has(destination);
      })
      .map(({ source, destination, destinationType, routingKey, arguments: given }) => ({
        ...{ source, destination, destinationType, routingKey, arguments: given },
        mayBind: access.mayBind(source, destination, routingKey),
      })),
  };
}

function familiesOf(vhost: Vhost, access: Access): ClientFamily[] {
  return vhost.families.flatMap(({ template, durable, declaredWith = {} }) => {
    const placeholders = placeholdersOf(template);
    const example = placeholders.reduce((text, name) => text.replace(`{${name}}`, '1'), template);
    if (!access.uses(example)) return [];
    const mayDeclare = access.mayDeclareQueue(example, declaredWith);
    return [{ template, placeholders, durable, arguments: declaredWith, mayDeclare }];
  });
}

/** A user's own workers; without a user all that work in the vhost. */
function workersOf(topology: Topology, vhost: Vhost, user: string | undefined): ClientWorker[] {
  const inVhost = topology.workers.filter((worker) => worker.vhost === vhost.name);
  const own = inVhost.filter((worker) => worker.user === undefined || worker.user === user);
  return (user === undefined ? inVhost : own).map(({ name, queues, prefetch, concurrency, rateLimit }) => ({
    name,
    queues,
    ...(prefetch === undefined ? {} : { prefetch }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
  }));
}
