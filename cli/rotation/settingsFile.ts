/** Writes into a stack's settings, Pulumi.<stack>.yaml, and leaves all else in it as it is: comments, order, secrets. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isMap, parseDocument, type Document } from 'yaml';
import { UserError } from '../userError';

const PREFIX = 'warren:';

/** By user, its generations; [1] is left out where nothing was said before. */
export function writeGenerations(
  file: string,
  generations: Readonly<Record<string, readonly number[]>>,
): void {
  change(file, (document) => {
    const key = keyOf(document, 'generations');
    for (const [user, numbers] of Object.entries(generations)) {
      document.setIn(['config', key, user], document.createNode(numbers, { flow: true }));
    }
  });
}

/** Sets one value below a setting. */
export function writeSetting(file: string, keys: readonly [string, ...string[]], value: unknown): void {
  change(file, (document) => {
    const [first, ...others] = keys;
    document.setIn(['config', keyOf(document, first), ...others], value);
  });
}

export function removeSetting(file: string, keys: readonly [string, ...string[]]): void {
  change(file, (document) => {
    const [first, ...others] = keys;
    document.deleteIn(['config', keyOf(document, first), ...others]);
  });
}

/** A setting's namespace may be left out, as `pulumi config` reads it. */
function keyOf(document: Document, name: string): string {
  const config = document.get('config');
  return isMap(config) && config.has(name) && !config.has(PREFIX + name) ? name : PREFIX + name;
}

/** Whole or not at all, whatever ends this process. */
function change(file: string, edit: (document: Document) => void): void {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new UserError(`the stack's settings ${file} can't be read (${code})`);
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    throw new UserError(`the stack's settings ${file} are no YAML: ${document.errors[0]?.message ?? ''}`);
  }
  edit(document);
  const real = fs.realpathSync(file);
  const half = path.join(path.dirname(real), `.${path.basename(real)}.${process.pid}`);
  try {
    fs.writeFileSync(half, document.toString({ lineWidth: 0 }), { mode: fs.statSync(real).mode });
    fs.renameSync(half, real);
  } catch (error) {
    fs.rmSync(half, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? 'unwritable';
    throw new UserError(`the stack's settings ${file} can't be written (${code})`);
  }
}
