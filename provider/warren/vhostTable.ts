/**
 * The objects of one vhost as a table: by a key that a reader of a preview understands, with only what isn't usual.
 * Both directions; a table that a program or a person wrote is checked on the way in.
 */
import type { Arguments, JsonValue, ObjectOfKind, VhostPart, VhostPartKind } from '../../topology/objects';
import type { Inputs } from '../inputs';
import { VHOST_PART_KINDS, canonicalJson } from '../../topology/objects';
import { readInputs } from '../inputs';

export type TableEntry = Readonly<Record<string, JsonValue | Arguments>>;
export type VhostTable = Readonly<Record<string, TableEntry>>;

/** Positions and whatever else a compiled object holds stay behind. */
export function tableOf(objects: readonly VhostPart[]): VhostTable {
  return Object.fromEntries(objects.map((object) => [keyOf(object), entryOf(object)]));
}

/** `queue orders`, `binding events -> queue orders (order.*)`: equal for equal identities only. */
export function keyOf(object: VhostPart): string {
  switch (object.kind) {
    case 'permissions':
    case 'topicPermissions':
      return `${object.kind} ${shown(object.user)}`;
    case 'policy':
    case 'operatorPolicy':
    case 'exchange':
    case 'queue':
      return `${object.kind} ${shown(object.name)}`;
    case 'binding': {
      const { source, destinationType, destination, routingKey } = object;
      const ends = `binding ${shown(source)} -> ${destinationType} ${shown(destination)}`;
      const key = routingKey === '' ? '' : ` (${shown(routingKey)})`;
      return `${ends}${key}${isEmpty(object.arguments) ? '' : ` ${canonicalJson(object.arguments)}`}`;
    }
  }
}

/** In quotes where it could be mistaken for something else. */
function shown(name: string): string {
  return /^[^\s"'()[\]{}\\]+$/.test(name) ? name : JSON.stringify(name);
}

function isEmpty(table: Arguments): boolean {
  return Object.keys(table).length === 0;
}

function entryOf(object: VhostPart): TableEntry {
  switch (object.kind) {
    case 'permissions': {
      const { user, configure, write, read } = object;
      return { user, configure, write, read };
    }
    case 'topicPermissions': {
      const { user } = object;
      const exchanges = object.exchanges.map(({ exchange, write, read }) => [exchange, { write, read }]);
      return { user, exchanges: Object.fromEntries(exchanges) as JsonValue };
    }
    case 'policy':
    case 'operatorPolicy': {
      const { name, pattern, applyTo, priority, definition } = object;
      return { name, pattern, applyTo, priority, definition };
    }
    case 'exchange':
      return {
        name: object.name,
        type: object.type,
        ...unusual(object),
        ...(object.internal ? { internal: true } : {}),
      };
    case 'queue':
      return { name: object.name, ...unusual(object) };
    case 'binding': {
      const { source, destination, destinationType, routingKey } = object;
      return {
        source,
        destination,
        ...(destinationType === 'queue' ? {} : { destinationType }),
        ...(routingKey === '' ? {} : { routingKey }),
        ...(isEmpty(object.arguments) ? {} : { arguments: object.arguments }),
      };
    }
  }
}

function unusual(object: ObjectOfKind<'queue' | 'exchange'>): TableEntry {
  return {
    ...(object.durable ? {} : { durable: false }),
    ...(object.autoDelete ? { autoDelete: true } : {}),
    ...(isEmpty(object.arguments) ? {} : { arguments: object.arguments }),
  };
}

/** Faults are noted in `inputs` under the path `objects`. */
export function objectsOf(vhost: string, table: unknown, inputs: Inputs): readonly VhostPart[] {
  if (typeof table !== 'object' || table === null) return [];
  return Object.entries(table).flatMap(([key, entry]) => {
    const kind = VHOST_PART_KINDS.find((candidate) => key.startsWith(`${candidate} `));
    if (kind === undefined) {
      inputs.fail(
        'objects',
        `has the key "${key}", which doesn't begin with one of ${VHOST_PART_KINDS.join(', ')}`,
      );
      return [];
    }
    const values = readInputs((entry ?? {}) as Readonly<Record<string, unknown>>);
    const object = parseEntry(kind, vhost, values);
    for (const { property, reason } of values.failures)
      inputs.fail('objects', `"${key}": ${property} ${reason}`);
    if (values.failures.length === 0 && keyOf(object) !== key) {
      inputs.fail('objects', `"${key}" must have the key "${keyOf(object)}"`);
    }
    return [object];
  });
}

function parseEntry(kind: VhostPartKind, vhost: string, values: Inputs): VhostPart {
  switch (kind) {
    case 'permissions':
      return {
        kind,
        vhost,
        user: values.text('user'),
        configure: values.text('configure'),
        write: values.text('write'),
        read: values.text('read'),
      };
    case 'topicPermissions': {
      const exchanges = Object.entries(
        values.table('exchanges') as object as Record<string, { write: string; read: string }>,
      );
      return {
        kind,
        vhost,
        user: values.text('user'),
        exchanges: exchanges
          .map(([exchange, { write, read }]) => ({ exchange, write, read }))
          .sort((a, b) => (a.exchange < b.exchange ? -1 : 1)),
      };
    }
    case 'policy':
    case 'operatorPolicy':
      return {
        kind,
        vhost,
        name: values.text('name'),
        pattern: values.text('pattern'),
        applyTo: values.text('applyTo') as ObjectOfKind<'policy'>['applyTo'],
        priority: values.integer('priority'),
        definition: values.table('definition'),
      };
    case 'exchange':
      return {
        kind,
        vhost,
        name: values.text('name'),
        type: values.text('type'),
        ...common(values),
        internal: values.flag('internal', false),
      };
    case 'queue':
      return { kind, vhost, name: values.text('name'), ...common(values) };
    case 'binding': {
      const destinationType = values.text('destinationType', 'queue');
      return {
        kind,
        vhost,
        source: values.text('source'),
        destination: values.text('destination'),
        destinationType: destinationType === 'exchange' ? 'exchange' : 'queue',
        routingKey: values.text('routingKey', ''),
        arguments: values.table('arguments'),
      };
    }
  }
}

function common(values: Inputs): Pick<ObjectOfKind<'queue'>, 'durable' | 'autoDelete' | 'arguments'> {
  return {
    durable: values.flag('durable', true),
    autoDelete: values.flag('autoDelete', false),
    arguments: values.table('arguments'),
  };
}
