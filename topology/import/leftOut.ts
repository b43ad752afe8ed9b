/** What is no matter of a topology, each with the reason: the broker's and the clients' own, and what can't be named. */
import { frameworkOwner } from '../frameworkNames';
import type { BrokerObject } from '../objects';

export interface LeftOut {
  readonly object: BrokerObject;
  /** In words, e.g. `Celery makes it for itself`. */
  readonly why: string;
}

export interface Sorted {
  readonly kept: readonly BrokerObject[];
  readonly leftOut: readonly LeftOut[];
}

/** Whether it only hangs on something that is left out itself, and need not be told. */
export function isHanging({ kind }: BrokerObject): boolean {
  return kind === 'permissions' || kind === 'topicPermissions' || kind === 'userLimits';
}

/** Names that Warren refuses: no broker's management API could find them again. */
const UNNAMEABLE = /^\.{0,2}$|[\u0000-\u001f\u007f]/;

/** Queues and exchanges that somebody makes for itself go, and with them what hangs on them. */
export function withoutForeign(objects: readonly BrokerObject[]): Sorted {
  const gone = new Map<string, string>();
  for (const object of objects) {
    const why = whyLeftOut(object);
    if (why !== undefined && placeKey(object) !== NO_PLACE) gone.set(placeKey(object), why);
  }
  const exists = new Set(objects.map(placeKey));
  const leftOut: LeftOut[] = [];
  const kept = objects.filter((object) => {
    const why = whyIn(object, gone) ?? whyWithAnother(object, gone, exists);
    if (why === undefined) return true;
    leftOut.push({ object, why });
    return false;
  });
  return { kept, leftOut };
}

function whyLeftOut(object: BrokerObject): string | undefined {
  if (object.kind === 'queue' || object.kind === 'exchange') {
    const owner = frameworkOwner(object.name);
    if (owner !== undefined) return `${owner} makes it for itself`;
  }
  if ('name' in object && object.kind !== 'parameter' && object.kind !== 'globalParameter') {
    if (UNNAMEABLE.test(object.name)) return 'its name can’t be used over the management API';
  }
  return undefined;
}

function whyIn(object: BrokerObject, gone: ReadonlyMap<string, string>): string | undefined {
  return (
    gone.get(placeKey(object)) ??
    ('vhost' in object ? gone.get(keyOf('vhost', '', object.vhost)) : undefined) ??
    ('user' in object ? gone.get(keyOf('user', '', object.user)) : undefined)
  );
}

function whyWithAnother(
  object: BrokerObject,
  gone: ReadonlyMap<string, string>,
  exists: ReadonlySet<string>,
): string | undefined {
  if (object.kind !== 'binding') return undefined;
  const { vhost, source, destination, destinationType } = object;
  for (const [kind, name] of [
    ['exchange', source],
    [destinationType, destination],
  ] as const) {
    const key = keyOf(kind, vhost, name);
    const why = gone.get(key);
    if (why !== undefined) return why;
    if (kind === 'exchange' && name.startsWith('amq.')) {
      if (name === source) continue;
      return 'nothing can be bound to a predeclared exchange in a topology';
    }
    if (!exists.has(key)) return 'what it is between is not all there';
  }
  return undefined;
}

function placeKey(object: BrokerObject): string {
  if ('vhost' in object && 'name' in object) return keyOf(object.kind, object.vhost, object.name);
  return object.kind === 'vhost' || object.kind === 'user' ? keyOf(object.kind, '', object.name) : NO_PLACE;
}

/** Nothing hangs on such objects. */
const NO_PLACE = '';

function keyOf(kind: string, vhost: string, name: string): string {
  return JSON.stringify([kind, vhost, name]);
}
