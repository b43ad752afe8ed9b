/**
 * Whose a Docker object is. A run that was killed leaves objects that its state doesn't know: the next run finds the
 * name taken, and goes on with them where they carry its own label, which the program gives.
 */
import type { Label } from './properties/fields';
import { UserError } from '../../userError';

/** A program that sets it on all of its objects, each time to the same value, can be run again after it was killed. */
export const OWNER_LABEL = 'warren.owner';

export function isOwn(
  labels: readonly Label[] | undefined,
  found: Readonly<Record<string, string>> | null | undefined,
): boolean {
  const owner = labels?.find(({ label }) => label === OWNER_LABEL)?.value;
  return owner !== undefined && owner !== '' && found?.[OWNER_LABEL] === owner;
}

/** @param kind as in Docker's commands: `container`, `network`, `volume` */
export function nameTaken(kind: string, name: string): UserError {
  const removal = kind === 'container' ? `docker rm ${name}` : `docker ${kind} rm ${name}`;
  return new UserError(
    `Cannot create the ${kind} "${name}": there is one of that name, which this program did not make. ` +
      `Remove it (\`${removal}\`), import it (\`pulumi import\`), or choose another name.`,
  );
}
