/** From text to a typed topology: YAML, then the schema, then the model; every fault collected, none thrown. */
import Ajv from 'ajv';
import type { ValidateFunction } from 'ajv';
import { buildTopology, declaredTarget } from './build/index';
import type { Diagnostic } from './diagnostics';
import type { Topology } from './model';
import schema from './schema.json';
import { describeSchemaErrors } from './schemaFaults';
import { readSource } from './source';
import { DEFAULT_TARGET } from './target';
import type { Target } from './target';
import { DURATION_MS_MAX, isPlainUri, parseAgeMs, parseDurationMs, parseSizeBytes } from './units';

export interface ParseResult {
  /** Absent when the text isn't YAML that can be worked with. Present beside other faults: the rules look at the rest. */
  readonly topology?: Topology;
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a topology. `target` (a stack's choice) goes before the one that the file names. */
export function parseTopology(text: string, file: string, target?: Target): ParseResult {
  const { source, diagnostics } = readSource(text, file);
  if (source === undefined) return { diagnostics };
  const validate = validator();
  const isValid = validate(source.data);
  const faults = isValid ? [] : describeSchemaErrors(validate.errors ?? [], source);
  const topology = buildTopology(source, target ?? declaredTarget(source.data) ?? DEFAULT_TARGET);
  return { topology, diagnostics: [...diagnostics, ...faults] };
}

let compiled: ValidateFunction | undefined;

/** Compiling the schema takes some 20 ms: once per process, and only when a topology is read. */
function validator(): ValidateFunction {
  compiled ??= new Ajv({
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    formats: {
      'warren-duration': (text) => (parseDurationMs(text) ?? Infinity) <= DURATION_MS_MAX,
      'warren-age': (text) => parseAgeMs(text) !== undefined,
      'warren-uri': isPlainUri,
      'warren-size': (text) => parseSizeBytes(text) !== undefined,
    },
  }).compile(schema);
  return compiled;
}
