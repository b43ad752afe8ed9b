import { readFileSync } from 'node:fs';
import { isTarget, TARGETS, type Target } from '../topology/index';
import { UserError } from './userError';

/** @throws UserError when the file can't be read */
export function readTopologyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(`can't read ${file}: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EISDIR':
      return 'it is a folder; name a YAML file in it';
    case 'EACCES':
      return 'this user may not read it';
    default:
      return code ?? String(error);
  }
}

/**
 * The value of a `--target` option, in the form that `load` takes.
 * @throws UserError for a series that Warren doesn't know
 */
export function targetOption(value: string | undefined): { readonly target?: Target } {
  if (value === undefined) return {};
  if (isTarget(value)) return { target: value };
  throw new UserError(`--target ${value} is unknown; it can be ${TARGETS.join(', ')}`);
}
