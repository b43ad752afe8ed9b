/**
 * The files that belong to a topology, read through what it extends and includes. Here is everything that can be wrong
 * with a reference: what comes after works with files that are all there, and lead back to themselves nowhere.
 */
import { posix } from 'node:path';
import type { Diagnostic, SourcePosition } from '../diagnostics';
import { checkHeader, HEADER_KEYS } from '../schema/check';
import { readSource } from '../source/index';
import type { Source } from '../source/index';
import { entriesOf, isMapping, itemsOf, mappingAt } from './tree';
import type { Tree } from './tree';

/** In a few words why there is no text (`there is no such file`), and the way out where it isn't another path. */
export interface NoText {
  readonly fault: string;
  readonly help?: string;
}

/** How other files are read. Never throws. */
export type ReadFile = (path: string) => { readonly text: string } | NoText;

export interface TopologyFile {
  readonly name: string;
  /** What it says itself, without the keys by which it names other files. */
  readonly body: Tree;
  /** Where the list of bases stands; only where there are some. */
  readonly extendsPosition?: SourcePosition;
  readonly bases: readonly TopologyFile[];
  readonly parts: readonly TopologyFile[];
  readonly removal?: Tree;
  /** This file and all that it is made of. */
  readonly family: ReadonlySet<TopologyFile>;
}

export interface FilesResult {
  /** Absent where one of the files can't be had. */
  readonly file?: TopologyFile;
  readonly diagnostics: readonly Diagnostic[];
  readonly texts: ReadonlyMap<string, string>;
}

/** More than anybody writes; links in a file system can make endless paths. */
const DEPTH_MAX = 50;

interface Walk {
  readonly readFile: ReadFile | undefined;
  readonly diagnostics: Diagnostic[];
  readonly texts: Map<string, string>;
  readonly known: Map<string, TopologyFile | undefined>;
  /** The files that are being read now, each named by the one before it. */
  readonly open: string[];
}

interface Reference {
  readonly kind: 'extends' | 'include';
  readonly text: string;
  readonly position: SourcePosition;
}

/** Whether a file stands alone, as most do. */
export function isAlone(source: Source): boolean {
  const { children } = source.root;
  return HEADER_KEYS.every((key) => key === 'warren' || children?.has(key) !== true);
}

export function readFiles(source: Source, readFile: ReadFile | undefined): FilesResult {
  const walk: Walk = {
    readFile,
    diagnostics: [],
    texts: new Map(source.texts),
    known: new Map(),
    open: [],
  };
  const file = visit(source, walk);
  return { ...(file === undefined ? {} : { file }), diagnostics: walk.diagnostics, texts: walk.texts };
}

/** Undefined where the file, or one that it needs, can't be used; the reason is among the diagnostics then. */
function visit(source: Source, walk: Walk): TopologyFile | undefined {
  const tree: Tree = { node: source.root, data: source.data };
  const header = checkHeader(source);
  walk.diagnostics.push(...header);
  const entries = entriesOf(tree);
  const [extended, included, removal] = [
    entries.get('extends'),
    entries.get('include'),
    entries.get('remove'),
  ];
  for (const key of HEADER_KEYS) entries.delete(key);

  walk.open.push(posix.normalize(source.file));
  const follow = (reference: Reference): TopologyFile | undefined => followReference(reference, source, walk);
  const bases = distinct(referencesOf(extended, 'extends'), [], source, walk);
  const parts = distinct(referencesOf(included, 'include'), bases, source, walk);
  const [baseFiles, partFiles] = [allOf(bases.map(follow)), allOf(parts.map(follow))];
  walk.open.pop();

  if (extended !== undefined && bases.length === 0) return undefined;
  if (baseFiles === undefined || partFiles === undefined) return undefined;
  const links = {
    bases: baseFiles.filter((file, index) => isNew(bases[index], file, baseFiles, walk)),
    parts: partFiles.filter((file, index) => isNewPart(parts[index], file, baseFiles, partFiles, walk)),
  };
  if (removal !== undefined && extended === undefined) {
    walk.diagnostics.push(removeWithoutExtends(source.at(['remove'], 'key')));
  }
  const below = [...links.bases, ...links.parts];
  const family = new Set<TopologyFile>(below.flatMap((file) => [...file.family]));
  const file: TopologyFile = {
    name: source.file,
    body: isMapping(tree) ? mappingAt(source.root, entries) : tree,
    ...(extended === undefined ? {} : { extendsPosition: source.at(['extends'], 'key') }),
    ...links,
    ...(removal === undefined ? {} : { removal }),
    family,
  };
  family.add(file);
  return file;
}

/** Undefined where one is missing. */
function allOf(files: readonly (TopologyFile | undefined)[]): readonly TopologyFile[] | undefined {
  const found = files.filter((file) => file !== undefined);
  return found.length === files.length ? found : undefined;
}

/** One name or a list of them. Whatever else stands there, the schema has reported. */
function referencesOf(value: Tree | undefined, kind: Reference['kind']): Reference[] {
  if (value === undefined) return [];
  const items = Array.isArray(value.data) ? itemsOf(value) : [value];
  return items.flatMap(({ node, data }) =>
    typeof data === 'string' ? [{ kind, text: data, position: node.origin.positionOf(node.range) }] : [],
  );
}

/** What the reference means, seen from the file that names it. */
function targetOf({ text }: Reference, source: Source): string {
  return posix.join(posix.dirname(source.file), text);
}

function distinct(
  references: readonly Reference[],
  earlier: readonly Reference[],
  source: Source,
  walk: Walk,
): Reference[] {
  const seen = new Set(earlier.map((reference) => targetOf(reference, source)));
  return references.filter((reference) => {
    const target = targetOf(reference, source);
    if (!seen.has(target)) return seen.add(target);
    walk.diagnostics.push(fileTwice(reference, `${target} is named twice in this file.`));
    return false;
  });
}

function followReference(reference: Reference, source: Source, walk: Walk): TopologyFile | undefined {
  const result = openReference(reference, source, walk);
  if (!('code' in result)) return result.file;
  walk.diagnostics.push({ ...result, severity: 'error', position: reference.position });
  return undefined;
}

/** The file, or what is wrong with the reference. A fault inside the file is reported where it stands. */
function openReference(
  reference: Reference,
  source: Source,
  walk: Walk,
): { readonly file: TopologyFile | undefined } | Fault {
  const malformed = malformation(reference.text);
  if (malformed !== undefined) return malformed;
  const name = targetOf(reference, source);
  const openIndex = walk.open.indexOf(name);
  if (openIndex >= 0) return cycle([...walk.open.slice(openIndex), name]);
  if (walk.known.has(name)) return { file: walk.known.get(name) };
  if (walk.open.length >= DEPTH_MAX) return TOO_DEEP;
  const result = walk.readFile?.(name) ?? { fault: 'no way to read further files was given' };
  if ('fault' in result) return unreadable(name, result.fault, result.help);
  walk.texts.set(name, result.text);
  const { source: next, diagnostics } = readSource(result.text, name);
  const binary = diagnostics.find(({ code }) => next === undefined && code === 'not-text');
  if (binary !== undefined) return unreadable(name, `line ${binary.position?.line ?? 1} is not text`);
  walk.diagnostics.push(...diagnostics);
  const file = next === undefined ? undefined : visit(next, walk);
  walk.known.set(name, file);
  return { file };
}

/** Whether a base isn't part of another one: then it would count a second time. */
function isNew(
  reference: Reference | undefined,
  file: TopologyFile,
  bases: readonly TopologyFile[],
  walk: Walk,
): boolean {
  const other = bases.find((base) => base !== file && base.family.has(file));
  if (other === undefined || reference === undefined) return true;
  walk.diagnostics.push(fileTwice(reference, `${file.name} belongs to ${other.name} already.`));
  return false;
}

/** Whether nothing of what a part is made of is said by a base or by an earlier part already. */
function isNewPart(
  reference: Reference | undefined,
  file: TopologyFile,
  bases: readonly TopologyFile[],
  parts: readonly TopologyFile[],
  walk: Walk,
): boolean {
  // Plain parts may share parts of their own: each then stands on its own feet, and together they count once.
  const earlier = parts
    .slice(0, parts.indexOf(file))
    .filter((other) => hasOverlay(other) || hasOverlay(file));
  for (const other of [...bases, ...earlier]) {
    const shared = [...file.family].find((each) => other.family.has(each));
    if (shared === undefined || reference === undefined) continue;
    walk.diagnostics.push(fileTwice(reference, `${shared.name} belongs to ${other.name} already.`));
    return false;
  }
  return true;
}

function hasOverlay({ family }: TopologyFile): boolean {
  return [...family].some(({ bases }) => bases.length > 0);
}

type Fault = Omit<Diagnostic, 'severity' | 'position'>;

function malformation(text: string): Fault | undefined {
  const fault = (message: string, reason: string): Fault => ({
    code: 'bad-reference',
    message,
    reason,
    help: 'Write the path of a file as it is seen from this one, e.g. base.yaml or ../base.yaml.',
  });
  if (text.trim() === '') return fault('The name of a file is missing.', 'There is nothing to read.');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return fault(`"${text}" is no file.`, 'A topology consists of files that are reviewed together.');
  }
  if (text.startsWith('/') || /^[a-z]:[\\/]/i.test(text)) {
    return fault(`"${text}" is an absolute path.`, 'On other machines the file stands somewhere else.');
  }
  if (text.includes('\\'))
    return fault(`"${text}" holds a backslash.`, 'Folders are parted by / everywhere.');
  return undefined;
}

function unreadable(
  name: string,
  why: string,
  help = 'Correct the path: it is relative to the file in which it stands.',
): Fault {
  return {
    code: 'unreadable-file',
    message: `${name} can't be read: ${/[.?]$/.test(why) ? why : `${why}.`}`,
    reason: 'Without it the topology is incomplete, and nothing more can be said about it.',
    help,
  };
}

function cycle(names: readonly string[]): Fault {
  return {
    code: 'reference-cycle',
    message: `This leads back to ${names[0] ?? ''}: ${names.join(' → ')}.`,
    reason: 'What a file says would depend on itself.',
    help: 'Remove one of these references; what both files need belongs in a third one.',
  };
}

const TOO_DEEP: Fault = {
  code: 'reference-cycle',
  message: `This is file number ${DEPTH_MAX + 1}, each of which is named by the one before.`,
  reason: 'So many are most likely one file, reached through a link to its own folder.',
  help: 'Name the file by a path that holds no such link.',
};

function fileTwice({ position, kind }: Reference, message: string): Diagnostic {
  return {
    code: 'file-twice',
    severity: 'error',
    message,
    reason: 'What it says would be said a second time.',
    help: `Remove this line of \`${kind}:\`.`,
    position,
  };
}

function removeWithoutExtends(position: SourcePosition): Diagnostic {
  return {
    code: 'remove-without-extends',
    severity: 'error',
    message: 'There is nothing here that something could be removed from.',
    reason: '`remove:` takes away what the file says that this one extends.',
    help: 'Name that file with `extends:`, or delete what should go where it stands.',
    position,
  };
}
