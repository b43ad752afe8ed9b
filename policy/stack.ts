/** What the rules find in the resources of a stack, each at its resource; and what they could not look at, and why. */
import { judgeObjects } from '../topology/judge/objects';
import type { ObjectFinding } from '../topology/judge/objects';
import { identityKey } from '../topology/objects';
import type { BrokerObject } from '../topology/objects';
import type { Target } from '../topology/target';
import { UNKNOWN, hasUnknown } from '../provider/values';
import { readResource } from './objects';
import type { StackResource } from './objects';

export interface StackFinding extends Omit<ObjectFinding, 'object'> {
  /** Of the resource; undefined where no resource of the stack says it. */
  readonly urn?: string;
}

export interface StackJudgement {
  readonly findings: readonly StackFinding[];
  readonly unjudged: readonly { readonly urn: string; readonly why: string }[];
}

export function judgeStack(resources: readonly StackResource[], target: Target): StackJudgement {
  const judgements = [...byBroker(resources).values()].map((group) => judgeBroker(group, target));
  return {
    findings: judgements.flatMap(({ findings }) => findings),
    unjudged: judgements.flatMap(({ unjudged }) => unjudged),
  };
}

/** Objects of one name on two brokers are two objects. Providers with the same address talk to the same broker. */
function byBroker(resources: readonly StackResource[]): ReadonlyMap<string, readonly StackResource[]> {
  const groups = new Map<string, StackResource[]>();
  for (const resource of resources) {
    const { urn = '', properties = {} } = resource.provider ?? {};
    const { endpoint } = properties;
    const key = typeof endpoint === 'string' && endpoint !== UNKNOWN ? endpoint : urn;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [resource]);
    else group.push(resource);
  }
  return groups;
}

function judgeBroker(resources: readonly StackResource[], target: Target): StackJudgement {
  const found = new Known();
  for (const resource of resources) found.add(resource);
  const { findings, unjudged } = judgeObjects({
    objects: [...found.urns.keys()],
    target,
    bare: found.bare,
    isIncomplete: (vhost) => found.isIncomplete(vhost),
  });
  const at = (object: BrokerObject | undefined): { readonly urn?: string } => {
    const urn = object && found.urns.get(object);
    return urn === undefined ? {} : { urn };
  };
  return {
    findings: findings.map(({ object, ...said }) => ({ ...said, ...at(object) })),
    unjudged: [
      ...found.unjudged,
      ...unjudged.map(({ object, why }) => ({ urn: found.urns.get(object) ?? '', why })),
    ],
  };
}

/** The objects of a broker, as far as a preview knows them. */
class Known {
  readonly urns = new Map<BrokerObject, string>();
  readonly bare = new Set<BrokerObject>();
  readonly unjudged: { readonly urn: string; readonly why: string }[] = [];
  readonly #incompleteVhosts = new Set<string>();
  readonly #vhosts = new Map<string, BrokerObject>();

  add(resource: StackResource): void {
    const { urn } = resource;
    const reading = readResource(resource);
    if (reading === undefined) return;
    if (reading.faults.length > 0) this.unjudged.push({ urn, why: reading.faults.join('; ') });
    let isPartlyUnknown = false;
    for (const object of reading.objects) {
      const known = this.#knownPart(object, reading.faults.length > 0);
      if (known === undefined || (known !== object && known.kind === 'exchange'))
        this.#incompleteVhosts.add('vhost' in object ? object.vhost : ANY_VHOST);
      if (known !== undefined) this.#keep(known, urn);
      isPartlyUnknown ||= known !== object && reading.faults.length === 0;
    }
    if (isPartlyUnknown) this.unjudged.push({ urn, why: whatIsUnknown(resource) });
  }

  /** In a vhost of a name that isn't known there may be anything. */
  isIncomplete(vhost: string): boolean {
    return [vhost, UNKNOWN, ANY_VHOST].some((name) => this.#incompleteVhosts.has(name));
  }

  /** A vhost and its settings are two resources, and one object. */
  #keep(object: BrokerObject, urn: string): void {
    const key = identityKey(object);
    const known = object.kind === 'vhost' ? this.#vhosts.get(key) : undefined;
    const kept = known === undefined ? object : { ...known, ...object };
    this.urns.set(kept, (known && this.urns.get(known)) ?? urn);
    if (known !== undefined) this.urns.delete(known);
    if (object.kind === 'vhost') this.#vhosts.set(key, kept);
  }

  #knownPart(object: BrokerObject, isFaulty: boolean): BrokerObject | undefined {
    if (!isFaulty && !hasUnknown(object)) return object;
    const bare = bareObject(object);
    if (bare !== undefined) this.bare.add(bare);
    return bare;
  }
}

const SHOWN_MAX = 3;

function whatIsUnknown({ properties }: StackResource): string {
  const paths = unknownPaths(properties, []);
  const shown = paths.slice(0, SHOWN_MAX).join(', ');
  const more = paths.length > SHOWN_MAX ? ` and ${paths.length - SHOWN_MAX} more` : '';
  return `${shown}${more} ${paths.length === 1 ? 'is' : 'are'} known only after the update`;
}

function unknownPaths(value: unknown, path: readonly string[]): readonly string[] {
  if (value === UNKNOWN) return [path.join('.')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => unknownPaths(item, [...path, key]));
}

/** A vhost or user without a name is missing nowhere; an exchange or a queue without one is in its vhost. */
const ANY_VHOST = '\u0000';

/** That it is there is known where its name is: others may refer to it. */
function bareObject(object: BrokerObject): BrokerObject | undefined {
  switch (object.kind) {
    case 'vhost':
      return object.name === UNKNOWN ? undefined : { kind: 'vhost', name: object.name };
    case 'user':
      return object.name === UNKNOWN ? undefined : { kind: 'user', name: object.name, tags: [] };
    case 'exchange':
    case 'queue': {
      const { kind, vhost, name } = object;
      if (name === UNKNOWN || vhost === UNKNOWN || name === '') return undefined;
      const usual = { vhost, name, durable: true, autoDelete: false, arguments: {} };
      return kind === 'queue' ? { kind, ...usual } : { kind, ...usual, type: 'fanout', internal: false };
    }
    default:
      return undefined;
  }
}
