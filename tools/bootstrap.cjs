'use strict';
/**
 * The first thing that runs in a fresh clone: plain Node, no packages, syntax that old Nodes can still read, so that
 * they can be told about. Installs the npm packages when needed, then runs what package.json's script asks for:
 *   node tools/bootstrap.cjs quickstart|test|test:docker|test:k8s|docs|types|prepare|bench|check|fix [ARGUMENT…]
 */
const { spawn } = require('child_process');
const fs = require('fs');
const path = require('path');

const ROOT = path.dirname(__dirname);
const PROGRESS_INTERVAL_MS = 5000;

/**
 * What each script runs, in this order, up to the first that fails. `fix` goes on, to repair what can be repaired;
 * `check` runs everything at the same time.
 */
const TYPES = [{ bin: 'tsc', args: ['-p', 'tsconfig.types.json'] }];
const TASKS = {
  quickstart: [{ bin: 'tsx', args: ['cli/quickstart/main.ts'], takesArguments: true }],
  test: [{ bin: 'vitest', args: ['run'], takesArguments: true }],
  'test:docker': [
    { bin: 'vitest', args: ['run', '--config', 'vitest.docker.config.ts'], takesArguments: true },
  ],
  'test:k8s': [{ bin: 'vitest', args: ['run', '--config', 'vitest.k8s.config.ts'], takesArguments: true }],
  docs: [{ bin: 'tsx', args: ['cli/writeDocs.ts'] }],
  types: TYPES,
  prepare: TYPES,
  // The garbage collector is called by the benchmark itself, so that memory is measured and not guessed.
  bench: [{ bin: 'tsx', args: ['--expose-gc', 'test/bench/main.ts'], takesArguments: true }],
  check: [
    { bin: 'prettier', args: ['--check', '--log-level', 'warn', '.'] },
    { bin: 'eslint', args: ['.'] },
    { bin: 'tsc', args: ['-p', 'tsconfig.check.json'] },
  ],
  fix: [
    { bin: 'prettier', args: ['--write', '--log-level', 'warn', '.'] },
    { bin: 'eslint', args: ['--fix', '.'] },
  ],
};

/** vite's own loader reads vitest.config.ts; the warning about its planned successor is nothing a user can act on. */
const CHILD_VARIABLES = { VITE_CONFIG_NATIVE_IGNORE_WARNING: 'true' };

class UserError extends Error {}

async function main(argv) {
  checkNodeVersion(process.versions.node);
  const name = argv[0];
  const task = Object.prototype.hasOwnProperty.call(TASKS, name) ? TASKS[name] : undefined;
  if (task === undefined) {
    throw new UserError('usage: node tools/bootstrap.cjs ' + Object.keys(TASKS).join('|') + ' [ARGUMENT…]');
  }
  // npm asks for it after each of its installations; only of a git address it is the moment to make the types.
  if (name === 'prepare' && process.env._PACOTE_NO_PREPARE_ === undefined) return 0;
  if (packagesMissing(ROOT)) await installPackages();
  if (name === 'check') return runChecks(task);
  let exitCode = 0;
  for (const step of task) {
    const args = step.args.concat(step.takesArguments ? argv.slice(1) : []);
    const stepCode = await runStep(step.bin, args);
    exitCode = exitCode || stepCode;
    if (stepCode !== 0 && name !== 'fix') break;
  }
  return exitCode;
}

/** Each by one processor: together they take as long as the slowest. What they say comes one after the other. */
async function runChecks(steps) {
  const results = await Promise.all(
    steps.map(function (step) {
      return runQuietly([programOf(step.bin)].concat(step.args));
    }),
  );
  let exitCode = 0;
  results.forEach(function (result, index) {
    process.stdout.write(result.output);
    if (result.exitCode === 0) return;
    say('`' + steps[index].bin + '` found something: `npm run fix` repairs what can be');
    exitCode = exitCode || result.exitCode;
  });
  return exitCode;
}

function programOf(bin) {
  return path.join(ROOT, 'node_modules', '.bin', bin);
}

/** 20.19 is the first Node 20 that can require() ES modules, 22.12 the first Node 22. */
function checkNodeVersion(version) {
  const parts = version.split('.').map(Number);
  const fits = parts[0] === 20 ? parts[1] >= 19 : parts[0] === 22 ? parts[1] >= 12 : parts[0] > 22;
  if (fits) return;
  throw new UserError(
    'Warren needs Node 20.19 or newer (of Node 22: 22.12 or newer); this is Node ' +
      version +
      ' at ' +
      process.execPath +
      '. Install a newer one, e.g. from https://nodejs.org, and make sure that it comes first on PATH.',
  );
}

/** Whether a package of package-lock.json is missing in node_modules, or is there in another version. */
function packagesMissing(root) {
  const lock = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  let installed;
  try {
    installed = JSON.parse(fs.readFileSync(path.join(root, 'node_modules', '.package-lock.json'), 'utf8'));
  } catch (error) {
    return true;
  }
  return Object.keys(lock.packages).some(function (key) {
    const wanted = lock.packages[key];
    // Optional ones are for other platforms.
    if (key === '' || wanted.optional || wanted.devOptional) return false;
    const present = installed.packages[key];
    return present === undefined || present.version !== wanted.version;
  });
}

async function installPackages() {
  const started = Date.now();
  say('installing the npm packages of package-lock.json (once)');
  const timer = setInterval(function () {
    say('installing the npm packages: ' + Math.round((Date.now() - started) / 1000) + ' s');
  }, PROGRESS_INTERVAL_MS);
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const command = npm === undefined ? ['npm'].concat(args) : [process.execPath, npm].concat(args);
  const result = await runQuietly(command);
  clearInterval(timer);
  if (result.exitCode === 0) return;
  throw new UserError(
    '`npm ci` failed:\n' +
      result.output.trimEnd().split('\n').slice(-15).join('\n') +
      '\nWay out: give npm a network or a registry (npm config get registry), then run this again.',
  );
}

function runQuietly(command) {
  return new Promise(function (resolve) {
    const child = spawn(command[0], command.slice(1), { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = function (chunk) {
      output += chunk;
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', function (error) {
      resolve({ exitCode: 1, output: output + error.message });
    });
    child.once('close', function (exitCode) {
      // Without one it was killed.
      resolve({ exitCode: exitCode === null ? 1 : exitCode, output: output });
    });
  });
}

/** Runs a program of node_modules/.bin on this terminal. Resolves to its exit code, 128 + N after signal N. */
function runStep(bin, args) {
  return new Promise(function (resolve) {
    const program = programOf(bin);
    const env = Object.assign({}, process.env, CHILD_VARIABLES);
    const child = spawn(program, args, { cwd: ROOT, env: env, stdio: 'inherit' });
    // Ctrl-C reaches the program through the terminal; we stay until it has cleaned up. Others are passed on.
    const stay = function () {};
    const passOn = function (signal) {
      child.kill(signal);
    };
    process.on('SIGINT', stay);
    process.on('SIGTERM', passOn);
    process.on('SIGHUP', passOn);
    child.once('error', function (error) {
      say("can't start " + program + ': ' + error.message);
      resolve(1);
    });
    child.once('close', function (exitCode, signal) {
      process.off('SIGINT', stay);
      process.off('SIGTERM', passOn);
      process.off('SIGHUP', passOn);
      resolve(exitCode === null ? 128 + require('os').constants.signals[signal] : exitCode);
    });
  });
}

function say(text) {
  process.stderr.write(text + '\n');
}

module.exports = { checkNodeVersion: checkNodeVersion, packagesMissing: packagesMissing };

if (require.main === module) {
  main(process.argv.slice(2)).then(
    function (exitCode) {
      process.exitCode = exitCode;
    },
    function (error) {
      say(error instanceof UserError ? error.message : error.stack);
      process.exitCode = 2;
    },
  );
}
