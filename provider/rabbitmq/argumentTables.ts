/** Tables of arguments and definitions between Pulumi's properties and RabbitMQ's values. */
import type { ArgumentValue, Arguments } from '../../topology/objects';
import type { Inputs } from '../inputs';
import type { PropertyMap } from '../values';
import { canonicalJson } from '../../topology/objects';

/**
 * The arguments of `settings` (or of a binding): a table, or the same as JSON text in the property `…Json`. State
 * that the bridged provider wrote has both: the one that the program didn't give is empty.
 */
export function parseArguments(inputs: Inputs, path: string): Arguments {
  const jsonPath = `${path}Json`;
  if (!inputs.has(jsonPath)) return inputs.table(path);
  const [table, fromJson] = [inputs.table(path), inputs.jsonTable(jsonPath)];
  if (Object.keys(table).length === 0) return fromJson;
  if (Object.keys(fromJson).length > 0) inputs.fail(jsonPath, `can't be given beside ${path}`);
  return table;
}

/**
 * In the form in which the program gave them. Arguments read from a broker for which there is no form yet become
 * JSON text where a value isn't a text: the SDK's type for the table has only texts.
 */
export function argumentProperties(table: Arguments, given: unknown): PropertyMap {
  const form = withoutEmptyJson(isTable(given) ? given : {});
  const hasOtherThanTexts = Object.values(table).some((value) => typeof value !== 'string');
  const asJson = form.argumentsJson !== undefined || (form.arguments === undefined && hasOtherThanTexts);
  if (!asJson) return Object.keys(table).length === 0 ? {} : { arguments: table };
  const { argumentsJson } = form;
  const isSameText = typeof argumentsJson === 'string' && isSameTable(argumentsJson, table);
  return { argumentsJson: isSameText ? argumentsJson : canonicalJson(table) };
}

function withoutEmptyJson({ argumentsJson, ...others }: PropertyMap): PropertyMap {
  return argumentsJson === '' && others.arguments !== undefined ? others : { argumentsJson, ...others };
}

function isSameTable(json: string, table: Arguments): boolean {
  try {
    return canonicalJson(JSON.parse(json)) === canonicalJson(table);
  } catch {
    return false;
  }
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A policy's definition: the SDK's type has only texts, so a text of digits is the number that it spells. */
export function parseDefinition(inputs: Inputs, path: string): Arguments {
  const table = inputs.table(path);
  const entries = Object.entries(table).map(([key, value]): [string, ArgumentValue] => {
    if (typeof value !== 'string') return [key, value];
    if (key === 'ha-params' && table['ha-mode'] === 'nodes') return [key, value.split(',')];
    return [key, /^-?\d{1,15}$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}

/** The other way round: numbers and lists as texts. */
export function definitionProperties(definition: Arguments): PropertyMap {
  const entries = Object.entries(definition).map(([key, value]) => {
    if (typeof value === 'number') return [key, String(value)];
    return [key, Array.isArray(value) ? value.join(',') : value];
  });
  return Object.fromEntries(entries) as PropertyMap;
}
