/** What tests made goes after them, also when making the rest of it failed. */
import { afterAll } from 'vitest';

/** Call inside a `describe`; the function that it returns takes what is to be done after its tests, last one first. */
export function undoAfterAll(): (undo: () => unknown) => void {
  const undos: (() => unknown)[] = [];
  afterAll(async () => {
    const errors: unknown[] = [];
    for (const undo of undos.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'not everything could be taken away');
  });
  return (undo) => {
    undos.push(undo);
  };
}
