/** Topologies from files: for every command the same. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { isTarget, load, TARGETS } from '../topology/index';
import type { LoadOptions, LoadResult, NoText, ReadFile, Target } from '../topology/index';
import { nearest } from '../topology/names';
import { UserError } from './userError';

/**
 * Reads and checks a topology with all that it extends and includes. `file` is relative to the current folder.
 * @throws UserError when the file itself can't be read
 */
export function loadTopologyFile(file: string, options: Omit<LoadOptions, 'readFile'> = {}): LoadResult {
  return load(readTextFile(file), file, { ...options, readFile });
}

/**
 * The same for somebody else's topology: nothing is read of which `refuse` tells why.
 * @throws UserError when the file itself can't be read
 */
export function loadForeignTopology(file: string, refuse: (file: string) => NoText | undefined): LoadResult {
  const readOwn: ReadFile = (name) => refuse(name) ?? readFile(name);
  return load(textOf(file, readOwn), file, { readFile: readOwn });
}

/** @throws UserError when the file can't be read */
export function readTextFile(file: string): string {
  return textOf(file, readFile);
}

function textOf(file: string, read: ReadFile): string {
  const result = read(file);
  if ('fault' in result) throw failure('read', file, result.fault);
  return result.text;
}

/** @throws UserError when the file can't be written */
export function writeTextFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw failure('write', file, reasonOf(error, file, 'write'));
  }
}

type Verb = 'read' | 'write';

function failure(verb: Verb, file: string, fault: string): UserError {
  return new UserError(
    file === ''
      ? `can't ${verb} a file whose name is empty: name one, e.g. topology.yaml`
      : `can't ${verb} ${file}: ${fault}`,
  );
}

const readFile: ReadFile = (file) => {
  try {
    // A pipe or a device would never end.
    const stat = statSync(file);
    if (stat.isDirectory()) return { fault: 'it is a folder; name a YAML file in it' };
    if (!stat.isFile()) return { fault: 'it is no regular file' };
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    return { fault: reasonOf(error, file, 'read') };
  }
};

function reasonOf(error: unknown, file: string, verb: Verb): string {
  const code = (error as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return verb === 'read' ? `there is no such file${suggestion(file)}` : noPlace(file);
    case 'EISDIR':
      return 'it is a folder; name a file in it';
    case 'ENOTDIR':
      return `${path.dirname(file)} is no folder`;
    case 'EACCES':
    case 'EPERM':
      return `this user may not ${verb} it`;
    case 'EROFS':
      return 'nothing can be written there';
    case 'ENOSPC':
      return 'the disk is full';
    case 'ELOOP':
      return 'its links lead in a circle';
    default:
      return code ?? String(error);
  }
}

function noPlace(file: string): string {
  const folder = path.dirname(file);
  return existsSync(folder)
    ? 'it is a link that leads nowhere'
    : `there is no folder ${folder}; make it first`;
}

function suggestion(file: string): string {
  try {
    const meant = nearest(path.basename(file), readdirSync(path.dirname(file)));
    return meant === undefined ? '' : `; did you mean ${path.join(path.dirname(file), meant)}?`;
  } catch {
    return ''; // there is no such folder either
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
