/**
 * What the quickstart remembers beside Pulumi's state: on which broker it works, and, of a broker that outlives it,
 * the administrator that stayed there. Without the latter nobody could ever log in again.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { UserError } from '../userError';
import { stateFolder } from './stateFolder';

export interface BrokerChoice {
  /** `private`: started by the quickstart and taken away with it. `given`: was there before (`--broker`). */
  readonly kind: 'private' | 'given';
  readonly endpoint: string;
}

export interface LeftAdministrator {
  readonly management: string;
  readonly username: string;
  readonly password: string;
  /** The stack's seed: a later quickstart derives the same password from it. */
  readonly seed: string;
}

const choiceFile = (): string => path.join(stateFolder(), 'broker.json');
export const administratorFile = (): string => path.join(stateFolder(), 'administrator.json');

export function readChoice(): BrokerChoice | undefined {
  return read(choiceFile()) as BrokerChoice | undefined;
}

export function rememberChoice(choice: BrokerChoice): void {
  write(choiceFile(), choice);
}

/** Of this broker only. */
export function readLeftAdministrator(endpoint: string): LeftAdministrator | undefined {
  const left = read(administratorFile()) as LeftAdministrator | undefined;
  return left?.management === endpoint ? left : undefined;
}

export function rememberAdministrator(left: LeftAdministrator): void {
  write(administratorFile(), left);
}

/**
 * One quickstart works on one broker: its stack's objects are there.
 * @throws UserError when this run is about another one
 */
export function refuseOtherBroker(givenEndpoint: string | undefined): void {
  const choice = readChoice();
  if (choice === undefined) return;
  const isSame = choice.kind === 'given' ? choice.endpoint === givenEndpoint : givenEndpoint === undefined;
  if (isSame) return;
  const now =
    choice.kind === 'given' ? `the broker at ${choice.endpoint}` : `its private broker (${choice.endpoint})`;
  const stay = choice.kind === 'given' ? `--broker ${choice.endpoint}` : 'no --broker';
  throw new UserError(
    `this checkout's quickstart works on ${now}. Run it with ${stay}, or take it away first: npm run quickstart -- --destroy`,
  );
}

function read(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined; // not there (yet)
  }
}

function write(file: string, value: unknown): void {
  fs.mkdirSync(stateFolder(), { recursive: true, mode: 0o700 });
  fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
}
