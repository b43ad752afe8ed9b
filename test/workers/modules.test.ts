/** What the sample applications share with the rest: modules made from the topologies, packages, commands. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderWorkerModule, WORKER_MODULES, workerModulePath } from '../../cli/workerModules';
import { load } from '../../topology/index';
import { CLIENT_REQUIREMENTS } from '../rigs/python';
import { ROOT } from '../structure/sources';

const WORKERS = path.join(ROOT, 'workers');
const SYSTEMS = ['celery-django', 'notifications', 'ffmpeg-jobs', 'erp-long-polling', 'speech-to-text'];
/** The application that `celery -A APP` starts, and modules that `python -m` starts. */
const STARTED = /^(celery -A|python -m) (\S+)/;

function pins(file: string): string[] {
  return fs.readFileSync(file, 'utf8').trim().split('\n');
}

it.each(WORKER_MODULES)('$system/$file is what `npm run docs` writes', (module) => {
  expect(fs.readFileSync(workerModulePath(module), 'utf8')).toBe(renderWorkerModule(module));
});

describe.each(SYSTEMS)('%s', (system) => {
  const folder = path.join(WORKERS, system);

  it('is built with the packages that the tests use', () => {
    const set = system === 'celery-django' ? 'celery-5.6' : 'amqp';
    const tested = pins(path.join(CLIENT_REQUIREMENTS, `${set}.txt`));
    expect(tested).toEqual(expect.arrayContaining(pins(path.join(folder, 'requirements.txt'))));
  });

  it('has what the commands of its topology start', () => {
    const file = `topology/examples/${system}.yaml`;
    const { topology } = load(fs.readFileSync(path.join(ROOT, file), 'utf8'), file);
    const workers = topology?.workers ?? [];
    expect(workers).not.toEqual([]);
    for (const { command } of workers.filter((worker) => worker.command.length > 0)) {
      const [, , name = ''] = STARTED.exec(command.join(' ')) ?? [];
      const module = path.join(folder, name.replaceAll('.', '/'));
      expect([`${module}.py`, path.join(module, '__init__.py')].some((one) => fs.existsSync(one))).toBe(true);
    }
  });
});
