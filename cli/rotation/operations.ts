/** What a rotation of any kind does with its stack: an `up` at a time, and nothing that nobody asked for. */
import * as path from 'node:path';
import { hasChanges, lifecycle } from '../commands/lifecycle';
import { UserError } from '../userError';
import type { RotatedStack } from './stack';

export interface OperationOptions {
  /** Whether the first `up` may change something else, too. */
  readonly mayChange: boolean;
  readonly hasCheckpoints: boolean;
}

export class Operations {
  constructor(
    private readonly stack: Pick<RotatedStack, 'stack' | 'settingsFile' | 'configArguments'>,
    private readonly options: OperationOptions,
    private readonly say: (line: string) => void,
  ) {}

  /**
   * What else waits for an `up` would come along unseen.
   * @param what all that the rotation changes
   * @throws UserError where something does
   */
  async refuseChanges(what: string): Promise<void> {
    if (this.options.mayChange) return;
    const { stack, configArguments } = this.stack;
    this.say('looking whether anything else waits for an up');
    if (!(await hasChanges(stack, configArguments))) return;
    throw new UserError(
      `stack ${stack} has changes that wait for an \`up\`, and a rotation changes ${what} alone. See them with \`npx warren preview --stack ${stack}\`, and bring them up first; or let them come along with --with-changes`,
    );
  }

  /** @param standing what still works where it fails */
  async up(goal: string, standing: string): Promise<number> {
    const { stack, configArguments } = this.stack;
    this.say(`up: ${goal}`);
    const further = ['--yes', '--skip-preview', ...configArguments];
    const exitCode = await lifecycle('up', { stack, checkpoints: this.options.hasCheckpoints }, further);
    if (exitCode !== 0) {
      process.stderr.write(
        `warren: the rotation stands still: its \`up\` failed, see above. ${standing} When that is mended, the same command goes on from here.\n`,
      );
    }
    return exitCode;
  }

  /** As people here call it. */
  get settingsFile(): string {
    const relative = path.relative(process.cwd(), this.stack.settingsFile);
    return relative.startsWith('..') ? this.stack.settingsFile : relative;
  }
}
