/** A stack's settings file, as it is read before Pulumi is asked. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingsIn } from '../../cli/configFile';
import { platformsOf } from '../../cli/stackPlatforms';
import { UserError } from '../../cli/userError';

describe('a settings file', () => {
  let file: string;

  beforeAll(() => {
    file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'warren-settings-')), 'Pulumi.test.yaml');
  });
  afterAll(() => {
    fs.rmSync(path.dirname(file), { recursive: true });
  });

  const read = (text: string): Readonly<Record<string, unknown>> => {
    fs.writeFileSync(file, text);
    return settingsIn(file);
  };

  it('says which platforms the stack has something on', () => {
    fs.writeFileSync(
      file,
      'config:\n  warren:docker: {}\n  warren:dockerish: {}\n  warren:endpoint: kubernetes\n',
    );
    expect(platformsOf('test', ['--config-file', file])).toEqual(['docker']);
  });

  it.each([
    '',
    '# nothing yet\n',
    'config:\n',
    'encryptionsalt: v1\n',
    '---\nconfig: {}\n---\nconfig: { a: 1 }\n',
  ])('has no settings: %j', (text) => {
    expect(read(text)).toEqual({});
  });

  it('need not be there', () => {
    expect(settingsIn(path.join(path.dirname(file), 'Pulumi.other.yaml'))).toEqual({});
  });

  it.each([
    ['config:\n  warren:a: 1\n  warren:b: [1, 2\n', '4:1'],
    ['config:\n  warren:a: "1\n', '3:1'],
    ['config:\n  warren:a: 1\n  warren:a: 2\n', '3:3'],
    ['config:\n  warren:a: b: c\n', '2:13'],
  ])('is named with line and column where it is not YAML: %j', (text, where) => {
    const message = expect.stringContaining(`Pulumi.test.yaml:${where} isn't YAML: `) as string;
    expect(() => read(text)).toThrow(UserError);
    expect(() => read(text)).toThrow(expect.objectContaining({ message }));
  });
});
