/** `warren diff`, as a user runs it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-diff-'));
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  fs.writeFileSync(path.join(folder, name), text);
}

async function diff(args: readonly string[], env: NodeJS.ProcessEnv = {}, cwd = folder) {
  return run(process.execPath, [WARREN, 'diff', ...args], { cwd, env: { ...process.env, ...env } });
}

async function git(...args: string[]): Promise<void> {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  const { exitCode, output } = await run('git', [...identity, ...args], { cwd: folder });
  expect(exitCode, output).toBe(0);
}

const topology = (queue: string): string =>
  `warren: 1\nvhosts: { shop: { queues: { paid: { ${queue} } } } }\n`;

beforeAll(() => {
  write('long.yaml', topology('ttl: 2h'));
  write('short.yaml', topology('ttl: 1h'));
  write('dropping.yaml', topology('maxLength: 5'));
  write('refusing.yaml', topology('maxLength: 5, overflow: reject-publish'));
  write('broken.yaml', topology('ttl: soon'));
});

describe('exit codes', () => {
  it.each([
    [['long.yaml', 'short.yaml'], 0],
    [['long.yaml', 'short.yaml', '--fail-on', 'destructive'], 1],
    [['long.yaml', 'short.yaml', '--fail-on', 'security'], 0],
    [['dropping.yaml', 'refusing.yaml', '--fail-on', 'disruptive'], 1],
    [['dropping.yaml', 'refusing.yaml', '--fail-on', 'destructive'], 0],
    [['short.yaml', 'long.yaml', '--fail-on', 'safe'], 1],
    [['short.yaml', 'long.yaml', '--fail-on', 'disruptive'], 0],
    [['long.yaml', 'long.yaml', '--fail-on', 'safe'], 0],
  ])('%s is %i', async (args, expected) => {
    const { exitCode, output } = await diff(args);
    expect(exitCode, output).toBe(expected);
  });

  it.each([
    [['long.yaml', 'http://127.0.0.1:1'], 'a broker is live:http://127.0.0.1:1,'],
    [['long.yaml', 'nowhere.yaml'], "can't read nowhere.yaml: there is no such file"],
    [['long.yaml', 'broken.yaml'], 'bad-duration'],
    [['long.yaml', 'short.yaml', '--fail-on', 'none'], 'it can be safe, disruptive, destructive, security'],
    [
      ['long.yaml', 'short.yaml', '--format', 'xml'],
      'it can be terminal, markdown, html, svg, github, approvals, json',
    ],
    [['long.yaml', 'short.yaml', '--target', '2.0'], '--target 2.0 is unknown'],
    [['git:main', 'short.yaml'], 'git:REVISION:PATH'],
  ])('%s is 2', async (args, expected) => {
    const { exitCode, output } = await diff(args);
    expect(exitCode, output).toBe(2);
    expect(output).toContain(expected);
    expect(output).not.toMatch(/\n\s+at /);
  });
});

describe('output', () => {
  it('is as wide as the terminal, and in colour only where that is wanted', async () => {
    const plain = await diff(['long.yaml', 'short.yaml'], { COLUMNS: '60', NO_COLOR: '1', FORCE_COLOR: '1' });
    const widths = plain.stdout.split('\n').map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(60);
    expect(plain.stdout).toContain('short.yaml:2:');
    expect(plain.stdout).not.toContain('\u001b');
    const coloured = await diff(['long.yaml', 'short.yaml'], { FORCE_COLOR: '1', NO_COLOR: '' });
    expect(coloured.stdout).toContain('\u001b[31;1m');
  });

  it('shows names without what would steer the terminal', async () => {
    write('hostile.yaml', 'warren: 1\nvhosts: { "shop\\e[31mred": { queues: { "a\\rb": } } }\n');
    write('empty.yaml', 'warren: 1\n');
    const { stdout } = await diff(['empty.yaml', 'hostile.yaml'], { NO_COLOR: '1' });
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  it('as JSON has a version', async () => {
    const { stdout } = await diff(['long.yaml', 'short.yaml', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, summary: { worst: 'destructive' } });
  });
});

describe('definitions', () => {
  const definitions = (...queues: string[]): string =>
    JSON.stringify({
      rabbitmq_version: '4.1.0',
      vhosts: [{ name: 'shop' }],
      queues: queues.map((name) => ({
        vhost: 'shop',
        name,
        durable: true,
        auto_delete: false,
        arguments: { 'x-queue-type': 'classic' },
      })),
    });

  it('are a side like any other, of the series that exported them', async () => {
    write('plain.yaml', 'warren: 1\nvhosts: { shop: { queues: { paid: } } }\n');
    write('same.json', definitions('paid'));
    write('more.json', definitions('paid', 'failed'));
    const same = await diff(['same.json', 'plain.yaml', '--format', 'json']);
    expect(JSON.parse(same.stdout), same.output).toMatchObject({ base: { target: '4.1' }, changes: [] });
    const { stdout } = await diff(['more.json', 'plain.yaml', '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({
      changes: [{ id: 'queue failed@shop', change: 'removed', class: 'destructive' }],
    });
  });

  it('is the same as what is imported from it, also where queues are older than the default type', async () => {
    const common = { vhost: 'shop', durable: true, auto_delete: false, type: 'classic' };
    const old = {
      rabbitmq_version: '4.1.0',
      vhosts: [{ name: 'shop', default_queue_type: 'quorum', metadata: { default_queue_type: 'quorum' } }],
      queues: [
        { ...common, name: 'old', arguments: { 'x-message-ttl': 60_000 } },
        { ...common, name: 'plain', arguments: {} },
      ],
      parameters: [{ vhost: 'shop', component: 'operator_policy', name: 'stray', value: {} }],
    };
    write('old.json', JSON.stringify(old));
    const args = [WARREN, 'import', 'old.json', '--output', 'old.yaml'];
    expect((await run(process.execPath, args, { cwd: folder })).exitCode).toBe(0);
    const { exitCode, stdout, output } = await diff(['old.json', 'old.yaml', '--format', 'json']);
    expect(exitCode, output).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ changes: [] });
    expect(output).toContain('operator policy "stray"');
  });

  it('with faults are none', async () => {
    write('broken.json', '{"queues": [');
    const { exitCode, output } = await diff(['broken.json', 'plain.yaml']);
    expect(exitCode).toBe(2);
    expect(output).toContain('not-definitions');
    expect(output).toContain('broken.json:1:');
  });
});

describe('git', () => {
  it('needs a repository', async () => {
    const { exitCode, output } = await diff(['git:main:long.yaml', 'short.yaml'], {
      GIT_CEILING_DIRECTORIES: path.dirname(folder),
    });
    expect(exitCode).toBe(2);
    expect(output).toContain('belongs to no git repository');
  });

  it('reads a revision with all that belongs to it, from whatever folder', async () => {
    write(
      'teams/shop.yaml',
      'warren: 1\nextends: ../base/shop.yaml\nvhosts: { shop: { queues: { paid: { ttl: 3h } } } }\n',
    );
    write('base/shop.yaml', topology('ttl: 2h, maxLength: 10'));
    await git('init', '-q', '-b', 'main');
    await git('add', 'teams', 'base');
    await git('commit', '-q', '-m', 'first');
    // The base changes in the work tree only.
    write('base/shop.yaml', topology('ttl: 2h, maxLength: 5'));
    const expected = { summary: { worst: 'destructive' } };
    for (const [cwd, file] of [
      [folder, 'teams/shop.yaml'],
      [path.join(folder, 'teams'), 'shop.yaml'],
    ] as const) {
      const { stdout, output } = await diff([`git:main:${file}`, file, '--format', 'json'], {}, cwd);
      expect(JSON.parse(stdout), output).toMatchObject(expected);
    }
    const { stdout } = await diff([
      'git:HEAD:teams/shop.yaml',
      'git:main:teams/shop.yaml',
      '--format',
      'json',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ changes: [] });
  });

  it('reads nothing outside of the repository', async () => {
    // Seen from the folder that it runs in, the name would be that of a file at the root.
    write('teams/out.yaml', 'warren: 1\ninclude: [../../link.yaml]\n');
    write('link.yaml', topology('ttl: 2h'));
    await git('add', 'teams/out.yaml', 'link.yaml');
    await git('commit', '-q', '-m', 'out');
    const refused = await diff(['git:main:out.yaml', '../long.yaml'], {}, path.join(folder, 'teams'));
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toContain("teams/out.yaml:2:11 error unreadable-file  ../link.yaml can't be read");
    expect(refused.output).toContain('it leads out of the repository');
    await git('rm', '-q', '--cached', 'link.yaml');
    fs.rmSync(path.join(folder, 'link.yaml'));
  });

  it('follows links within the revision, and no others', async () => {
    fs.symlinkSync('base/shop.yaml', path.join(folder, 'link.yaml'));
    fs.symlinkSync(path.join(folder, 'long.yaml'), path.join(folder, 'out.yaml'));
    await git('add', 'link.yaml', 'out.yaml');
    await git('commit', '-q', '-m', 'links');
    const { stdout, output } = await diff([
      ...['git:main:link.yaml', 'git:main:base/shop.yaml'],
      ...['--format', 'json'],
    ]);
    expect(JSON.parse(stdout), output).toMatchObject({ changes: [] });
    const refused = await diff(['git:main:out.yaml', 'long.yaml']);
    expect(refused.exitCode).toBe(2);
    expect(refused.output).toContain('it is a link, and leads to no file in the revision main');
  });

  it.each([
    ['git:nowhere:base/shop.yaml', 'git knows no revision "nowhere"'],
    [
      'git:main:base/shopp.yaml',
      'there is no file base/shopp.yaml in the revision main; did you mean base/shop.yaml?',
    ],
    ['git:main:shop.yaml', 'did you mean'],
    ['git:--help:base/shop.yaml', 'git knows no revision "--help"'],
    ['git:main:base', 'there is no file base'],
  ])('%s: %s', async (source, expected) => {
    const { exitCode, output } = await diff([source, 'long.yaml']);
    expect(exitCode, output).toBe(2);
    expect(output).toContain(expected);
  });
});

it('lists the approvals that a change needs, one in a line whatever a name holds', async () => {
  const queues = (text: string): string => `warren: 1\nvhosts: { shop: { queues: { ${text} } }, old: {} }\n`;
  write('many.yaml', queues('paid: {}, "a@b, c": {}, "end": {}, jobs: {}, same: { ttl: 1h }'));
  write('few.yaml', queues('jobs: { priorities: 3 }, same: { ttl: 2h }').replace(', old: {}', ''));
  const { exitCode, output } = await diff(['many.yaml', 'few.yaml', '--format', 'approvals']);
  expect(exitCode).toBe(0);
  expect(output.trimEnd().split('\n').sort()).toEqual([
    'queue a%40b%2C c@shop',
    'queue end@shop',
    'queue paid@shop',
    'recreate queue jobs@shop',
    'vhost old',
  ]);
  expect((await diff(['few.yaml', 'few.yaml', '--format', 'approvals'])).output).toBe('');
});
