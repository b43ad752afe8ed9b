/** What a resource's URN says: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
import { createHash } from 'node:crypto';

export function typeTokenOf(urn: string): string {
  const qualified = urn.split('::')[2] ?? '';
  return qualified.slice(qualified.lastIndexOf('$') + 1);
}

function logicalNameOf(urn: string): string {
  return urn.split('::').slice(3).join('::');
}

/** A logical name isn't a unique name outside of its stack: seven hexadecimal digits make it one. */
export function automaticName(urn: string, randomSeed: Uint8Array): string {
  const logicalName = logicalNameOf(urn);
  const suffix = createHash('sha256').update(randomSeed).update(logicalName).digest('hex').slice(0, 7);
  return `${logicalName}-${suffix}`;
}
