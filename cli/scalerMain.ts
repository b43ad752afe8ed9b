/** What runs in the scaler's image: `warren scale` and nothing else. */
import { Command } from 'commander';
import { runProgram } from './program';
import { addScaleCommand } from './scaleCommand';

runProgram((finish) => {
  const program = new Command('warren').description('the scaler of Warren').exitOverride();
  addScaleCommand(program, finish);
  return program;
});
