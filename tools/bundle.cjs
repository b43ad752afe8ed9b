'use strict';
/**
 * Runs TypeScript of this checkout that has to start fast: the `warren` command, and the Pulumi program and the
 * providers, which `pulumi up` starts six times. esbuild translates an entry with all that it imports into one
 * JavaScript file under node_modules; it is made anew as soon as one of its sources has changed, so there is no build
 * step and no stale output. What V8 makes of that file is kept beside it: half of what is left of a start.
 */
const crypto = require('crypto');
const fs = require('fs');
const Module = require('module');
const path = require('path');
const vm = require('vm');

const ROOT = path.dirname(__dirname);
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'warren');
/** Stands for everything that is installed: here, or around the project that has this as a package. */
const INSTALLED = installedRecord();
/** Large, needed by few, and imported when it is: each is a bundle of its own, beside those that name it. */
const LAZY = ['@kubernetes/client-node'];
/** How it is made. */
const OWN_FILE = 'tools/bundle.cjs';

/** What npm writes into the nearest node_modules; other package managers don't, and a package's files stay as they are. */
function installedRecord() {
  for (let folder = ROOT; ; folder = path.dirname(folder)) {
    const record = path.join(folder, 'node_modules', '.package-lock.json');
    if (fs.existsSync(record)) return path.relative(ROOT, record);
    if (folder === path.dirname(folder)) return 'package.json';
  }
}

/**
 * The exports of a TypeScript file.
 * @param entry relative to the root, e.g. `stacks/index.ts`
 * @param external packages that are loaded as they are installed, e.g. because others must see the same instance
 */
function load(entry, external) {
  return run(fileOf(entry), textOf(entry, external));
}

/** The same as one file's text, for a place without this checkout. */
function textOf(entry, external) {
  const file = fileOf(entry);
  return isFresh(file, external) ? fs.readFileSync(file, 'utf8') : build(entry, external, file);
}

function fileOf(entry) {
  return path.join(FOLDER, entry.replace(/[\\/]/g, '-').replace(/\.ts$/, '.cjs'));
}

function run(file, text) {
  // V8 itself only compares lengths, its version and its flags.
  const hash = crypto.createHash('sha1').update(text).digest('hex');
  const compiledFile = `${file}.${hash}.v8`;
  const cachedData = fs.existsSync(compiledFile) ? fs.readFileSync(compiledFile) : undefined;
  const script = new vm.Script(Module.wrap(text), { filename: file, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) {
    // At the end, it holds the functions that are called as well.
    process.once('exit', () => keepCompiled(file, compiledFile, script));
  }
  const bundle = new Module(file);
  bundle.filename = file;
  script.runInThisContext()(bundle.exports, requireOf(file), bundle, file, FOLDER);
  return bundle.exports;
}

function requireOf(file) {
  const installed = Module.createRequire(file);
  const loaded = new Map();
  return Object.assign((name) => {
    if (!LAZY.includes(name)) return installed(name);
    if (!loaded.has(name)) loaded.set(name, load(path.relative(ROOT, installed.resolve(name)), []));
    return loaded.get(name);
  }, installed);
}

function keepCompiled(file, compiledFile, script) {
  try {
    const stale = path.basename(file);
    for (const name of fs.readdirSync(FOLDER)) {
      if (name.startsWith(`${stale}.`) && name.endsWith('.v8')) fs.rmSync(path.join(FOLDER, name));
    }
    // Nothing is there where the bundle itself could not be kept.
    if (fs.existsSync(file)) writeAtOnce(compiledFile, script.createCachedData());
  } catch {
    // As with the bundle: slower, and just as right.
  }
}

/** The bundle's sources and their state when it was made stand beside it. */
function isFresh(file, external) {
  try {
    const { sources, leftOut } = JSON.parse(fs.readFileSync(file + '.json', 'utf8'));
    const isSame = Object.keys(sources).every((source) => sources[source] === stateOf(source));
    return isSame && leftOut === external.join() && fs.existsSync(file);
  } catch {
    return false;
  }
}

function stateOf(source) {
  const stat = fs.statSync(path.join(ROOT, source));
  return `${stat.mtimeMs} ${stat.size}`;
}

function build(entry, external, file) {
  const started = Date.now();
  const result = require('esbuild').buildSync({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: [...external, ...LAZY],
    // A `require` instead, which is ours.
    supported: { 'dynamic-import': false },
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const [{ text }] = result.outputFiles;
  // Even where nothing can be kept (a checkout that this user can't write to) it runs.
  keep(file, text, { metafile: result.metafile, external, started });
  return text;
}

function keep(file, text, { metafile, external, started }) {
  const inputs = Object.keys(metafile.inputs).map((input) =>
    /(^|\/)node_modules\//.test(input) || input.startsWith('..') ? INSTALLED : input,
  );
  const sources = [...new Set([...inputs, INSTALLED, OWN_FILE])];
  try {
    // A source that was written meanwhile may be in the bundle in its old form.
    if (sources.some((source) => fs.statSync(path.join(ROOT, source)).mtimeMs >= started)) return;
    fs.mkdirSync(FOLDER, { recursive: true });
    const record = {
      leftOut: external.join(),
      sources: Object.fromEntries(sources.map((source) => [source, stateOf(source)])),
    };
    // The record comes last, and each file in one step: several processes may be doing this at once.
    writeAtOnce(file, text);
    writeAtOnce(file + '.json', JSON.stringify(record));
  } catch {
    // Next time it is translated again: slower, and just as right.
  }
}

function writeAtOnce(file, text) {
  const half = `${file}.${process.pid}`;
  fs.writeFileSync(half, text);
  fs.renameSync(half, file);
}

module.exports = { load, textOf };
