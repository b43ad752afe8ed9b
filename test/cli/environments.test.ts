/** Topologies of several files on the command line, as a user runs it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run, type RunResult } from '../../tools/processes';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');
const BASE = `warren: 1
vhosts:
  shop:
    limits: { maxConnections: 0 }
    queues: { paid: { ttl: 1h } }
workers:
  paid: { vhost: shop, queues: [paid], replicas: 1 }
`;

describe('several files', () => {
  let folder: string;

  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-environments-'));
    const write = (name: string, text: string): void => {
      fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      fs.writeFileSync(path.join(folder, name), text);
    };
    write('base.yaml', BASE);
    write('stages/production.yaml', 'warren: 1\nextends: ../base.yaml\nworkers: { paid: { replicas: 8 } }\n');
    write('stages/staging.yaml', 'warren: 1\nextends: ../base.yaml\nworkers: { paid: { replicas: 2 } }\n');
    write('stages/broken.yaml', 'warren: 1\nextends: ../bsae.yaml\nworkers: { paid: { replicas: 2 } }\n');
  });
  afterAll(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });

  function warren(...args: string[]): Promise<RunResult> {
    return run(process.execPath, [WARREN, ...args], { cwd: folder });
  }

  it('check tells what is found in a base once, of the base itself where that is checked as well', async () => {
    const overlays = await warren('check', 'stages/production.yaml', 'stages/staging.yaml');
    expect(overlays.exitCode, overlays.output).toBe(0);
    expect(overlays.stdout).toContain('base.yaml:4:31 warning zero-limit');
    expect(overlays.stdout).toContain('4 |     limits: { maxConnections: 0 }');
    expect(overlays.stdout).toContain('in:   the topology that stages/production.yaml makes of this file');
    expect(overlays.stdout).toContain('2 files: 1 warning');
    const both = await warren('check', 'stages/production.yaml', './base.yaml');
    expect(both.stdout).toContain('./base.yaml:4:31 warning zero-limit');
    expect(both.stdout).not.toContain('in:  ');
    expect(both.stdout).toContain('2 files: 1 warning');
  });

  it('a missing file is a finding at the line that names it, with the name that was meant', async () => {
    const { exitCode, stdout } = await warren('check', 'stages/broken.yaml');
    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      "stages/broken.yaml:2:10 error unreadable-file  bsae.yaml can't be read: there is no such file; did you mean base.yaml?",
    );
    expect(stdout).toContain('2 | extends: ../bsae.yaml');
  });

  it('render --to yaml writes the resolved topology to stdout, findings to stderr', async () => {
    const { exitCode, stdout, output } = await warren(
      ...['render', 'stages/production.yaml', '--to', 'yaml', '--target', '4.0'],
    );
    expect(exitCode, output).toBe(0);
    expect(output).toContain('base.yaml:4:31 warning zero-limit');
    expect(parse(stdout)).toEqual({
      ...(parse(BASE) as object),
      target: '4.0',
      workers: { paid: { vhost: 'shop', queues: ['paid'], replicas: 8 } },
    });
  });
});
