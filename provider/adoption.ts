/**
 * A stack adopts what is on its broker (`warren import --adopt`): what creates and changes otherwise only reads, and the
 * state gets each object as it is, beside the program's inputs. So the next `up` finds just what differs.
 */
import type { ObjectDiff } from './diff';
import type { Plugin } from './plugin';
import type { AnyResourceType } from './resourceType';
import { isAdopting } from '../broker/api/environment';
import { lookupToRead } from './lookups';
import { sessionOf } from './plugin';
import { UserError } from './userError';

export function adopts({ environment }: Plugin): boolean {
  return isAdopting(environment);
}

/** What an adoption that was cut off has in the state is read again. */
export const READ_AGAIN: ObjectDiff = { changes: [], deleteBeforeReplace: false, isUnfinished: true };

/** As the broker has it. @throws UserError where it was deleted since the program asked what is there */
export async function readToAdopt(plugin: Plugin, type: AnyResourceType, object: object): Promise<object> {
  const found: unknown = await type.find(await lookupToRead(plugin, type, object, true), object);
  if (found !== undefined) return found as object;
  const name = type.identity(object).slice(1).join(' ');
  throw new UserError(
    `Not adopted: "${name}" was on ${sessionOf(plugin).endpoint} a moment ago, and is gone. Run it again.`,
  );
}
