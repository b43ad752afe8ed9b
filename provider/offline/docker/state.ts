/**
 * What a resource's state is, and whose: in the form of the genuine plugin's, which may go on with it, with a stamp of
 * ours. The genuine plugin's own is taken where nothing is in it that this plugin doesn't know.
 */
import type { PropertyMap } from '../../values';
import type { DockerType } from './resource';
import { UserError } from '../../userError';
import { checkProperties, isNothing } from './properties/check';

/** Counts up when an older plugin couldn't read it. */
const STATE_VERSION = 1;

interface Meta {
  /** The genuine plugin's, as text. */
  readonly schema_version?: string;
  /** Ours. */
  readonly warren?: number;
}

export function stamped(type: DockerType, state: PropertyMap): PropertyMap {
  const schema = type.schemaVersion === 0 ? {} : { schema_version: String(type.schemaVersion) };
  const meta: Meta = { ...schema, warren: STATE_VERSION };
  return { ...state, __meta: JSON.stringify(meta) };
}

/**
 * The state without bookkeeping, every value in the form that inputs have.
 * @throws UserError for a state that this plugin can't go on with
 */
export function readState(type: DockerType, state: PropertyMap): PropertyMap {
  const meta = metaOf(state);
  const schema = Number(meta.schema_version ?? type.schemaVersion);
  if (schema !== type.schemaVersion) throw notOurs(type, `its form is ${schema}, not ${type.schemaVersion}`);
  if ((meta.warren ?? 0) > STATE_VERSION) throw notOurs(type, 'a newer Warren wrote it');
  const known = Object.entries(state).filter(([name]) => name in type.fields || type.outputs.includes(name));
  const unknown = Object.entries(state).filter(
    ([name, value]) =>
      !(name in type.fields) &&
      !type.outputs.includes(name) &&
      name !== 'id' &&
      !name.startsWith('__') &&
      !isNothing(value),
  );
  const [first] = unknown;
  if (first !== undefined) throw notOurs(type, `it has \`${first[0]}\``);
  const inputs = Object.fromEntries(known.filter(([name]) => name in type.fields));
  const checked = checkProperties(type.fields, inputs);
  const [failure] = checked.failures;
  if (failure !== undefined) throw notOurs(type, `\`${failure.property}\` ${failure.reason}`);
  const outputs = known.filter(([name]) => type.outputs.includes(name));
  const own = '__inputs' in state ? { __inputs: state.__inputs } : {};
  return { ...Object.fromEntries(outputs), ...checked.values, ...own };
}

function metaOf({ __meta }: PropertyMap): Meta {
  if (typeof __meta !== 'string') return {};
  try {
    return JSON.parse(__meta) as Meta;
  } catch {
    return {};
  }
}

function notOurs(type: DockerType, why: string): UserError {
  return new UserError(
    `The state of this ${type.token} can't be read by Warren's offline docker plugin: ${why}. ` +
      'Use the plugin that wrote it (the genuine one: `pulumi plugin install resource docker`).',
  );
}
