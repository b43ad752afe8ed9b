/** What `warren doctor` understands. */
import type { Command } from 'commander';
import { doctor, type DoctorOptions } from './commands/doctor';
import { withBrokerOptions } from './dlqCommand';
import { toExitCode } from './userError';

export function addDoctorCommand(program: Command, finish: (exitCode: number) => void): void {
  withBrokerOptions(program.command('doctor'), 'only in this vhost')
    .description(
      "try from here, with each user's credentials, whether it works: connect, declare, publish, consume",
    )
    .option('--user <user>', 'only this user of the topology')
    .option('--json', 'for programs')
    .action(async (options: DoctorOptions) => {
      finish(await toExitCode(() => doctor(options)));
    });
}
