/** Creating what a YAML text describes. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { Access } from './access';

type Change = (object: Record<string, unknown>) => Record<string, unknown>;

export async function create(
  { objects }: Access,
  text: string,
  change: Change = (object) => object,
): Promise<void> {
  for (const document of parseAllDocuments(text)) {
    const object = document.toJS() as Record<string, unknown> | null;
    // A kustomization is for another program.
    if (object?.kind === undefined || object.kind === 'Kustomization') continue;
    await objects.create(change(object));
  }
}

/** @param places files, and folders of files */
export async function createFrom(access: Access, places: readonly string[], change?: Change): Promise<void> {
  const files = places.flatMap((place) =>
    fs.statSync(place).isDirectory() ? fs.readdirSync(place).map((name) => path.join(place, name)) : [place],
  );
  for (const file of files) await create(access, fs.readFileSync(file, 'utf8'), change);
}
