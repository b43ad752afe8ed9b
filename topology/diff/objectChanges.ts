/** Two lists of objects compared one by one, and what must be done to make the second of the first. */
import { fieldRole } from '../mutability';
import { compareNames } from '../names';
import { CREATION_ORDER, canonicalJson, identityKey } from '../objects';
import type { BrokerObject, JsonValue, QueueObject, QueueType } from '../objects';
import { defaultTypesOf } from '../queueType';
import type { FieldChange } from './model';

/** With the objects as they are, secrets and all: never shown. */
export type ObjectChange =
  | { readonly change: 'added'; readonly after: BrokerObject }
  | { readonly change: 'removed'; readonly before: BrokerObject }
  | {
      readonly change: 'changed' | 'recreated';
      readonly before: BrokerObject;
      readonly after: BrokerObject;
      readonly fields: readonly FieldChange[];
    }
  | { readonly change: 'renamed'; readonly before: QueueObject; readonly after: QueueObject };

/** One request of `up`, or for `recreate` the two halves of it. */
export type Operation =
  | { readonly do: 'put'; readonly object: BrokerObject }
  | { readonly do: 'recreate'; readonly before: BrokerObject; readonly object: BrokerObject }
  | { readonly do: 'delete'; readonly object: BrokerObject };

/** Each object that is on one side only, or differs, in the order in which `up` does it; queues as yet not renamed. */
export function compareObjects(
  base: readonly BrokerObject[],
  head: readonly BrokerObject[],
): readonly ObjectChange[] {
  const before = byIdentity(base);
  const after = byIdentity(head);
  const changes: ObjectChange[] = [];
  const defaultTypes = defaultTypesOf(base);
  for (const [key, object] of after) {
    const old = before.get(key);
    if (old === undefined) changes.push({ change: 'added', after: object });
    else {
      const fields = fieldChanges(old, object);
      if (fields.length === 0) continue;
      const defaultType = 'vhost' in old ? defaultTypes.get(old.vhost) : undefined;
      const change = fields.some((field) => isReplacing(old, field, defaultType)) ? 'recreated' : 'changed';
      changes.push({ change, before: old, after: object, fields });
    }
  }
  for (const [key, object] of before) {
    if (!after.has(key)) changes.push({ change: 'removed', before: object });
  }
  return inOrder(changes);
}

/**
 * What is there comes first, in the order of creation: policies before the queues that they cover. What goes comes
 * last, in the opposite order: a queue before the policies that limited it, and who could empty it after it.
 */
export function inOrder(changes: readonly ObjectChange[]): ObjectChange[] {
  return changes
    .map((change) => {
      const object = change.change === 'removed' ? change.before : change.after;
      const rank = CREATION_ORDER.indexOf(object.kind);
      const isGoing = change.change === 'removed';
      return { change, rank: isGoing ? 2 * CREATION_ORDER.length - rank : rank, key: identityKey(object) };
    })
    .sort((a, b) => a.rank - b.rank || compareNames(a.key, b.key))
    .map(({ change }) => change);
}

/** Everything that is made or changed, then everything that goes. */
export function operationsOf(changes: readonly ObjectChange[]): Operation[] {
  const ordered = inOrder(changes);
  const made = ordered.flatMap((change): Operation[] => {
    if (change.change === 'removed') return [];
    return change.change === 'recreated'
      ? [{ do: 'recreate', before: change.before, object: change.after }]
      : [{ do: 'put', object: change.after }];
  });
  const gone = ordered.flatMap((change): ObjectChange[] =>
    change.change === 'removed' || change.change === 'renamed'
      ? [{ change: 'removed', before: change.before }]
      : [],
  );
  return [
    ...made,
    ...inOrder(gone).flatMap((change): Operation[] =>
      change.change === 'removed' ? [{ do: 'delete', object: change.before }] : [],
    ),
  ];
}

/** The objects once the changes are made, in order of creation. */
export function applyChanges(
  objects: readonly BrokerObject[],
  changes: readonly ObjectChange[],
): BrokerObject[] {
  const present = byIdentity(objects);
  for (const operation of operationsOf(changes)) {
    const key = identityKey(operation.object);
    if (operation.do === 'delete') present.delete(key);
    else present.set(key, operation.object);
  }
  return inOrder([...present.values()].map((after) => ({ change: 'added', after }))).flatMap((change) =>
    change.change === 'added' ? [change.after] : [],
  );
}

function byIdentity(objects: readonly BrokerObject[]): Map<string, BrokerObject> {
  return new Map(objects.map((object) => [identityKey(object), object]));
}

/** What differs, field by field; the entries of tables by themselves. */
export function fieldChanges(before: BrokerObject, after: BrokerObject): FieldChange[] {
  const [old, now] = [fieldsOf(before), fieldsOf(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].sort(compareNames);
  return names.flatMap((field) => {
    const [a, b] = [old.get(field), now.get(field)];
    if (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)) return [];
    return [{ field, ...(a === undefined ? {} : { before: a }), ...(b === undefined ? {} : { after: b }) }];
  });
}

/** `durable`, `arguments.x-max-priority`. The order of tags and of topic permissions says nothing. */
function fieldsOf(object: BrokerObject): Map<string, JsonValue> {
  const fields = new Map<string, JsonValue>();
  for (const [name, value] of Object.entries(object) as [string, JsonValue | undefined][]) {
    if (name === 'kind' || name === 'position' || value === undefined) continue;
    if (name === 'tags' && Array.isArray(value))
      fields.set(name, [...(value as string[])].sort(compareNames));
    else if (object.kind === 'topicPermissions' && name === 'exchanges') {
      for (const { exchange, write, read } of object.exchanges) {
        fields.set(`exchanges.${exchange}.write`, write);
        fields.set(`exchanges.${exchange}.read`, read);
      }
    } else if (isTable(value)) {
      // A parameter may be an empty table, which is not the same as none.
      if (Object.keys(value).length === 0 && name === 'value') fields.set(name, value);
      for (const [key, item] of Object.entries(value)) fields.set(`${name}.${key}`, item);
    } else fields.set(name, value);
  }
  return fields;
}

function isTable(value: JsonValue): value is Readonly<Record<string, JsonValue>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isReplacing(object: BrokerObject, change: FieldChange, defaultType: QueueType | undefined): boolean {
  const name = change.field.split('.')[0] ?? '';
  return fieldRole(object.kind, name) !== 'in-place' && !isTypeThatIsUnderstood(object, change, defaultType);
}

/**
 * A queue whose type isn't said is of its vhost's default type (`defaultType` was it), which is classic by default.
 * RabbitMQ from 4.0 on writes it down itself, and takes a declaration with it and one without for the same.
 */
export function isTypeThatIsUnderstood(
  { kind }: BrokerObject,
  { field, before, after }: FieldChange,
  defaultType: QueueType | undefined,
): boolean {
  if (kind !== 'queue' || field !== 'arguments.x-queue-type') return false;
  if (before === undefined) return after === 'classic' && (defaultType ?? 'classic') === 'classic';
  return before === 'classic' && after === undefined;
}
