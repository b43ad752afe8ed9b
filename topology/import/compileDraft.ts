/** What a topology's data would compile to, without a file: by this an import proves what it writes. */
import { buildTopology } from '../build/index';
import { compileTopology } from '../compile/index';
import type { SourcePosition } from '../diagnostics';
import { expandTopology } from '../expand/index';
import type { BrokerObject } from '../objects';
import { resolveTopology } from '../resolve/index';
import { checkSchema } from '../schema/check';
import type { Source } from '../source/index';
import type { Target } from '../target';
import type { Table } from './yamlText';

const NOWHERE: SourcePosition = { file: '', line: 1, column: 1, endLine: 1, endColumn: 1 };

/** Data that stand in no file. */
export function draftSource(data: Table): Source {
  return {
    file: '',
    texts: new Map(),
    root: { origin: { file: '', positionOf: () => NOWHERE }, range: [0, 0] },
    data,
    at: () => NOWHERE,
  };
}

/** Whether the schema takes this as a part of a vhost. */
export function isSchemaFine(vhost: Table): boolean {
  return checkSchema(draftSource({ warren: 1, vhosts: { v: vhost } })).length === 0;
}

export function compileDraft(data: Table, target: Target): BrokerObject[] {
  return compileTopology(resolveTopology(expandTopology(buildTopology(draftSource(data), target))));
}
