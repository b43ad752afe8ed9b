/** The figures of a broker by what a diff calls its objects. */
import { idOf } from './ids';
import type { BrokerObject } from '../objects';
import type { EffectSubject, LiveNumbers, Side, SideFamily } from './model';
import { templateMatches } from '../patterns/template';

type Amounts = Omit<LiveNumbers, 'isUnused'>;

/** As the management API has them. */
export interface Figures {
  readonly queues: readonly ({ readonly vhost: string; readonly name: string } & Amounts)[];
  readonly exchanges: readonly ({ readonly vhost: string; readonly name: string } & Amounts)[];
  readonly connections: readonly { readonly user: string; readonly vhost: string }[];
}

/** @param userOf the topology's name of a user of the broker */
export function liveNumbersOf(
  figures: Figures,
  families: readonly SideFamily[],
  userOf: (user: string) => string,
): Map<string, LiveNumbers> {
  const numbers = new Map<string, Amounts>();
  const add = (id: string, more: Amounts): void => {
    numbers.set(id, sum(numbers.get(id) ?? {}, more));
  };
  const common = { durable: true, autoDelete: false, arguments: {} };
  for (const { vhost, name, ...own } of figures.queues) {
    add(idOf({ kind: 'queue', vhost, name, ...common }), own);
    const family = families.find((each) => each.vhost === vhost && templateMatches(each.template, name));
    if (family !== undefined) add(familyId(vhost, family.template), own);
  }
  for (const { vhost, name, ...own } of figures.exchanges) {
    add(idOf({ kind: 'exchange', vhost, name, type: '', internal: false, ...common }), own);
  }
  for (const { user: username, vhost } of figures.connections) {
    const user = userOf(username);
    const permissions = { configure: '', write: '', read: '' };
    add(idOf({ kind: 'user', name: user, tags: [] }), { connections: 1 });
    add(idOf({ kind: 'permissions', user, vhost, ...permissions }), { connections: 1 });
    add(idOf({ kind: 'vhost', name: vhost }), { connections: 1 });
  }
  return numbers;
}

function familyId(vhost: string, template: string): string {
  return `family ${template}@${vhost}`;
}

function sum(one: Amounts, other: Amounts): Amounts {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])] as (keyof Amounts)[];
  return Object.fromEntries(keys.map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]));
}

/** Of whichever side has them. */
export function numbersOf(sides: readonly Side[], object: BrokerObject): LiveNumbers | undefined {
  const isCounted = ['user', 'permissions', 'vhost'].includes(object.kind);
  return judged(lookup(sides, idOf(object), isCounted ? { connections: 0 } : undefined));
}

/** @param lengthMax a new limit beyond which messages are dropped */
export function numbersOfSubject(
  sides: readonly Side[],
  subject: EffectSubject,
  lengthMax: number | undefined,
): LiveNumbers | undefined {
  const { vhost, name } = subject;
  const common = { vhost, name, durable: true, autoDelete: false, arguments: {} };
  switch (subject.kind) {
    case 'exchange':
      return judged(lookup(sides, idOf({ kind: 'exchange', type: '', internal: false, ...common })));
    case 'family':
      return judged(lookup(sides, familyId(vhost, name)));
    case 'unlisted':
      return undefined;
    case 'queue':
    case 'unmanaged': {
      const found = lookup(sides, idOf({ kind: 'queue', ...common }));
      const beyond = Math.max(0, (found?.messages ?? 0) - (lengthMax ?? Infinity));
      return judged(found === undefined || beyond === 0 ? found : { ...found, beyondLimit: beyond });
    }
  }
}

function lookup(sides: readonly Side[], id: string, otherwise?: LiveNumbers): LiveNumbers | undefined {
  const [live] = sides.flatMap((side) => side.live ?? []);
  return live === undefined ? undefined : (live.get(id) ?? otherwise);
}

function judged(numbers: LiveNumbers | undefined): LiveNumbers | undefined {
  if (numbers === undefined) return undefined;
  return { ...numbers, isUnused: Object.values(numbers).every((value) => value === 0) };
}
