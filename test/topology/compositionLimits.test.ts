/** Readers of files that do what no file system of a test can do. */
import { expect, it } from 'vitest';
import { load } from '../../topology/index';

const OVERLAY = 'warren: 1\nextends: base.yaml\nworkers: { paid: { replicas: 2 } }\n';

it('without a reader, a topology of several files says that it has none', () => {
  const { diagnostics, topology } = load(OVERLAY, 'main.yaml');
  expect(diagnostics).toMatchObject([
    {
      code: 'unreadable-file',
      position: { line: 2, column: 10 },
      message: expect.stringContaining('no way') as unknown,
    },
  ]);
  expect(topology).toBeUndefined();
});

it('a folder that holds a link to itself ends after 50 files', () => {
  let count = 0;
  const readFile = (): { text: string } => {
    count += 1;
    return { text: 'warren: 1\ninclude: [loop/main.yaml]\n' };
  };
  const { diagnostics, sources } = load(readFile().text, 'main.yaml', { readFile });
  expect(diagnostics).toMatchObject([{ code: 'reference-cycle', position: { line: 2, column: 11 } }]);
  expect([count, sources.size]).toEqual([50, 50]);
});

it('a file that many name is read once', () => {
  const files: Record<string, string> = { 'l0.yaml': 'warren: 1\nvhosts: { v: }\n' };
  // Each names the one below it, which without memory would be read 2 to the power of 20 times.
  for (let level = 1; level <= 20; level += 1) {
    files[`l${level}.yaml`] = `warren: 1\ninclude: [l${level - 1}.yaml, other${level}.yaml]\n`;
    files[`other${level}.yaml`] = `warren: 1\ninclude: [l${level - 1}.yaml]\n`;
  }
  const read: string[] = [];
  const readFile = (file: string): { text: string } => {
    read.push(file);
    return { text: files[file] ?? '' };
  };
  const { objects, diagnostics } = load(files['l20.yaml'] ?? '', 'l20.yaml', { readFile });
  expect(diagnostics).toEqual([]);
  expect(objects).toMatchObject([{ kind: 'vhost', name: 'v', position: { file: 'l0.yaml' } }]);
  expect(read.length).toBe(new Set(read).size);
});
