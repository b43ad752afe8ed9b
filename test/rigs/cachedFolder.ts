/** Folders that take long to make: made once, by one process at a time, and kept. */
import * as fs from 'node:fs';
import { acquireLock } from '../../tools/fileLock';

/**
 * @param make fills the folder that it is given, which gets its name when it is complete
 * @returns the folder
 */
export async function cachedFolder(
  folder: string,
  timeoutMs: number,
  make: (half: string) => Promise<void>,
): Promise<string> {
  if (fs.existsSync(folder)) return folder;
  const unlock = await acquireLock(`${folder}.lock`, { timeoutMs });
  try {
    if (!fs.existsSync(folder)) await makeWhole(folder, make);
  } finally {
    unlock();
  }
  return folder;
}

async function makeWhole(folder: string, make: (half: string) => Promise<void>): Promise<void> {
  const half = `${folder}.half`;
  fs.rmSync(half, { recursive: true, force: true });
  try {
    await make(half);
  } catch (error) {
    fs.rmSync(half, { recursive: true, force: true });
    throw error;
  }
  fs.renameSync(half, folder);
}
