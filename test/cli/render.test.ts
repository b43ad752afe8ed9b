import * as path from 'node:path';
import { expect, it } from 'vitest';
import { brokerOf } from '../../cli/commands/renderManifests';
import { run, type RunResult } from '../../tools/processes';

const CLI = path.resolve(__dirname, '../../cli/warren.cjs');
const EXAMPLE = path.resolve(__dirname, '../../topology/examples/ffmpeg-jobs.yaml');

function render(...args: readonly string[]): Promise<RunResult> {
  return run(process.execPath, [CLI, 'render', EXAMPLE, ...args]);
}

it('writes what a user’s application may declare, and nothing else, on stdout', async () => {
  const { exitCode, stdout } = await render('--to', 'json', '--user', 'ffmpeg-api', '--target', '4.0');
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{ warrenClient: 1, vhost: 'ffmpeg', user: 'ffmpeg-api', target: '4.0' },
    ...{ exchanges: [{ name: 'ffmpeg_jobs', mayDeclare: false }], queues: [] },
  });
});

it('writes what each user may do, and where it comes from', async () => {
  const { exitCode, stdout } = await render('--to', 'permissions');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^user +vhost +from +configure +write +read$/m);
  expect(stdout).toMatch(/^ffmpeg-api +ffmpeg +publisher +— +\^ffmpeg_jobs\$ +—$/m);
});

it('writes what a stack would have on Kubernetes, or why it can not', async () => {
  const none = await render('--to', 'manifests', '--stack', 'dev');
  expect(none).toMatchObject({ exitCode: 2, stdout: '' });
  expect(none.output).toContain('the stack dev has nothing on Kubernetes');
  const absent = await render('--to', 'manifests', '--stack', 'nowhere');
  expect(absent).toMatchObject({ exitCode: 2, stdout: '' });
  expect(absent.output).toMatch(/there is no .*Pulumi\.nowhere\.yaml: make the stack with/);
});

it('reads in a stack where its broker is, one endpoint or the list of all nodes', () => {
  const endpoints = ['http://a:15672', 'http://b:15672'];
  expect(brokerOf({ endpoints, amqp: '', cacertFile: 'ca.pem', clientcertFile: 'c.pem' })).toEqual({
    endpoint: '',
    endpoints,
    cacertFile: 'ca.pem',
    clientcertFile: 'c.pem',
  });
  expect(brokerOf({ endpoint: 'http://a:15672', amqp: 'amqp://a', insecure: 'false' })).toEqual({
    endpoint: 'http://a:15672',
    amqp: 'amqp://a',
  });
  expect(brokerOf({ scalerClientcertFile: 's.pem' })).toMatchObject({ scalerClientcertFile: 's.pem' });
  expect([true, 'true'].map((insecure) => brokerOf({ insecure }).insecure)).toEqual([true, true]);
});

it.each([
  [['--to', 'nothing'], /--to nothing is unknown; it can be .*definitions.*celery/],
  [['--to', 'pika', '--vhost', 'ffmpg'], /there is no vhost "ffmpg"\. Did you mean "ffmpeg"\?/],
  [['--to', 'celery', '--user', 'nobody'], /there is no user "nobody"/],
])('can not write %j, and says why on stderr', async (args, reason) => {
  const { exitCode, stdout, output } = await render(...args);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(output).toMatch(reason);
});
