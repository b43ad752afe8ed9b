/** `warren completion SHELL` on the command line. */
import type { Command } from 'commander';
import { DIFF_FORMATS, GATES } from './commands/diff';
import { RENDER_KINDS } from './commands/renderKinds';
import { completionScript, SHELLS, type KnownValues, type Shell } from './completion';
import { ExitCode } from './exitCodes';
import { toExitCode, UserError } from './userError';

const KNOWN: KnownValues = {
  'check --format': ['text', 'json', 'github'],
  'check --fail-on': ['error', 'warning', 'info'],
  'diff --format': DIFF_FORMATS,
  'diff --fail-on': GATES,
  'review --fail-on': GATES,
  'render --to': [...RENDER_KINDS.keys()],
};

export function addCompletionCommand(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('completion')
    .description('write a script by which a shell completes commands, options and stacks')
    .argument('<shell>', SHELLS.join(', '))
    .action(async (shell: string) => {
      finish(await toExitCode(() => Promise.resolve(writeScript(shell, program))));
    });
}

function writeScript(shell: string, program: Command): number {
  if (!isShell(shell)) {
    throw new UserError(`there is no completion for ${shell}: give ${SHELLS.join(', ')}`);
  }
  process.stdout.write(completionScript(shell, program, KNOWN));
  return ExitCode.ok;
}

function isShell(text: string): text is Shell {
  return SHELLS.some((shell) => shell === text);
}
