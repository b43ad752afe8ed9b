/** What a resource's URN says: `urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME`. */
import { createHash } from 'node:crypto';

/** Its component's types and its own, which is the last. */
export function typeTokensOf(urn: string): readonly string[] {
  return (urn.split('::')[2] ?? '').split('$');
}

export function typeTokenOf(urn: string): string {
  return typeTokensOf(urn).at(-1) ?? '';
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
