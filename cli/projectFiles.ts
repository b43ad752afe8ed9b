/** The files by which a project that has Warren as a package is a Pulumi project: as in the checkout, by its own paths. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { CHECKOUT, IS_INSTALLED, PACKAGE } from './checkout';
import { UserError } from './userError';

const PROGRAM = 'warren.stack.cjs';
const PROGRAM_TEXT = `// What \`pulumi up\` runs: Warren's own program, on this project's topology and stacks.
module.exports = require('warren/stack');
`;

/** Writes what is missing, and returns its names. */
export function ensureProjectFiles(): readonly string[] {
  if (!IS_INSTALLED || fs.existsSync(path.join(CHECKOUT, 'Pulumi.yaml'))) return [];
  const own = fs.readFileSync(path.join(PACKAGE, 'Pulumi.yaml'), 'utf8');
  const folder = path.relative(CHECKOUT, PACKAGE).split(path.sep).join('/');
  const text = own
    .replace(/^# The program is .*\n/m, '')
    .replace(/^(name: .*\n)/m, `$1main: ${PROGRAM}\n`)
    .replace(/path: \.\/provider\//g, `path: ./${folder}/provider/`);
  fs.writeFileSync(path.join(CHECKOUT, 'Pulumi.yaml'), text);
  fs.writeFileSync(path.join(CHECKOUT, PROGRAM), PROGRAM_TEXT);
  fs.mkdirSync(path.join(CHECKOUT, 'stacks'), { recursive: true });
  return ['Pulumi.yaml', PROGRAM];
}

/** @throws UserError where there are none yet */
export function requireProjectFiles(stack: string): void {
  if (fs.existsSync(path.join(CHECKOUT, 'Pulumi.yaml'))) return;
  throw new UserError(
    `there is no Pulumi.yaml in ${CHECKOUT} or above it, so there is no stack ${stack}. Make both with: npx warren init --stack ${stack}`,
  );
}
