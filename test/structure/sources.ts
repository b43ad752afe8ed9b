/** The checkout's own TypeScript files and what they import, read with the TypeScript parser. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ts from 'typescript';

export const ROOT = path.resolve(__dirname, '../..');

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly file: string;
  readonly lines: number;
  /** Files of the checkout, relative to the root. */
  readonly imports: readonly string[];
  /** Names of packages, e.g. `yaml`, `@pulumi/pulumi`, `node:fs`. */
  readonly packages: readonly string[];
  readonly functions: readonly { readonly name: string; readonly line: number; readonly lines: number }[];
}

const FOLDERS = [
  'topology',
  'broker',
  'dockerApi',
  'kubernetesApi',
  'scaler',
  'provider',
  'k8s',
  'docker',
  'stacks',
  'policy',
  'library',
  'cli',
  'tools',
  'test',
];

export function readSources(): SourceFile[] {
  return FOLDERS.flatMap((folder) => typescriptFiles(folder)).map(readSource);
}

function typescriptFiles(folder: string): string[] {
  const full = path.join(ROOT, folder);
  if (!fs.existsSync(full)) return [];
  return fs
    .readdirSync(full, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')));
}

function readSource(file: string): SourceFile {
  const text = fs.readFileSync(path.join(ROOT, file), 'utf8');
  const named = ts.preProcessFile(text, true, true).importedFiles.map((reference) => reference.fileName);
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  return {
    file,
    lines: text.split('\n').length - 1,
    imports: named.filter((name) => name.startsWith('.')).map((name) => resolveImport(file, name)),
    packages: named.filter((name) => !name.startsWith('.')).map(packageName),
    functions: functionsOf(source),
  };
}

function resolveImport(from: string, name: string): string {
  // An `import()` names the file as it would be after a translation.
  const target = path.posix.join(path.posix.dirname(from), name).replace(/\.js$/, '');
  const candidates = [target, `${target}.ts`, path.posix.join(target, 'index.ts')];
  const found = candidates.find((file) =>
    fs.statSync(path.join(ROOT, file), { throwIfNoEntry: false })?.isFile(),
  );
  if (found === undefined) throw new Error(`${from} imports ${name}, which does not exist`);
  return found;
}

function packageName(name: string): string {
  const parts = name.split('/');
  return name.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? name);
}

function functionsOf(source: ts.SourceFile): SourceFile['functions'] {
  const found: { name: string; line: number; lines: number }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const first = source.getLineAndCharacterOfPosition(node.getStart()).line;
      const last = source.getLineAndCharacterOfPosition(node.getEnd()).line;
      found.push({ name: node.name?.getText() ?? 'anonymous', line: first + 1, lines: last - first + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
