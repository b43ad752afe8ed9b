/** What starts fast must never start old: each case is a checkout of its own with one source. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { checkoutFolder } from '../../tools/folders';
import { temporaryFolder } from './helpers';

class Checkout {
  readonly folder = temporaryFolder();
  readonly cache = path.join(this.folder, 'node_modules', '.cache', 'warren');

  constructor() {
    const real = checkoutFolder();
    for (const folder of ['tools', 'node_modules', 'src']) fs.mkdirSync(path.join(this.folder, folder));
    fs.copyFileSync(path.join(real, 'tools/bundle.cjs'), path.join(this.folder, 'tools/bundle.cjs'));
    fs.writeFileSync(path.join(this.folder, 'node_modules/.package-lock.json'), '{}');
    for (const name of ['esbuild', 'yaml']) {
      fs.symlinkSync(path.join(real, 'node_modules', name), path.join(this.folder, 'node_modules', name));
    }
  }

  write(file: string, text: string): void {
    const whole = path.join(this.folder, 'src', file);
    fs.writeFileSync(whole, text);
    // A source that was written in this very moment isn't kept.
    fs.utimesSync(whole, new Date(), new Date(Date.now() - 10_000 + ++this.#writes));
  }
  #writes = 0;

  /** What the entry says. */
  run(external: readonly string[] = []): string {
    const words = `require('./tools/bundle.cjs').load('src/entry.ts', ${JSON.stringify(external)})`;
    return execFileSync(process.execPath, ['-e', words], { cwd: this.folder, encoding: 'utf8' }).trim();
  }

  kept(ending: string): string[] {
    return fs.existsSync(this.cache)
      ? fs.readdirSync(this.cache).filter((name) => name.endsWith(ending))
      : [];
  }
}

function checkoutSaying(word: string): Checkout {
  const checkout = new Checkout();
  checkout.write('entry.ts', "import { word } from './word';\nconsole.log(word as string);\n");
  checkout.write('word.ts', `export const word: string = '${word}';\n`);
  return checkout;
}

it('is kept with what V8 made of it, and a change of any source is there at once', () => {
  const checkout = checkoutSaying('one');
  expect(checkout.run()).toBe('one');
  expect([checkout.kept('.cjs'), checkout.kept('.v8').length]).toEqual([['src-entry.cjs'], 1]);
  expect(checkout.run()).toBe('one');
  // As long as before: V8 itself would take the old one.
  checkout.write('word.ts', "export const word: string = 'two';\n");
  expect(checkout.run()).toBe('two');
  expect(checkout.run()).toBe('two');
  expect(checkout.kept('.v8')).toHaveLength(1);
});

it('is made anew where other packages are to be left out', () => {
  const checkout = new Checkout();
  checkout.write('entry.ts', "import { parse } from 'yaml';\nconsole.log(parse('a: 1').a);\n");
  expect(checkout.run()).toBe('1');
  const size = (): number => fs.statSync(path.join(checkout.cache, 'src-entry.cjs')).size;
  const whole = size();
  expect(checkout.run(['yaml'])).toBe('1');
  expect(size()).toBeLessThan(whole / 10);
});

it('runs where what is kept is damaged, and where nothing can be kept', () => {
  const checkout = checkoutSaying('one');
  checkout.run();
  for (const name of checkout.kept('.v8')) fs.writeFileSync(path.join(checkout.cache, name), 'damaged');
  expect(checkout.run()).toBe('one');
  fs.writeFileSync(path.join(checkout.cache, 'src-entry.cjs.json'), '{"sources":');
  expect(checkout.run()).toBe('one');
  fs.rmSync(checkout.cache, { recursive: true });
  fs.writeFileSync(checkout.cache, 'in its place');
  expect(checkout.run()).toBe('one');
});

it('leaves what is large and rarely needed to a bundle of its own, loaded when it is asked for', () => {
  const checkout = new Checkout();
  const installed = path.join(checkout.folder, 'node_modules/@kubernetes/client-node/dist');
  fs.mkdirSync(installed, { recursive: true });
  fs.writeFileSync(path.join(installed, '../package.json'), '{"main":"dist/index.js"}');
  fs.writeFileSync(path.join(installed, 'index.js'), "export const KubeConfig = 'from' + ' there';");
  checkout.write(
    'entry.ts',
    "const loaded = import('@kubernetes/client-node');\n" +
      'void loaded.then(({ KubeConfig }) => console.log(KubeConfig));\n',
  );
  expect(checkout.run()).toBe('from there');
  expect(checkout.run()).toBe('from there');
  expect(checkout.kept('.cjs')).toEqual(['src-entry.cjs']);
  const bundle = fs.readFileSync(path.join(checkout.cache, 'src-entry.cjs'), 'utf8');
  expect(bundle).not.toContain('there');
});
