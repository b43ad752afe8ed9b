/** After a refresh: what the broker holds and the topology doesn't know. Only shown; nothing is ever deleted for it. */
import type { BrokerObject, QueueObject } from '../../topology/objects';
import { readSnapshot } from '../../broker/snapshot';
import { quoteList } from '../../topology/names';
import { KIND_WORDS, nameInVhost } from '../../topology/objectNames';
import { identityKey } from '../../topology/objects';
import { unmanaged, type ObjectsByKind, type Unmanaged } from '../../topology/unmanaged';
import {
  exportedStack,
  knownObjects,
  loadTopology,
  openStackBroker,
  readConfig,
  readOutputs,
} from '../stackBroker';
import { identitiesIn } from '../stackState';

/** Lists it as text. @throws UserError or BrokerError where stack, topology or broker can't be read */
export async function listUnmanaged(stack: string, further: readonly string[]): Promise<string> {
  const config = await readConfig(stack, further);
  const outputs = await readOutputs(stack);
  const { objects, topology } = loadTopology(stack, config);
  const inState = identitiesIn(await exportedStack(stack));
  const broker = await openStackBroker(config, outputs);
  try {
    const snapshot = await readSnapshot(broker);
    const inventory = {
      objects: snapshot.objects(),
      isExclusive: (queue: QueueObject) => snapshot.isExclusive(queue),
      isInState: (object: BrokerObject) => inState.has(identityKey(object)),
    };
    return inWords(unmanaged(knownObjects(objects, config), topology, inventory), outputs.management);
  } finally {
    await broker.close();
  }
}

const SHOWN_MAX = 50;

export function inWords({ byKind, leaving, setAside, owned }: Unmanaged, endpoint: string): string {
  const owners = new Map<string, number>();
  for (const { owner } of owned) owners.set(owner, (owners.get(owner) ?? 0) + 1);
  owners.delete('RabbitMQ');
  const theirs = [...owners].map(([owner, count]) => `${owner}: ${count}`).sort();
  return [
    ...(byKind.size === 0
      ? [`Unmanaged: nothing on ${endpoint} that neither the topology nor the stack's state knows.`]
      : section(
          `Unmanaged: on ${endpoint}, and neither in the topology nor in the stack's state. Nothing of it is ever changed or deleted:`,
          byKind,
        )),
    ...section(
      "Taken out of the topology, and still in the stack's state. The next `up` deletes it; a queue with messages or consumers only where that is approved:",
      leaving,
    ),
    ...section(
      'Set aside by Warren for a queue or an exchange that was to be recreated or deleted. An `up` with it in the topology brings everything back:',
      setAside,
    ),
    ...(theirs.length === 0 ? [] : [`Left to those who make them: ${theirs.join(', ')}.`]),
    '',
  ].join('\n');
}

/** Nothing where there is nothing. */
function section(title: string, byKind: ObjectsByKind): readonly string[] {
  if (byKind.size === 0) return [];
  const groups = [...byKind].map(([kind, objects]) => {
    const names = objects.map(nameInVhost);
    return `  ${KIND_WORDS[kind].many} (${names.length}): ${quoteList(names, SHOWN_MAX)}`;
  });
  return [title, ...groups];
}
