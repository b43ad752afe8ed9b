/** A small Pulumi project of a test's own: one JavaScript program, with the plugins of this checkout or without. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { stringify } from 'yaml';

const CHECKOUT = path.resolve(__dirname, '../..');

export interface SmallProject {
  readonly folder: string;
  /** Which providers come from this checkout; all others are looked for on PATH, as Pulumi does. */
  usePlugins(names: readonly ('rabbitmq' | 'warren' | 'docker' | 'kubernetes')[]): void;
  dispose(): void;
}

/** `program` may require `@pulumi/pulumi` and `@pulumi/rabbitmq`. Begins with both plugins. */
export function smallProject(program: string): SmallProject {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'warren-project-'));
  const usePlugins: SmallProject['usePlugins'] = (names) => {
    const folderOf = (name: string): string =>
      name === 'docker' || name === 'kubernetes' ? 'offline' : name;
    const providers = names.map((name) => ({ name, path: path.join(CHECKOUT, 'provider', folderOf(name)) }));
    const definition = {
      name: 'small',
      runtime: { name: 'nodejs', options: { typescript: false } },
      ...(providers.length === 0 ? {} : { plugins: { providers } }),
    };
    fs.writeFileSync(path.join(folder, 'Pulumi.yaml'), stringify(definition));
  };
  usePlugins(['rabbitmq', 'warren']);
  fs.writeFileSync(path.join(folder, 'package.json'), '{"name":"small","main":"index.js"}');
  fs.writeFileSync(path.join(folder, 'index.js'), program);
  fs.symlinkSync(path.join(CHECKOUT, 'node_modules'), path.join(folder, 'node_modules'));
  return {
    folder,
    usePlugins,
    dispose: () => {
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
