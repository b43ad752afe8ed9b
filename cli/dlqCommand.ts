/** What `warren dlq` and `warren purge` understand. */
import { Option, type Command } from 'commander';
import { purge, type PurgeOptions } from './commands/purge';
import { discard, type DiscardOptions } from './dlq/discard';
import { list, type ListOptions } from './dlq/list';
import { collect } from './dlq/options';
import { retry, type RetryOptions } from './dlq/retry';
import { show, type ShowOptions } from './dlq/show';
import { toExitCode } from './userError';

type Finish = (exitCode: number) => void;

/** Which broker is meant, and how it is reached. */
export function withBrokerOptions(
  command: Command,
  vhostHelp = 'vhost; needed only where several have such a queue',
): Command {
  return command
    .option('--stack <stack>', 'name of the stack whose broker it is')
    .option('--config-file <file>', "another settings file than the stack's own")
    .option(
      '--live <url>',
      'in place of a stack: base URL of a management API; login by RABBITMQ_USERNAME and RABBITMQ_PASSWORD',
    )
    .option('--amqp <url>', 'where AMQP is for this machine, e.g. amqp://10.0.0.7:5672')
    .option('--vhost <vhost>', vhostHelp);
}

const FILTER_HELP =
  'only messages with reason=…, queue=… (where they came from), key=… or id=…; several keys must all hold, of one key any value';

export function addDlqCommand(program: Command, finish: Finish): void {
  const dlq = program
    .command('dlq')
    .description('dead letters: what lies where and why, back to where it came from, or gone');
  addListAndShow(dlq, finish);
  withDespiteLimit(withBrokerOptions(dlq.command('retry')))
    .description('send dead letters to where they came from; each goes once its copy is confirmed')
    .argument('<queue>', 'the queue that they lie in')
    .option('--filter <key=value>', FILTER_HELP, collect, [])
    .option('--to <queue>', 'to this queue of the vhost')
    .option('--straight', 'into their queue by its name, whatever exchange and key they came by')
    .option('--limit <n>', 'so many at most')
    .option('--rate <n>', 'so many a second at most')
    .option('--user <user>', 'log in as this user of the topology, and not as the administrator')
    .option('--dry-run', 'say what would happen')
    .option('--json', 'for programs')
    .action(async (queue: string, options: RetryOptions) => {
      finish(await toExitCode(() => retry(queue, options)));
    });
  withDespiteLimit(withBrokerOptions(dlq.command('discard')))
    .description('take dead letters out for good, once their number is approved')
    .argument('<queue>', 'the queue that they lie in')
    .option('--filter <key=value>', FILTER_HELP, collect, [])
    .option('--limit <n>', 'so many at most')
    .option('--save <file>', 'write them to this new file before they go, one line of JSON for each')
    .option('--user <user>', 'log in as this user of the topology, and not as the administrator')
    .option('--yes <n>', 'approve that so many are gone for good; asked for at a terminal')
    .action(async (queue: string, options: DiscardOptions) => {
      finish(await toExitCode(() => discard(queue, options)));
    });
}

function addListAndShow(dlq: Command, finish: Finish): void {
  withBrokerOptions(dlq.command('list'))
    .description('the queues that take dead letters, with counts, reasons and where they came from')
    .option('--sample <n>', 'look at so many messages of each queue', '1000')
    .option('--look', 'also into quorum queues where that counts as a delivery')
    .option('--json', 'for programs')
    .action(async (options: ListOptions) => {
      finish(await toExitCode(() => list(options)));
    });
  withDespiteLimit(withBrokerOptions(dlq.command('show')))
    .description('look at dead letters, and put them back')
    .argument('<queue>', 'the queue that they lie in')
    .option('--filter <key=value>', FILTER_HELP, collect, [])
    .option('--limit <n>', 'so many at most', '10')
    .option('--payload-bytes <n>', 'show so much of each', '200')
    .option('--user <user>', 'log in as this user of the topology, and not as the administrator')
    .option('--json', 'for programs, with the whole payload in base64')
    .action(async (queue: string, options: ShowOptions) => {
      finish(await toExitCode(() => show(queue, options)));
    });
}

function withDespiteLimit(command: Command): Command {
  return command.addOption(
    new Option('--despite-limit', 'also where the delivery limit of the queue can not be lifted meanwhile'),
  );
}

export function addPurgeCommand(program: Command, finish: Finish): void {
  withBrokerOptions(program.command('purge'))
    .description('take everything that is ready out of a queue for good, once its number is approved')
    .argument('<queue>', 'the queue')
    .option('--unmanaged', "also a queue that isn't in the topology")
    .option('--user <user>', 'log in as this user of the topology, and not as the administrator')
    .option('--yes <n>', 'approve that so many are gone for good; asked for at a terminal')
    .action(async (queue: string, options: PurgeOptions) => {
      finish(await toExitCode(() => purge(queue, options)));
    });
}
