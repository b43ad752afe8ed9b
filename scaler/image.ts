/** What the scaler's image is built from: a Dockerfile, and the command as one file that needs no packages. */
import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { cacheFolder, checkoutFolder } from '../tools/folders';

export interface BuildContext {
  /** Never changed, as its name is that of its content. */
  readonly folder: string;
  /** Of all that is in it: a tag for the image. */
  readonly digest: string;
}

const ENTRY = 'cli/scalerMain.ts';

/**
 * Its files are `Dockerfile`, with the argument BASE (an image with Node 20.19 or newer), and `warren.cjs`.
 * @param parent where its folder is made
 */
export function bundleScaler(parent = path.join(cacheFolder(), 'scaler')): BuildContext {
  const checkout = checkoutFolder();
  // By its path: in a bundle, it would take the bundle's folder for the checkout.
  const { textOf } = createRequire(path.join(checkout, 'package.json'))('./tools/bundle.cjs') as {
    textOf: (entry: string, external: readonly string[]) => string;
  };
  const files = {
    Dockerfile: fs.readFileSync(path.join(checkout, 'scaler', 'Dockerfile'), 'utf8'),
    'warren.cjs': textOf(ENTRY, []),
  };
  const digest = crypto.createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
  const folder = path.join(parent, digest);
  if (!fs.existsSync(folder)) writeAtOnce(folder, files);
  return { folder, digest };
}

/** Others may be doing the same. */
function writeAtOnce(folder: string, files: Readonly<Record<string, string>>): void {
  const half = `${folder}.${process.pid}`;
  fs.mkdirSync(half, { recursive: true });
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(half, name), text);
  try {
    fs.renameSync(half, folder);
  } catch (error) {
    fs.rmSync(half, { recursive: true });
    if (!fs.existsSync(folder)) throw error;
  }
}
