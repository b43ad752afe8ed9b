import { readFileSync } from 'node:fs';
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
