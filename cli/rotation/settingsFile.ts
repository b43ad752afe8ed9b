/** Writes into a stack's settings, Pulumi.<stack>.yaml, and leaves all else in it as it is: comments, order, secrets. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { isMap, parseDocument, type Document, type Node } from 'yaml';
import { UserError } from '../userError';

const PREFIX = 'warren:';

type Generations = ReadonlyMap<string, readonly number[]>;

export type SettingPath = readonly [string, ...string[]];

/**
 * By user, its generations.
 * @param known what stands there: where somebody has written meanwhile, what was planned is no longer true
 * @param removed settings that go at the same moment
 * @throws UserError
 */
export function writeGenerations(
  file: string,
  generations: Generations,
  known: Generations,
  removed: readonly SettingPath[] = [],
): void {
  change(file, (document) => {
    const key = keyOf(document, 'generations');
    const now = (document.toJS() as { config?: Record<string, Record<string, unknown>> } | null)?.config;
    for (const [user, numbers] of generations) {
      const found = JSON.stringify(now?.[key]?.[user] ?? [1]);
      if (found !== JSON.stringify(known.get(user) ?? [1])) {
        throw new UserError(
          `${file} has changed meanwhile (generations of ${user}: ${found}), by another rotation perhaps. Nothing was written there; the same command goes on from here`,
        );
      }
      document.setIn(['config', key, user], document.createNode(numbers, { flow: true }));
    }
    for (const setting of removed) remove(document, setting);
  });
}

export interface SettingChange {
  readonly setting: SettingPath;
  /** What stands there as far as we know; undefined for nothing. */
  readonly known: unknown;
  readonly value: unknown;
}

/**
 * @param removed settings that go at the same moment
 * @throws UserError where something else than `known` stands there
 */
export function changeSetting(
  file: string,
  { setting, known, value }: SettingChange,
  removed: readonly SettingPath[] = [],
): void {
  change(file, (document) => {
    const [first, ...others] = setting;
    const at = ['config', keyOf(document, first), ...others];
    const found = (document.getIn(at, true) as Node | undefined)?.toJS(document) as unknown;
    if (JSON.stringify(found) !== JSON.stringify(known)) {
      throw new UserError(
        `${file} has changed meanwhile (${setting.join('.')}: ${found === undefined ? 'nothing' : JSON.stringify(found)}), by another rotation perhaps. Nothing was written there; the same command goes on from here`,
      );
    }
    put(document, at, Array.isArray(value) ? document.createNode(value, { flow: true }) : value);
    for (const one of removed) remove(document, one);
  });
}

/** Sets one value below a setting. */
export function writeSetting(file: string, keys: SettingPath, value: unknown): void {
  change(file, (document) => {
    const [first, ...others] = keys;
    put(document, ['config', keyOf(document, first), ...others], value);
  });
}

/** Also below a table that is written as nothing: `cluster:`. */
function put(document: Document, at: readonly string[], value: unknown): void {
  for (let length = 2; length < at.length; length++) {
    const table = at.slice(0, length);
    if (document.hasIn(table) && document.getIn(table) === null) document.deleteIn(table);
  }
  document.setIn(at, value);
}

export function removeSettings(file: string, settings: readonly SettingPath[]): void {
  if (settings.length === 0) return;
  change(file, (document) => {
    for (const setting of settings) remove(document, setting);
  });
}

function remove(document: Document, [first, ...others]: SettingPath): void {
  const at = ['config', keyOf(document, first), ...others];
  if (document.hasIn(at)) document.deleteIn(at);
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
  try {
    edit(document);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`the stack's settings ${file} can't be changed: ${(error as Error).message}`);
  }
  const real = fs.realpathSync(file);
  const half = path.join(path.dirname(real), `.${path.basename(real)}.${process.pid}`);
  try {
    // Who has write-protected it means that; a rename alone wouldn't ask.
    fs.accessSync(real, fs.constants.W_OK);
    fs.writeFileSync(half, document.toString({ lineWidth: 0 }), { mode: fs.statSync(real).mode });
    fs.renameSync(half, real);
  } catch (error) {
    fs.rmSync(half, { force: true });
    const code = (error as NodeJS.ErrnoException).code ?? 'unwritable';
    throw new UserError(`the stack's settings ${file} can't be written (${code})`);
  }
}
