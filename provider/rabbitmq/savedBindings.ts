/**
 * Bindings of queues that are deleted to be created again. The broker drops them with the queue, and a resource
 * that names the queue by text is not told, so they are put back with the new queue. They are kept in a file: when
 * the process is killed between the two halves, the next run finishes the second.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StoredBinding } from '../../broker/bindings';

/** After that somebody has taken care of it by hand, and old bindings would only surprise. */
const KEPT_FOR_MS = 3_600_000;

export interface SavedBindings {
  save(bindings: readonly StoredBinding[]): void;
  /** Empty where none were saved. */
  load(): readonly StoredBinding[];
  forget(): void;
}

/** Of one queue of one broker. */
export function savedBindings(endpoint: string, vhost: string, queue: string): SavedBindings {
  const folder = join(tmpdir(), `warren-bindings-${process.getuid?.() ?? 0}`);
  const key = createHash('sha256')
    .update(JSON.stringify([endpoint, vhost, queue]))
    .digest('hex');
  const file = join(folder, `${key}.json`);
  return {
    save: (bindings) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(file, JSON.stringify(bindings), { mode: 0o600 });
    },
    load: () => {
      try {
        const { mtimeMs, uid } = statSync(file);
        const isOurs = process.getuid === undefined || uid === process.getuid();
        if (!isOurs || Date.now() - mtimeMs > KEPT_FOR_MS) return [];
        return JSON.parse(readFileSync(file, 'utf8')) as readonly StoredBinding[];
      } catch {
        return [];
      }
    },
    forget: () => {
      rmSync(file, { force: true });
    },
  };
}
