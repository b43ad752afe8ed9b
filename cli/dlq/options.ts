/** Values of options that several of the commands have. */
import { UserError } from '../userError';

/** @throws UserError for what is no whole number over 0 */
export function amountOf(option: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const amount = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(amount) && amount > 0) return amount;
  throw new UserError(`${option} ${given} is no whole number over 0`);
}

/** For options that may be given several times. */
export function collect(value: string, all: readonly string[]): readonly string[] {
  return [...all, value];
}
