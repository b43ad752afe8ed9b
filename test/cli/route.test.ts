/** `warren route`, as a user runs it. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../tools/processes';

const WARREN = path.join(__dirname, '../../cli/warren.cjs');
const NOTIFICATIONS = path.join(__dirname, '../../topology/examples/notifications.yaml');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-route-'));
afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

function file(name: string, text: string): string {
  const full = path.join(folder, name);
  fs.writeFileSync(full, text);
  return full;
}

async function route(...args: string[]): Promise<{ exitCode: number | null; output: string }> {
  return run(process.execPath, [WARREN, 'route', ...args]);
}

describe('warren route', () => {
  it('follows a message, and needs no --vhost where there is only one', async () => {
    const { exitCode, output } = await route(
      NOTIFICATIONS,
      '--exchange',
      'notifications',
      '--key',
      'notification.email.send',
    );
    expect(exitCode, output).toBe(0);
    expect(output).toContain('email_notifications.retry.2  quorum queue');
    expect(output).toContain('after 30s (35s of waiting in all)');
    expect(output).toContain('notifications.dead');
  });

  it('says what is unroutable, and exits with 0: that is an answer', async () => {
    const { exitCode, output } = await route(NOTIFICATIONS, '--exchange', 'notifications', '--key', 'x');
    expect(exitCode, output).toBe(0);
    expect(output).toContain('no binding takes it');
  });

  it.each([
    [['--exchange', 'notification'], 'Did you mean "notifications"?'],
    [['--vhost', 'notification'], 'Did you mean "notifications"?'],
    [['--header', 'x'], 'name=value'],
    [['--header', 'x:int=five'], 'five is no int for x'],
    [['--header', 'x:strng=5'], 'there is no type "strng"; it can be string, int, double, bool, void'],
    [['--header', 'x:strng=5'], 'write x:strng:string=5'],
    [['--header', 'x=9007199254740993'], 'more than can be compared exactly'],
    [['--header', 'x:int=-9007199254740993'], 'write x:string=-9007199254740993'],
    [['--key', 'x'.repeat(256)], '255 bytes'],
    [['--target', '5.0'], '--target'],
  ])('%s is wrong usage', async (args, expected) => {
    const { exitCode, output } = await route(NOTIFICATIONS, ...args);
    expect(exitCode).toBe(2);
    expect(output).toContain(expected);
  });

  it('asks for the vhost where there are several, and for one where there is none', async () => {
    const two = file('two.yaml', 'warren: 1\nvhosts: { a: , b: { queues: { q: } } }\n');
    expect(await route(two, '--key', 'q')).toMatchObject({ exitCode: 2 });
    expect(await route(two, '--key', 'q', '--vhost', 'b')).toMatchObject({ exitCode: 0 });
    expect(await route(file('none.yaml', 'warren: 1\n'))).toMatchObject({ exitCode: 2 });
  });

  it('takes headers by their types', async () => {
    const given = ['size: 5', "text: '5'", 'ratio: 1.5', 'flag: true'];
    const queues = given.map(
      (argument, index) => `q${index}: { bindings: [{ exchange: h, arguments: { ${argument} } }] }`,
    );
    const headers = file(
      'headers.yaml',
      `warren: 1\nvhosts: { v: { exchanges: { h: { type: headers } }, queues: { ${queues.join(', ')} } } }\n`,
    );
    const reached = async (...texts: string[]): Promise<string[]> => {
      const args = texts.flatMap((text) => ['--header', text]);
      const { output } = await route(headers, '--exchange', 'h', '--json', ...args);
      return (JSON.parse(output) as { reaches: { queue: string }[] }).reaches
        .map(({ queue }) => queue)
        .sort();
    };
    expect(await reached('size=5', 'text=5')).toEqual(['q0']);
    expect(await reached('size:string=5', 'text:string=5', 'a:b:string=1', 'ratio=1.5', 'flag=true')).toEqual(
      ['q1', 'q2', 'q3'],
    );
    expect(await reached('size=5.0', 'text=05', 'flag:void=', 'ratio:double=1.5')).toEqual(['q2']);
  });

  it('shows the errors of a topology that has some', async () => {
    const broken = file(
      'broken.yaml',
      'warren: 1\nvhosts: { v: { queues: { q: { deadLetter: { queue: x } } } } }\n',
    );
    const { exitCode, output } = await route(broken, '--key', 'q');
    expect(exitCode).toBe(1);
    expect(output).toContain('missing-target');
  });
});
