/** The resolved topology as one YAML file: what it extends and includes is written out, what it removes is gone. */
import { stringify } from 'yaml';
import type { Topology } from '../model';
import type { SourceNode } from '../source/node';
import { DEFAULT_TARGET } from '../target';

/** Keys stand in the order of the files. Loaded again, it makes the same objects; comments are lost. */
export function renderYaml({ source, target }: Topology): string {
  const { target: said, ...rest } = source.data as Readonly<Record<string, unknown>>;
  const entries = ordered(source.root, rest) as ReadonlyMap<string, unknown>;
  const isSaid = said !== undefined || target !== DEFAULT_TARGET;
  const resolved = new Map([
    ['warren', entries.get('warren')],
    // A stack, or an option, may have chosen another one than the file.
    ...(isSaid ? ([['target', target]] as const) : []),
    ...entries,
  ]);
  return stringify(resolved, {
    aliasDuplicateObjects: false,
    // `on` and `off` are text, for older readers as well.
    compat: 'yaml-1.1',
    lineWidth: 0,
    nullStr: '',
    simpleKeys: true,
    singleQuote: true,
  });
}

/** Mappings as maps: an object would put keys that are numbers first. */
function ordered(node: SourceNode | undefined, data: unknown): unknown {
  if (Array.isArray(data)) {
    return data.map((item: unknown, index) => ordered(node?.children?.get(String(index)), item));
  }
  if (typeof data !== 'object' || data === null) return data;
  const values = data as Readonly<Record<string, unknown>>;
  const keys = node?.children === undefined ? Object.keys(values) : [...node.children.keys()];
  return new Map(
    keys
      .filter((key) => Object.hasOwn(values, key))
      .map((key) => [key, ordered(node?.children?.get(key), values[key])] as const),
  );
}
