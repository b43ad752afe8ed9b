/**
 * Whether two lists of objects mean the same to a broker: every object but policies by its identity and its values, and
 * for every queue and exchange the definition of the policy that counts, whatever that policy's name.
 */
import type { BrokerObject, ObjectOfKind } from '../objects';
import { canonicalJson, identityKey, withoutPlace } from '../objects';
import { policyIndex } from '../route/policies';
import type { PolicyIndex } from '../route/policies';
import { TYPE, withoutType } from '../queueType';
import { inTodaysKeys } from './parameters';
import { queueTypeOf, vhostParts } from './vhostParts';
import type { VhostParts } from './vhostParts';

/** In words, one for each object that only one side has or that is another one; none where they mean the same. */
export function differencesBetween(
  before: readonly BrokerObject[],
  after: readonly BrokerObject[],
): readonly string[] {
  const [a, b] = [meanings(before), meanings(after)];
  const keys = [...new Set([...a.keys(), ...b.keys()])].sort();
  return keys.flatMap((key) => {
    const [x, y] = [a.get(key), b.get(key)];
    if (x === y) return [];
    const name = key.split('\u0000').join(' ');
    if (x === undefined) return [`${name} would be made anew`];
    return y === undefined ? [`${name} would be missing`] : [`${name} would be ${y} instead of ${x}`];
  });
}

function meanings(objects: readonly BrokerObject[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const vhosts = vhostParts(objects);
  for (const object of objects) {
    if (object.kind === 'policy') continue;
    const meaning = meaningOf(object);
    if (meaning !== undefined) found.set(identityKey(object), canonicalJson(meaning));
  }
  for (const [name, parts] of vhosts) {
    for (const [what, definition] of effective(parts)) {
      found.set(['what counts for', what, name].join('\u0000'), canonicalJson(definition));
    }
  }
  return found;
}

function meaningOf(object: BrokerObject): object | undefined {
  const plain = withoutPlace(object) as BrokerObject;
  switch (plain.kind) {
    case 'vhost':
      return { description: '', tags: [], defaultQueueType: 'classic', deletionProtection: false, ...plain };
    case 'vhostLimits':
    case 'userLimits': {
      const limited = Object.entries(plain).filter(([, value]) => typeof value !== 'number' || value >= 0);
      return limited.length === 2 ? undefined : Object.fromEntries(limited);
    }
    case 'user':
      return { ...plain, tags: [...plain.tags].sort() };
    case 'operatorPolicy':
      return { ...plain, applyTo: plain.applyTo === 'all' ? 'queues' : plain.applyTo };
    case 'queue':
      return { ...plain, arguments: typedArguments(plain) };
    case 'parameter':
      return { logins: {}, ...plain, value: inTodaysKeys(plain.component, plain.value) };
    default:
      return plain;
  }
}

/** A queue that is there without a type is a classic one, whatever its vhost's default; what is compiled says it. */
function typedArguments({ arguments: given }: ObjectOfKind<'queue'>): object {
  return given[TYPE] === 'classic' ? withoutType(given) : given;
}

function* effective(parts: VhostParts): Iterable<readonly [string, object]> {
  const index: PolicyIndex = policyIndex(parts.of('policy'));
  for (const queue of parts.of('queue')) {
    const definition = index.forQueue(queue.name, queueTypeOf(queue))?.definition;
    yield [`queue ${queue.name}`, definition ?? {}];
  }
  for (const { name } of parts.of('exchange')) {
    // What is said of queues means nothing to an exchange.
    const definition = Object.entries(index.forExchange(name)?.definition ?? {}).filter(([key]) =>
      EXCHANGE_KEYS.has(key),
    );
    yield [`exchange ${name}`, Object.fromEntries(definition)];
  }
}

const EXCHANGE_KEYS = new Set([
  'alternate-exchange',
  'federation-upstream',
  'federation-upstream-set',
  'federation-upstream-pattern',
  'shards-per-node',
  'routing-key',
]);
