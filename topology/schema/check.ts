/** The schema, as editors use it, checked on what was read. */
import Ajv from 'ajv';
import type { ValidateFunction } from 'ajv';
import type { Diagnostic } from '../diagnostics';
import schema from '../schema.json';
import { describeSchemaErrors } from './faults';
import type { Source } from '../source/index';
import {
  DURATION_MS_MAX,
  isPlainUri,
  parseAgeMs,
  parseDurationMs,
  parseSeconds,
  parseSizeBytes,
} from '../units';

/** Everything that the schema has against a topology. */
export function checkSchema(source: Source): Diagnostic[] {
  compiled ??= compile(schema);
  return check(compiled, source);
}

/** The keys by which a file says what it is: the version of the language, and which other files belong to it. */
export const HEADER_KEYS = ['warren', 'extends', 'include', 'remove'] as const;

/** Everything that the schema has against those keys of a file that is one of several. */
export function checkHeader(source: Source): Diagnostic[] {
  const { properties } = schema;
  const header = Object.fromEntries(HEADER_KEYS.map((key) => [key, properties[key]]));
  compiledHeader ??= compile({ ...schema, properties: header, additionalProperties: true });
  return check(compiledHeader, source);
}

let compiled: ValidateFunction | undefined;
let compiledHeader: ValidateFunction | undefined;

function check(validate: ValidateFunction, source: Source): Diagnostic[] {
  return validate(source.data) ? [] : describeSchemaErrors(validate.errors ?? [], source);
}

/** Of the whole schema it takes some 20 ms: once per process, and only when a topology is read. */
export function compile(what: object): ValidateFunction {
  return new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    formats: {
      'warren-duration': (text) => (parseDurationMs(text) ?? Infinity) <= DURATION_MS_MAX,
      'warren-seconds': (text) => parseSeconds(text) !== undefined,
      'warren-age': (text) => parseAgeMs(text) !== undefined,
      'warren-uri': isPlainUri,
      'warren-size': (text) => parseSizeBytes(text) !== undefined,
    },
  }).compile(what);
}
