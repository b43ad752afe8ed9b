/** The layout explains itself only while it is true: who may import whom, no cycles, sizes, no dead files. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSources, ROOT, type SourceFile } from './sources';

const sources = readSources();

/** For each layer, the other layers and the packages (beside node's own) that it may import. */
const LAYERS: Record<string, { layers: string[]; packages: string[] }> = {
  topology: { layers: [], packages: ['yaml', 'ajv', 'fastest-levenshtein', '@dagrejs/dagre'] },
  broker: { layers: ['topology'], packages: ['undici', 'amqplib'] },
  dockerApi: { layers: [], packages: ['undici'] },
  kubernetesApi: { layers: [], packages: ['@kubernetes/client-node', 'yaml'] },
  scaler: { layers: ['broker', 'dockerApi', 'topology', 'tools'], packages: [] },
  provider: {
    layers: ['broker', 'dockerApi', 'kubernetesApi', 'topology'],
    packages: [
      ...['@pulumi/pulumi', '@grpc/grpc-js', 'google-protobuf', 'node-forge'],
      ...['tar-stream', '@balena/dockerignore'],
    ],
  },
  platform: { layers: ['broker', 'topology'], packages: [] },
  docker: {
    layers: ['platform', 'provider', 'scaler', 'topology'],
    packages: ['@pulumi/pulumi', '@pulumi/docker'],
  },
  k8s: {
    layers: ['kubernetesApi', 'platform', 'provider', 'scaler', 'topology'],
    packages: ['@pulumi/pulumi', '@pulumi/kubernetes'],
  },
  policy: { layers: ['provider', 'topology'], packages: ['@pulumi/policy', 'google-protobuf'] },
  tools: { layers: [], packages: [] },
  stacks: {
    layers: ['docker', 'k8s', 'platform', 'provider', 'broker', 'topology'],
    packages: ['@pulumi/pulumi', '@pulumi/rabbitmq', '@pulumi/docker', '@pulumi/kubernetes', 'yaml'],
  },
  library: { layers: ['docker', 'k8s', 'provider', 'stacks', 'topology'], packages: [] },
  cli: {
    layers: [
      'topology',
      'broker',
      'docker',
      'dockerApi',
      'k8s',
      'kubernetesApi',
      'platform',
      'scaler',
      'tools',
    ],
    packages: ['commander', 'amqplib', 'yaml', 'cli-table3'],
  },
};

/** topology/ is pure: none of what reaches out of the process. */
const IMPURE = /^node:(fs|net|http|https|tls|dgram|dns|child_process|os|timers|worker_threads|cluster)$/;

/** Files that are started from outside: by a stub, by Pulumi, by the test runner. */
const ENTRIES = [
  /^stacks\/index\.ts$/,
  /^cli\/(main|scalerMain|writeDocs)\.ts$/,
  /^library\/index\.ts$/,
  /^cli\/quickstart\/main\.ts$/,
  /^provider\/(rabbitmq|warren|offline\/(docker|kubernetes))\/plugin\.ts$/,
  /^policy\/pack\.ts$/,
  /^test\/.*\.(test|bench)\.ts$/,
  /^test\/rigs\/(globalSetup|order|reporter|(docker|k8s)\/globalSetup)\.ts$/,
  /^test\/k8s\/startedCluster\.ts$/,
  /^test\/bench\/(main|docker\.config)\.ts$/,
];

const layerOf = (file: string): string => file.split('/')[0] ?? '';

describe('layers', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(10);
  });

  it('import only what their layer may', () => {
    const wrong = sources.flatMap((source) => {
      const layer = LAYERS[layerOf(source.file)];
      if (layer === undefined) return [];
      const imports = source.imports
        .filter((file) => layerOf(file) !== layerOf(source.file) && !layer.layers.includes(layerOf(file)))
        .map((file) => `${source.file} imports ${file}`);
      const packages = source.packages
        .filter((name) => !name.startsWith('node:') && !layer.packages.includes(name))
        .map((name) => `${source.file} imports the package ${name}`);
      return [...imports, ...packages];
    });
    expect(wrong).toEqual([]);
  });

  it('keep the topology pure', () => {
    const wrong = sources
      .filter((source) => layerOf(source.file) === 'topology')
      .flatMap((source) =>
        source.packages.filter((name) => IMPURE.test(name)).map((name) => `${source.file}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it('have no cycles', () => {
    expect(findCycle(sources)).toEqual([]);
  });

  it('finds a cycle where there is one', () => {
    const node = (file: string, imports: string[]): SourceFile => ({
      file,
      imports,
      lines: 1,
      packages: [],
      functions: [],
    });
    expect(findCycle([node('a', ['b']), node('b', ['c']), node('c', ['b'])])).toEqual(['b', 'c', 'b']);
  });
});

describe('sizes', () => {
  it('files have at most 400 lines', () => {
    expect(
      sources.filter((source) => source.lines > 400).map((source) => `${source.file}: ${source.lines}`),
    ).toEqual([]);
  });

  it('functions have at most 70 lines', () => {
    // A describe() block is a list of tests, not a function to read at once.
    const wrong = sources
      .filter((source) => !source.file.endsWith('.test.ts'))
      .flatMap((source) =>
        source.functions
          .filter((one) => one.lines > 70)
          .map((one) => `${source.file}:${one.line} ${one.name}: ${one.lines}`),
      );
    expect(wrong).toEqual([]);
  });
});

describe('dead files', () => {
  it('every file is imported or started by something', () => {
    const imported = new Set(sources.flatMap((source) => source.imports));
    const dead = sources
      .map((source) => source.file)
      .filter((file) => !imported.has(file) && !ENTRIES.some((entry) => entry.test(file)));
    expect(dead).toEqual([]);
  });

  it('nothing but tests uses test/', () => {
    const wrong = sources
      .filter((source) => layerOf(source.file) !== 'test')
      .filter((source) => source.imports.some((file) => layerOf(file) === 'test'));
    expect(wrong.map((source) => source.file)).toEqual([]);
  });

  it('every dependency of package.json is used', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    // Used by name: in the stubs (tsx, esbuild) and by Pulumi's language host (typescript).
    const used = new Set([...sources.flatMap((source) => source.packages), 'tsx', 'esbuild', 'typescript']);
    expect(Object.keys(manifest.dependencies).filter((name) => !used.has(name))).toEqual([]);
  });
});

/** The files of one import cycle, the first again at the end; type-only imports count too. */
function findCycle(files: readonly SourceFile[]): string[] {
  const graph = new Map(files.map((source) => [source.file, source.imports]));
  const finished = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    const seenAt = trail.indexOf(file);
    if (seenAt !== -1) return [...trail.slice(seenAt), file];
    if (finished.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...trail, file]);
      if (cycle.length > 0) return cycle;
    }
    finished.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
