/** The `warren` command: what it understands. The work is done in commands/. */
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Command } from 'commander';
import { PACKAGE } from './checkout';
import { adopt, type AdoptOptions } from './commands/adopt';
import { check, type CheckOptions } from './commands/check';
import { comment } from './commands/comment';
import { diff, DIFF_FORMATS, GATES, type DiffOptions } from './commands/diff';
import { importCommand, type ImportOptions } from './commands/import';
import { init, type InitOptions } from './commands/init';
import { LIFECYCLE_COMMANDS, lifecycle, type LifecycleOptions } from './commands/lifecycle';
import { review, type ReviewOptions } from './commands/review';
import { render, type RenderOptions } from './commands/render';
import { RENDER_KINDS } from './commands/renderKinds';
import { route, type RouteOptions } from './commands/route';
import { setup } from './commands/setup';
import { addCompletionCommand } from './completionCommand';
import { runProgram } from './program';
import { addDlqCommand, addPurgeCommand } from './dlqCommand';
import { addDoctorCommand } from './doctorCommand';
import { addRotateCommand } from './rotateCommand';
import { addStatusCommand } from './statusCommand';
import { addScaleCommand } from './scaleCommand';
import { toExitCode } from './userError';

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}

function kindsHelp(): string {
  return [...RENDER_KINDS].map(([kind, { description }]) => `${kind}: ${description}`).join('; ');
}

const HEADER_HELP =
  'header of the message, as often as needed; 5 is an integer, 5.0 a double, true a flag, anything else text; ' +
  'name:string=5 (or int, double, bool, void) says the type; CC and BCC are further routing keys';

function addRouteCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('route')
    .description('show where a message goes, and what happens to it there until it leaves')
    .argument('<file>', 'topology file')
    .option('--vhost <vhost>', 'vhost; may be left out where there is only one')
    .option('--exchange <exchange>', 'exchange; the default exchange without it', '')
    .option('--key <key>', 'routing key', '')
    .option('--header <name=value>', HEADER_HELP, (value: string, all: string[]) => [...all, value], [])
    .option('--target <series>', "RabbitMQ series, e.g. 4.0; the file's own by default")
    .option('--json', 'for programs')
    .action(async (file: string, options: RouteOptions) => {
      finish(await toExitCode(() => route(file, options)));
    });
}

function addReviewCommands(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('diff')
    .description('show what a change of a topology does to messages and clients')
    .argument(
      '<base>',
      'how it is: a topology, git:REVISION:PATH, a definitions.json, or live:URL (a broker)',
    )
    .argument('<head>', 'how it is to be: the same')
    .option('--format <format>', DIFF_FORMATS.join(', '), 'terminal')
    .option('--fail-on <class>', `${GATES.join(', ')}: exit 1 from there on`)
    .option('--live <url>', 'show what is on this broker now; login by RABBITMQ_USERNAME, RABBITMQ_PASSWORD')
    .option('--target <series>', "RabbitMQ series of both sides, e.g. 4.0; the files' own by default")
    .action(async (base: string, head: string, options: DiffOptions) => {
      finish(await toExitCode(() => diff(base, head, options)));
    });
  program
    .command('comment')
    .description('write a report as the one comment of the pull request that this job runs for')
    .argument('<file>', 'what `warren diff --format markdown` wrote; - for standard input')
    .action(async (file: string) => {
      finish(await toExitCode(() => comment(file)));
    });
  program
    .command('review')
    .description('check and compare topologies in a job of a pull request, and say there what changes')
    .argument('<file...>', 'topology files')
    .option('--fail-on <class>', `${GATES.join(', ')}: exit 1 from there on`, 'destructive')
    .option(
      '--approval-label <label>',
      'given after the last push, it makes the exit code 0 all the same; an older one is taken off (GitHub)',
    )
    .option('--base <revision>', 'what to compare with; what the pull request goes into by default')
    .action(async (files: string[], options: ReviewOptions) => {
      finish(await toExitCode(() => review(files, options)));
    });
}

function addImportCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('import')
    .description(
      "write a topology from what a broker has; with --adopt, take what a stack's broker has into its state",
    )
    .argument(
      '[source]',
      'a definitions.json, or live:URL (management API; login by RABBITMQ_USERNAME and RABBITMQ_PASSWORD)',
    )
    .option('--target <series>', "RabbitMQ series to write it for, e.g. 4.3; the broker's own by default")
    .option('--vhost <vhost>', 'of a broker, only this vhost; of a file of one vhost, its name')
    .option('--output <file>', 'where to write it; standard output by default')
    .option('--force', 'write over a file that is there')
    .option('--no-families', 'list every queue, also many equal ones that look made at run time')
    .option('--adopt', 'write what is there into the state of --stack, and nothing to the broker')
    .option('--stack <stack>', 'with --adopt: the stack, which says where its broker and its topology are')
    .option('--config-file <file>', "with --adopt: another settings file than the stack's own")
    .action(async (source: string | undefined, options: ImportOptions & AdoptOptions) => {
      finish(
        await toExitCode(() =>
          options.adopt === true ? adopt(source, options) : importCommand(source, options),
        ),
      );
    });
}

function addSetupCommands(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('setup')
    .description("install what is missing on this machine: Pulumi's engine, outside the checkout")
    .action(async () => {
      finish(await toExitCode(setup));
    });

  program
    .command('init')
    .description("make a stack and its config with a seed, from which the stack's passwords are derived")
    .requiredOption('--stack <stack>', 'name of the stack, e.g. dev')
    .option('--topology <file>', 'topology file of the stack')
    .option('--endpoint <url>', "base URL of the broker's management API")
    .action(async (options: InitOptions) => {
      finish(await toExitCode(() => init(options)));
    });
}

/** All that it understands: to run it, and to write a page of it. */
export function buildProgram(finish: (exitCode: number) => void): Command {
  const program = new Command('warren')
    .description('RabbitMQ topology as code: check a topology, set this machine up, run stacks')
    .version(readVersion())
    .exitOverride()
    .showHelpAfterError('(warren --help shows the commands)');

  program
    .command('check')
    .description('validate and lint topologies')
    .argument('[file...]', 'topology files')
    .option('--format <format>', 'text, json or github', 'text')
    .option(
      '--explain <code>',
      'say what a code is about, why it matters and what to do, instead of checking',
    )
    .option('--fail-on <severity>', 'error, warning or info: exit 1 from there on', 'error')
    .option('--target <series>', "RabbitMQ series to check for, e.g. 4.0; the file's own by default")
    .action(async (files: string[], options: CheckOptions) => {
      finish(await toExitCode(() => check(files, options)));
    });

  program
    .command('render')
    .description('write what a topology compiles to')
    .argument('<file>', 'topology file')
    .requiredOption('--to <kind>', kindsHelp())
    .option('--target <series>', "RabbitMQ series to compile for, e.g. 4.0; the file's own by default")
    .option('--vhost <vhost>', 'for settings of a client: its vhost, where there are several')
    .option('--user <user>', 'for settings of a client: its user, whose permissions say what it may declare')
    .option('--stack <stack>', 'for manifests: the stack whose settings say what is on Kubernetes')
    .action(async (file: string, options: RenderOptions) => {
      finish(await toExitCode(() => render(file, options)));
    });

  for (const add of [
    addRouteCommand,
    addReviewCommands,
    addImportCommand,
    addScaleCommand,
    addRotateCommand,
    addStatusCommand,
    addCompletionCommand,
    addDlqCommand,
    addPurgeCommand,
    addDoctorCommand,
  ])
    add(program, finish);

  addSetupCommands(program, finish);
  for (const [name, description] of Object.entries(LIFECYCLE_COMMANDS)) {
    program
      .command(name)
      .description(
        `${description}; further options go to pulumi ${name === 'output' ? 'stack output' : name}`,
      )
      .requiredOption('--stack <stack>', 'name of the stack')
      .option('--checkpoints', 'write the state at every step, as plain pulumi does: slow')
      .allowUnknownOption()
      .allowExcessArguments()
      .action(async (options: LifecycleOptions, command: Command) => {
        finish(await toExitCode(() => lifecycle(name, options, command.args)));
      });
  }
  return program;
}

export function main(): void {
  runProgram(buildProgram);
}
