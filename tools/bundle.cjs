'use strict';
/**
 * Runs TypeScript of this checkout that has to start fast: the `warren` command, and the Pulumi program and the
 * providers, which `pulumi up` starts six times. esbuild translates an entry with all that it imports into one
 * JavaScript file under node_modules; it is made anew as soon as one of its sources has changed, so there is no build
 * step and no stale output.
 */
const fs = require('fs');
const Module = require('module');
const path = require('path');

const ROOT = path.dirname(__dirname);
const FOLDER = path.join(ROOT, 'node_modules', '.cache', 'warren');
/** Stands for everything that is installed. */
const INSTALLED = 'node_modules/.package-lock.json';

/**
 * The exports of a TypeScript file.
 * @param entry relative to the root, e.g. `stacks/index.ts`
 * @param external packages that are loaded as they are installed, e.g. because others must see the same instance
 */
function load(entry, external) {
  const file = path.join(FOLDER, entry.replace(/\//g, '-').replace(/\.ts$/, '.cjs'));
  return isFresh(file) ? require(file) : build(entry, external, file);
}

/** The bundle's sources and their state when it was made stand beside it. */
function isFresh(file) {
  try {
    const record = JSON.parse(fs.readFileSync(file + '.json', 'utf8'));
    return fs.existsSync(file) && Object.keys(record).every((source) => record[source] === stateOf(source));
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
    external,
    metafile: true,
    write: false,
    logLevel: 'error',
  });
  const [{ text }] = result.outputFiles;
  keep(file, text, result.metafile, started);
  // Even where nothing could be kept (a checkout that this user can't write to) it runs.
  const bundle = new Module(file);
  bundle.filename = file;
  bundle.paths = Module._nodeModulePaths(FOLDER);
  bundle._compile(text, file);
  return bundle.exports;
}

function keep(file, text, metafile, started) {
  const inputs = Object.keys(metafile.inputs).map((input) =>
    input.startsWith('node_modules/') ? INSTALLED : input,
  );
  const sources = [...new Set([...inputs, INSTALLED])];
  try {
    // A source that was written meanwhile may be in the bundle in its old form.
    if (sources.some((source) => fs.statSync(path.join(ROOT, source)).mtimeMs >= started)) return;
    fs.mkdirSync(FOLDER, { recursive: true });
    const record = Object.fromEntries(sources.map((source) => [source, stateOf(source)]));
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

module.exports = { load };
