/** The command blocks that are typed as they stand, with no broker: what lies there when they are. */
import type { Circumstances, PageFolder } from './folder';
import { blocksOf } from './pages';

export interface Scene extends Circumstances {
  /** The files that lie there, and what happened to them before. */
  readonly before?: (folder: PageFolder) => void | Promise<void>;
  /** Whether the page is right in what its commands have written. */
  readonly after?: (folder: PageFolder) => void;
}

/** A page's block of YAML or JSON. */
export function textIn(page: string, word: string): string {
  const found = blocksOf(page).find(({ text }) => text.includes(word));
  if (found === undefined) throw new Error(`${page} has no block with ${word}`);
  return found.text;
}

const shop = (): string => textIn('README.md', "target: '4.3'");

const FROM_A_BROKER = JSON.stringify({
  rabbitmq_version: '3.13.7',
  vhosts: [{ name: 'shop' }],
  users: [],
  permissions: [],
  queues: [{ name: 'orders', vhost: 'shop', durable: true, auto_delete: false, arguments: {} }],
  exchanges: [],
  bindings: [],
  policies: [
    {
      ...{ vhost: 'shop', name: 'ha-all', pattern: '^', 'apply-to': 'queues', priority: 0 },
      definition: { 'ha-mode': 'all' },
    },
  ],
});

function mustHold(folder: PageFolder, file: string, words: readonly string[]): void {
  for (const word of words) {
    if (!folder.read(file).includes(word)) throw new Error(`${file} has no ${word}:\n${folder.read(file)}`);
  }
}

const RENDERED_FOR_PIKA: Scene = {
  before: (folder) => {
    folder.write({ 'topology.yaml': textIn('docs/clients.md', 'declaredWith'), 'shop/__init__.py': '' });
  },
  after: (folder) => {
    mustHold(folder, 'shop/topology.py', ['VHOST', 'QUEUES', 'def declare(']);
  },
};

/** By `nameOf` a block. */
export const SCENES: Readonly<Record<string, Scene>> = {
  'README.md: $ npx warren check shop.yaml': {
    exitCode: 1,
    before: (folder) => {
      folder.write({ 'shop.yaml': shop() });
      folder.edit('shop.yaml', { 'ttl: 2h': 'ttl: 2 hours', 'queue: failed': 'queue: faild' });
    },
  },
  'README.md: $ npx warren route shop.yaml --exchange orders --key order.paid.1': {
    before: (folder) => {
      folder.write({ 'shop.yaml': shop() });
    },
  },
  'README.md: $ npx warren diff git:main:shop.yaml shop.yaml': {
    before: async (folder) => {
      folder.write({ 'shop.yaml': shop() });
      await commitAll(folder);
      folder.edit('shop.yaml', { 'ttl: 2h': 'ttl: 30m' });
    },
  },
  'README.md: $ npx warren check shop.production.yaml': {
    exitCode: 1,
    before: (folder) => {
      folder.write({
        'shop.yaml': shop(),
        'shop.production.yaml': textIn('README.md', 'extends: shop.yaml'),
      });
      folder.edit('shop.production.yaml', { '  paid: { replicas': '  payd: { replicas' });
    },
  },
  'docs/clients.md: npx warren render topology.yaml --to celery > game/celery_settings.py': {
    before: (folder) => {
      folder.write({ 'topology.yaml': textIn('docs/clients.md', 'declaredWith'), 'game/__init__.py': '' });
    },
    after: (folder) => {
      mustHold(folder, 'game/celery_settings.py', ['task_queues', 'task_default_queue']);
    },
  },
  'docs/clients.md: npx warren render topology.yaml --to pika --user shop > shop/topology.py':
    RENDERED_FOR_PIKA,
  'workers/README.md: npx warren render topology.yaml --to pika --user shop > shop/topology.py':
    RENDERED_FOR_PIKA,
  'docs/monitoring.md: $ npx warren render topology.yaml --to alerts > rabbitmq-rules.yml': {
    before: (folder) => {
      folder.write({ 'topology.yaml': textIn('docs/clients.md', 'declaredWith') });
    },
    after: (folder) => {
      mustHold(folder, 'rabbitmq-rules.yml', ['groups:', 'alert:']);
      mustHold(folder, 'rabbitmq-dashboard.json', ['"panels"']);
    },
  },
  'docs/moving-in.md: npx warren import definitions.json --output shop.yaml': {
    before: (folder) => {
      folder.write({ 'definitions.json': FROM_A_BROKER });
    },
  },
  'docs/runbooks.md: npx warren check shop.yaml --target 4.3': {
    before: async (folder) => {
      folder.write({ 'shop.yaml': shop() });
      await commitAll(folder);
      folder.edit('shop.yaml', { "target: '4.3'": "target: '4.2'" });
    },
  },
  'docs/migration.md: npx warren diff definitions.json shop.yaml --target 4.3': {
    before: async (folder) => {
      folder.write({ 'definitions.json': FROM_A_BROKER });
      await folder.bash('npx warren import definitions.json --target 4.3 --output shop.yaml --force');
    },
  },
  'docs/migration.md: npx warren import definitions.json --target 4.3 --output shop.yaml': {
    before: async (folder) => {
      folder.write({ 'definitions.json': FROM_A_BROKER });
      await folder.bash('rm --force shop.yaml');
    },
    after: (folder) => {
      mustHold(folder, 'definitions-4.3.json', ['"orders"', '"quorum"']);
    },
  },
};

export async function commitAll(folder: PageFolder): Promise<void> {
  const ended = await folder.bash(
    [
      'git init --quiet --initial-branch main && git add --all',
      'git -c user.name=Reader -c user.email=reader@example.com commit --quiet --message first',
    ].join('\n'),
  );
  if (ended.exitCode !== 0) throw new Error(ended.output);
}
