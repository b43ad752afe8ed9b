/** What an adoption has put into a stack's state, and where the broker has something else than the topology says. */
import { fieldRole } from '../topology/mutability';
import { CREATION_ORDER, canonicalJson, identityKey } from '../topology/objects';
import type { BrokerObject, BrokerObjectKind } from '../topology/objects';
import { objectsIn, vhostSettingsIn } from './stackState';
import type { ExportedStack, Properties, StateObject } from './stackState';

export interface Adoption {
  readonly adopted: readonly BrokerObject[];
  readonly different: readonly Different[];
  /** Of the topology, and not on the broker. */
  readonly missing: readonly BrokerObject[];
}

export interface Different {
  readonly object: BrokerObject;
  readonly values: readonly DifferentValue[];
  /** Deleted and made again by an `up`: it can't be changed in place. */
  readonly isRecreated: boolean;
}

export interface DifferentValue {
  /** `definition.max-length` */
  readonly name: string;
  /** As JSON; undefined where it isn't there. */
  readonly onBroker: string | undefined;
  readonly inTopology: string | undefined;
  readonly isSecret: boolean;
}

/** @param exported with its secrets in plain; @param wanted with the names that users have on the broker */
export function adoptionOf(exported: ExportedStack, wanted: readonly BrokerObject[]): Adoption {
  const held = objectsIn(exported);
  const there = new Set(held.map(({ object }) => identityKey(object)));
  return {
    adopted: held.map(({ object }) => object),
    different: [...held, ...vhostSettingsIn(exported)].flatMap(differenceOf).sort(inCreationOrder),
    missing: wanted.filter((object) => !there.has(identityKey(object))),
  };
}

function inCreationOrder(a: Different, b: Different): number {
  return CREATION_ORDER.indexOf(a.object.kind) - CREATION_ORDER.indexOf(b.object.kind);
}

function differenceOf({ object, inputs, outputs }: StateObject): readonly Different[] {
  // One that is there at all is the same; its state has the key under which the broker keeps it.
  if (object.kind === 'binding') return [];
  const [wanted, found] = [leavesOf(inputs), leavesOf(outputs)];
  const names = [...new Set([...wanted.keys(), ...found.keys()])];
  const values = names.flatMap((name): DifferentValue[] => {
    const [inTopology, onBroker] = [wanted.get(name), found.get(name)];
    if (inTopology?.json === onBroker?.json) return [];
    const isSecret = inTopology?.isSecret === true || onBroker?.isSecret === true;
    return [{ name, onBroker: onBroker?.json, inTopology: inTopology?.json, isSecret }];
  });
  return values.length === 0 ? [] : [{ object, values, isRecreated: isRecreated(object.kind, values) }];
}

function isRecreated(kind: BrokerObjectKind, values: readonly DifferentValue[]): boolean {
  return values.some(({ name }) => fieldRole(kind, name.split('.')[0] ?? name) === 'replace');
}

interface Leaf {
  readonly json: string;
  readonly isSecret: boolean;
}

/** Resources have some settings one level lower than RabbitMQ has them. */
const WRAPPERS: ReadonlySet<string> = new Set(['settings', 'policy', 'permissions']);
const SIGNATURE = '4dabf18193072939515e22adb298388d';

function leavesOf(properties: Properties): ReadonlyMap<string, Leaf> {
  const leaves = new Map<string, Leaf>();
  collect(leaves, [], properties, false);
  return leaves;
}

function collect(
  leaves: Map<string, Leaf>,
  path: readonly string[],
  value: unknown,
  isSecret: boolean,
  isJson = false,
): void {
  const rows = rowsOf(value);
  if (rows === undefined) {
    leaves.set(path.join('.'), { json: canonicalJson(inOneForm(path, value)), isSecret });
    return;
  }
  if (SIGNATURE in rows && typeof rows.plaintext === 'string') {
    const plain: unknown = JSON.parse(rows.plaintext);
    collect(leaves, path, isJson ? fromJson(plain) : plain, true);
    return;
  }
  for (const [key, item] of Object.entries(rows)) {
    if (key.startsWith('__') || item === undefined) continue;
    const isWrapper = path.length === 0 && WRAPPERS.has(key);
    const inside = isWrapper ? [] : [...path, key];
    const isJsonText = inside.at(-1)?.endsWith('Json') === true;
    collect(leaves, nameOf(inside), isJsonText ? fromJson(item) : item, isSecret, isJsonText);
  }
}

/** A property `argumentsJson` holds the text of what `arguments` would be. */
function nameOf(path: readonly string[]): readonly string[] {
  return path.map((name, index) => (index === path.length - 1 ? name.replace(/Json$/, '') : name));
}

function fromJson(value: unknown): unknown {
  return typeof value === 'string' && value !== '' ? (JSON.parse(value) as unknown) : value;
}

/** A table; a list of topic permissions by their exchange. */
function rowsOf(value: unknown): Properties | undefined {
  if (!Array.isArray(value)) return isTable(value) ? value : undefined;
  const entries = value.map((item: unknown) =>
    isTable(item) && typeof item.exchange === 'string' ? ([item.exchange, item] as const) : undefined,
  );
  return entries.length > 0 && entries.every((entry) => entry !== undefined)
    ? Object.fromEntries(entries)
    : undefined;
}

/** Tags are a set; a policy's definition has numbers and lists also as texts, since the SDK's type has only these. */
function inOneForm(path: readonly string[], value: unknown): unknown {
  if (path[0] === 'tags' && Array.isArray(value)) return [...(value as unknown[])].sort();
  if (path[0] !== 'definition') return value;
  const text = Array.isArray(value) ? value.join(',') : value;
  return typeof text === 'string' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

function isTable(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
