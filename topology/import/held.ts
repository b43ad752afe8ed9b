/** Objects as a broker lists them, without what a topology can't hold, and what was taken out, in words. */
import { heldParameter, secretlessArguments, withoutSecrets } from '../definitions/heldValues';
import type { Diagnostic, SourcePosition } from '../diagnostics';
import type { Arguments, BrokerObject } from '../objects';
import { identityKey } from '../objects';

export interface Held {
  readonly objects: readonly BrokerObject[];
  /** By the identity of the object. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
}

/** Exclusive queues are for the caller to leave out: no list of objects says which they are. */
export function heldObjects(objects: readonly BrokerObject[]): Held {
  const notes = new Map<string, string[]>();
  const held = objects.flatMap((object): BrokerObject[] => {
    // The broker's own are always there.
    if (object.kind === 'exchange' && (object.name === '' || object.name.startsWith('amq.'))) return [];
    const lost: string[] = [];
    const kept = heldObject(object, lost);
    if (lost.length > 0) notes.set(identityKey(kept), lost);
    return [kept];
  });
  return { objects: held, notes };
}

function heldObject(object: BrokerObject, lost: string[]): BrokerObject {
  const table = (given: Arguments): Arguments => {
    const { held, unheld } = secretlessArguments(given);
    lost.push(...unheld.map(({ name, why }) => `Left out: ${name}, for ${why}.`));
    return held;
  };
  const tell = (what: readonly string[]): void => {
    lost.push(...what.map((each) => `Left out: ${each}. Give it to the stack as a secret.`));
  };
  switch (object.kind) {
    case 'vhost': {
      const { kind, name, description, tags, defaultQueueType, deletionProtection } = object;
      return {
        kind,
        name,
        ...(description === undefined ? {} : { description }),
        ...(tags === undefined ? {} : { tags }),
        ...(defaultQueueType === undefined ? {} : { defaultQueueType }),
        ...(deletionProtection === undefined ? {} : { deletionProtection }),
      };
    }
    case 'exchange':
    case 'queue':
      return { ...object, arguments: table(object.arguments) };
    case 'binding': {
      const { kind, vhost, source, destination, destinationType, routingKey } = object;
      const given = table(object.arguments);
      return { kind, vhost, source, destination, destinationType, routingKey, arguments: given };
    }
    case 'policy':
    case 'operatorPolicy':
      return { ...object, definition: table(object.definition) };
    case 'parameter': {
      const { value, logins, lost: gone } = heldParameter(object.component, object.value);
      tell(gone);
      return { ...object, value, ...(logins === undefined ? {} : { logins }) };
    }
    case 'globalParameter': {
      const { value, lost: gone } = withoutSecrets(object.value);
      tell(gone);
      return { ...object, value };
    }
    default:
      return object;
  }
}

/** What was said about each object while its file was read. */
export function notesOf(
  diagnostics: readonly Diagnostic[],
  objects: readonly BrokerObject[],
): ReadonlyMap<string, readonly string[]> {
  const notes = new Map<string, string[]>();
  const said = diagnostics.filter(({ code }) => code === 'definitions-unheld');
  if (said.length === 0) return notes;
  for (const object of objects) {
    const { position } = object;
    if (position === undefined) continue;
    const lines = said.filter((each) => each.position !== undefined && holds(position, each.position));
    if (lines.length > 0)
      notes.set(
        identityKey(object),
        lines.map(({ message }) => message),
      );
  }
  return notes;
}

function holds(outer: SourcePosition, inner: SourcePosition): boolean {
  const isBefore = (line: number, column: number, other: readonly [number, number]): boolean =>
    line < other[0] || (line === other[0] && column <= other[1]);
  return (
    isBefore(outer.line, outer.column, [inner.line, inner.column]) &&
    isBefore(inner.endLine, inner.endColumn, [outer.endLine, outer.endColumn])
  );
}
