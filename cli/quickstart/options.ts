import { Command, CommanderError, InvalidArgumentError } from 'commander';

export interface QuickstartOptions {
  /** Relative to the checkout or absolute. */
  readonly topology: string;
  /** Management URL of a broker that is there already; may hold user:password of its administrator. */
  readonly broker?: string;
  readonly managementPort?: number;
  readonly destroy: boolean;
  readonly keep: boolean;
  readonly json: boolean;
}

export const DEFAULT_TOPOLOGY = 'topology/examples/celery-django.yaml';

/** Undefined when only help was wanted. Throws CommanderError for wrong usage, after it was explained on stderr. */
export function parseOptions(argv: readonly string[]): QuickstartOptions | undefined {
  const program = new Command('npm run quickstart --')
    .description(
      'A RabbitMQ topology from YAML on a private local broker, applied by Pulumi and proved with messages',
    )
    .option('--topology <file>', 'the topology to apply', DEFAULT_TOPOLOGY)
    .option(
      '--broker <url>',
      'management URL of a broker that is there already, with its administrator, e.g. http://guest:guest@127.0.0.1:15672; default: a private local one',
    )
    .option(
      '--management-port <port>',
      'port of the private broker’s management UI; default: a free one',
      parsePort,
    )
    .option('--json', 'one JSON object as the last line: management, amqp, user, password, vhost', false)
    .option('--destroy', 'take everything away again', false)
    .option('--keep', 'with --destroy: leave the private broker running', false)
    .allowExcessArguments(false)
    .exitOverride()
    .showHelpAfterError();
  try {
    program.parse(argv, { from: 'user' });
    const { destroy, keep } = program.opts<QuickstartOptions>();
    // Without a word, it would be a whole quickstart.
    if (keep && !destroy) {
      program.error(
        'error: --keep goes with --destroy, which then leaves the private broker running; without --destroy nothing is taken away',
      );
    }
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw error;
  }
  return program.opts<QuickstartOptions>();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new InvalidArgumentError('a port is a number from 1 to 65535.');
  }
  return port;
}
