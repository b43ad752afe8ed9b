/** The Celery application of a vhost: its queues, its exchange, its workers, and what its user may declare. */
import { queueArguments } from '../../compile/index';
import { defaultTaskQueue, taskQueues } from '../../celery';
import type { Celery, Exchange, Queue, Topology, Vhost, Worker } from '../../model';
import { quoteList } from '../../names';
import type { QueueObject } from '../../objects';
import { resolveTopology } from '../../resolve/index';
import { chooseVhost, clientView } from './view';
import type { ClientChoice, ClientInput, ClientView, Fault } from './view';

/** Everything that the parts of the module are written from. */
export interface Application {
  readonly topology: Topology;
  readonly vhost: Vhost;
  readonly celery: Celery;
  readonly queues: readonly Queue[];
  readonly defaultQueue: Queue;
  readonly exchange: Exchange | undefined;
  /** As compiled, by name. */
  readonly declared: ReadonlyMap<string, QueueObject>;
  readonly hasQuorum: boolean;
  /** Names of the queues whose rejected messages go somewhere. */
  readonly deadLettering: ReadonlySet<string>;
  readonly view: ClientView;
  readonly workers: readonly Worker[];
}

export function applicationOf(input: ClientInput, choice: ClientChoice): Application | Fault {
  const { topology, objects } = input;
  const vhost = chooseVhost(
    topology.vhosts,
    choice.vhost,
    topology.vhosts.filter(({ celery }) => celery !== undefined),
  );
  if ('fault' in vhost) return vhost;
  const queues = taskQueues(topology, vhost);
  const defaultQueue = defaultTaskQueue(vhost, queues);
  if (defaultQueue === undefined) return { fault: `the vhost "${vhost.name}" has no queue for tasks` };
  const user = choice.user ?? usersOf(topology, vhost);
  if (typeof user === 'object') return user;
  const view = clientView(input, { vhost: vhost.name, ...(user === '' ? {} : { user }) });
  if ('fault' in view) return view;
  const declared = new Map(
    objects.flatMap((object) =>
      object.kind === 'queue' && object.vhost === vhost.name ? [[object.name, object]] : [],
    ),
  );
  const isQuorum = ({ name }: Queue): boolean => declared.get(name)?.arguments['x-queue-type'] === 'quorum';
  const celery = vhost.celery ?? WITHOUT_SETTINGS;
  return {
    ...{ topology, vhost, celery, queues, defaultQueue, declared, view },
    exchange: vhost.exchanges.find(({ name }) => name === celery.exchange),
    hasQuorum: queues.some(isQuorum),
    deadLettering: deadLetteringQueues(topology, vhost),
    workers: topology.workers.filter((worker) => worker.vhost === vhost.name),
  };
}

function deadLetteringQueues(topology: Topology, vhost: Vhost): Set<string> {
  const resolved = resolveTopology(topology).vhosts.find((each) => each.vhost === vhost);
  const found = resolved?.queues.filter(
    (each) =>
      'dead-letter-exchange' in each.definition || 'x-dead-letter-exchange' in queueArguments(each, ''),
  );
  return new Set(found?.map(({ queue }) => queue.name));
}

/** A vhost with workers that are Celery's, of which the topology says nothing else. */
const WITHOUT_SETTINGS: Celery = {
  path: [],
  tasks: {},
  acksLate: true,
  rejectOnWorkerLost: true,
  prefetchMultiplier: 1,
};

/** The one user of the application; an empty name where there is none. */
function usersOf(topology: Topology, vhost: Vhost): string | Fault {
  const byRole = topology.users.filter(({ roles }) =>
    roles.some((role) => role.vhost === vhost.name && role.celery.length > 0),
  );
  const byWorker = topology.workers.flatMap((worker) =>
    worker.vhost === vhost.name && worker.user !== undefined ? [worker.user] : [],
  );
  const users = [...new Set([...byRole.map(({ name }) => name), ...byWorker])];
  if (users.length <= 1) return users[0] ?? '';
  return { fault: `say with --user whose permissions count: ${quoteList(users)}` };
}

/** The binding by which tasks reach a queue: Celery knows one per queue, and publishes with its key. */
export function bindingOf(
  { exchange }: Application,
  { name, bindings }: Queue,
): Queue['bindings'][number] | undefined {
  const ours = bindings.filter((binding) => binding.exchange === exchange?.name);
  return ours.find(({ routingKey }) => routingKey === name) ?? ours[0];
}

export function keyOf(application: Application, queue: Queue): string {
  return bindingOf(application, queue)?.routingKey ?? queue.name;
}

/** Declaring a queue, Celery binds it too. What `retry` made is nobody's to declare. */
export function mayDeclare(application: Application, queue: Queue): boolean {
  const { view, exchange } = application;
  const declared = view.queues.find(({ name }) => name === queue.name);
  if (declared?.mayDeclare !== true || queue.isGenerated === true) return false;
  if (exchange === undefined) return true;
  const key = keyOf(application, queue);
  return view.bindings.some(
    (binding) =>
      binding.source === exchange.name &&
      binding.destination === queue.name &&
      binding.routingKey === key &&
      binding.mayBind,
  );
}
