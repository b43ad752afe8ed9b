import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CommanderError } from 'commander';
import { parseOptions } from '../../cli/quickstart/options';

const stderr: string[] = [];

beforeEach(() => {
  stderr.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr.push(String(text));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

it('refuses --keep alone, which would be a whole quickstart', () => {
  expect(() => parseOptions(['--keep'])).toThrow(CommanderError);
  expect(stderr.join('')).toContain('--keep goes with --destroy');
  expect(parseOptions(['--destroy', '--keep'])).toMatchObject({ destroy: true, keep: true });
  expect(parseOptions([])).toMatchObject({ destroy: false, keep: false });
});
