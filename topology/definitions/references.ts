/** Bindings between what the file has. */
import type { BindingObject, BrokerObject } from '../objects';
import type { Data } from '../build/values';

export interface DanglingBinding {
  readonly binding: BindingObject;
  /** The end that isn't there. */
  readonly kind: 'exchange' | 'queue';
  readonly name: string;
}

/** Bindings with an end that the file should have, and hasn't. A file without that section is a part of something. */
export function danglingBindings(objects: readonly BrokerObject[], data: Data): DanglingBinding[] {
  const known = new Set(objects.flatMap((each) => ('name' in each && 'vhost' in each ? [keyOf(each)] : [])));
  const isMissing = (kind: 'exchange' | 'queue', vhost: string, name: string): boolean =>
    Array.isArray(data[`${kind}s`]) &&
    !known.has(keyOf({ kind, vhost, name })) &&
    !(kind === 'exchange' && name.startsWith('amq.'));
  return objects.flatMap((binding): DanglingBinding[] => {
    if (binding.kind !== 'binding') return [];
    const { vhost, source, destination, destinationType } = binding;
    if (isMissing('exchange', vhost, source)) return [{ binding, kind: 'exchange', name: source }];
    return isMissing(destinationType, vhost, destination)
      ? [{ binding, kind: destinationType, name: destination }]
      : [];
  });
}

function keyOf({ kind, vhost, name }: { kind: string; vhost: string; name: string }): string {
  return JSON.stringify([kind, vhost, name]);
}
