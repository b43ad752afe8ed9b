/** The texts of a topology, read where the program runs: in the folder of Pulumi.yaml. */
import { readFileSync } from 'node:fs';
import type { ReadFile } from '../topology/index';

export const readTopologyText: ReadFile = (file) => {
  try {
    return { text: readFileSync(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { fault: FAULTS[code] ?? code };
  }
};

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not read it',
};
