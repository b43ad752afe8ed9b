import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import { renderCelery } from '../../topology/render/clients/celery';
import { renderClientJson } from '../../topology/render/clients/json';
import { renderAioPika, renderPika } from '../../topology/render/clients/python';
import type { ClientChoice, ClientInput, Fault } from '../../topology/render/clients/view';

type Renderer = (input: ClientInput, choice: ClientChoice) => string | Fault;

function input(yaml: string): ClientInput {
  const { topology, objects, diagnostics } = load(`warren: 1\n${yaml}`, 'clients.yaml');
  if (topology === undefined || objects === undefined) throw new Error(JSON.stringify(diagnostics));
  return { topology, objects };
}

function rendered(renderer: Renderer, yaml: string, choice: ClientChoice = {}): string {
  const text = renderer(input(yaml), choice);
  if (typeof text !== 'string') throw new Error(text.fault);
  return text;
}

/** What stands behind `NAME = ` up to the end of the value. */
function assigned(module: string, name: string): string {
  const lines = module.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`${name} = `));
  expect(start, name).toBeGreaterThan(0);
  const end = lines.findIndex((line, index) => index > start && !/^[ )\]}]/.test(line));
  return lines.slice(start, end).join('\n').slice(`${name} = `.length);
}

const QUORUM = `
target: '4.3'
broker: { heartbeat: 45s }
vhosts:
  game:
    celery:
      exchange: tasks
      tasks: { 'game.sync.*': sync, '*': default }
      resultBackend: rpc://
      maxRetries: 3
      retryBackoffMax: 10m
    exchanges: { tasks: { type: topic } }
    queues:
      sync: { replicated: true, deadLetter: { queue: failed } }
      default: { replicated: true }
      failed:
users:
  game: { permissions: { game: { configure: '^default$', write: '.*', read: '.*' } } }
workers:
  sync: { vhost: game, user: game, queues: [sync], rateLimit: 10/m, concurrency: 4, prefetch: 8 }
  more: { vhost: game, user: game, queues: [sync, default], rateLimit: 1/s }
`;

describe('celery', () => {
  const module = rendered(renderCelery, QUORUM);

  it('knows the queues of tasks, and declares those that its user may declare', () => {
    expect(assigned(module, '_tasks')).toBe('Exchange("tasks", type="topic", no_declare=True)');
    expect(assigned(module, 'task_queues')).toBe(`(
    Queue(
        "sync",
        exchange=_tasks,
        routing_key="sync",
        queue_arguments={"x-queue-type": "quorum"},
        no_declare=True,
    ),
    Queue(
        "default",
        exchange=_tasks,
        routing_key="default",
        queue_arguments={"x-queue-type": "quorum"},
    ),
)`);
  });

  it('routes by name, in the order of the file, and to no queue that is not listed', () => {
    expect(assigned(module, 'task_routes')).toBe(`(
    {"game.sync.*": {"queue": "sync"}},
    {"*": {"queue": "default"}},
)`);
    expect(assigned(module, 'task_default_queue')).toBe('"default"');
    expect(assigned(module, 'task_default_exchange')).toBe('"tasks"');
    expect(assigned(module, 'task_default_exchange_type')).toBe('"topic"');
    expect(assigned(module, 'task_create_missing_queues')).toBe('False');
  });

  it('limits the rate of a queue to the lowest of its workers, and sends failed tasks to the dead letters', () => {
    expect(assigned(module, 'TASK_OPTIONS')).toBe(`{
    "sync": {"rate_limit": "10/m", "acks_on_failure_or_timeout": False},
    "default": {"rate_limit": "1/s"},
}`);
  });

  it('gives each worker its own concurrency and prefetch', () => {
    expect(assigned(module, 'WORKERS')).toBe(`{
    "sync": {"queues": ["sync"], "concurrency": 4, "prefetch_multiplier": 2},
}`);
    expect(module).toContain('worker_prefetch_multiplier = _worker.get("prefetch_multiplier", 1)');
  });

  it('says what has no setting, and what the broker needs', () => {
    expect(assigned(module, 'RETRY')).toBe(
      '{"max_retries": 3, "retry_backoff": True, "retry_backoff_max": 600}',
    );
    expect(assigned(module, 'result_backend')).toBe('"rpc://"');
    expect(assigned(module, 'broker_heartbeat')).toBe('45');
    expect(assigned(module, 'broker_transport_options')).toBe('{"confirm_publish": True}');
    expect(assigned(module, 'worker_detect_quorum_queues')).toBe('True');
    expect(assigned(module, 'broker_native_delayed_delivery_queue_type')).toBe('"quorum"');
    expect(module).not.toContain('control_queue_exclusive');
  });

  it('makes its own queues exclusive where the broker refuses other transient ones', () => {
    const refusing = QUORUM.replace(
      'heartbeat: 45s',
      'deprecatedFeatures: { transient_nonexcl_queues: false }',
    ).replace('resultBackend: rpc://', '');
    const text = rendered(renderCelery, refusing);
    expect(assigned(text, 'control_queue_exclusive')).toBe('True');
    expect(assigned(text, 'event_queue_exclusive')).toBe('True');
  });

  it('sends tasks straight to classic queues, and warns of waiting tasks where there is no global QoS', () => {
    const classic = `
vhosts: { game: { queues: { default: , later: { priorities: 5 } } } }`;
    const text = rendered(renderCelery, `target: '4.3'${classic}`);
    expect(assigned(text, '_tasks')).toBe('Exchange("", type="direct")');
    expect(assigned(text, 'task_default_exchange')).toBe('""');
    expect(text).toContain('queue_arguments={"x-max-priority": 5}');
    expect(text).toContain('keeps its place in the worker');
    expect(rendered(renderCelery, `target: '4.0'${classic}`)).not.toContain('keeps its place');
    expect(text).not.toMatch(/import os|MapRoute|quorum_queues/);
  });

  it('consumes from the stages of a retry, which nobody else declares', () => {
    const text = rendered(
      renderCelery,
      `
target: '4.3'
vhosts:
  game:
    queues:
      default: { retry: { attempts: 2, delay: 1s, method: stages }, deadLetter: { queue: failed } }
      failed:
workers: { all: { vhost: game, queues: [default] } }`,
    );
    expect(text).toMatch(/"default\.attempt\.2",?\s+exchange=_tasks,\s+[^)]*no_declare=True/);
    expect(text).not.toContain('"failed"');
    expect(assigned(text, 'task_default_queue')).toBe('"default"');
  });

  it('asks for the user and the vhost that can not be told', () => {
    const two = `
vhosts: { a: { queues: { q: }, celery: {} }, b: { queues: { q: }, celery: {} }, c: {} }
users: { x: { roles: { a: { consumer: [q] } } }, y: { roles: { a: { consumer: [q] } } } }
workers: { w: { vhost: a, user: x, queues: [q] }, v: { vhost: a, user: y, queues: [q] } }`;
    const fault = (choice: ClientChoice): unknown => renderCelery(input(two), choice);
    expect(fault({})).toEqual({ fault: "say which vhost with --vhost: 'a', 'b'" });
    expect(fault({ vhost: 'a' })).toEqual({ fault: "say with --user whose permissions count: 'x', 'y'" });
    expect(fault({ vhost: 'a', user: 'z' })).toHaveProperty('fault', expect.stringContaining('no user "z"'));
    expect(fault({ vhost: 'd' })).toHaveProperty('fault', expect.stringContaining('no vhost "d"'));
    expect(fault({ vhost: 'c' })).toEqual({ fault: 'the vhost "c" has no queue for tasks' });
    expect(typeof fault({ vhost: 'b' })).toBe('string');
  });
});

const SHOP = `
target: '4.0'
vhosts:
  shop:
    exchanges: { orders: { type: topic }, other: { type: fanout } }
    queues:
      paid: { replicated: true, bindings: [{ exchange: orders, routingKey: 'order.#' }] }
      unseen: { bindings: [{ exchange: other }] }
    families: { 'basket:{id}': { durable: false, declaredWith: { x-expires: 1000 } } }
users:
  api:
    permissions: { shop: { configure: '^(paid|basket:.+)$', write: '^(orders|paid)$', read: '^(paid|orders)$' } }
    topicPermissions: { shop: { orders: { write: .*, read: '^order\\..*$' } } }
  outsider: { permissions: { shop: {} } }
workers: { paid: { vhost: shop, user: api, queues: [paid], prefetch: 7 } }
`;

describe.each([
  ['pika', renderPika],
  ['aio-pika', renderAioPika],
] as const)('%s', (_, renderer) => {
  it('fills in the names of a family in one pass: a value may look like a placeholder', () => {
    const module = rendered(renderer, SHOP);
    expect(module).toContain('re.sub(r"\\{(\\w+)\\}", fill, self.name)');
    expect(module).not.toContain('.replace(');
  });

  it('holds what the user has to do with, and what it may declare', () => {
    const module = rendered(renderer, SHOP, { user: 'api' });
    expect(assigned(module, 'EXCHANGES')).toBe(`_named(
    Exchange("orders", "topic", may_declare=False),
)`);
    expect(assigned(module, 'QUEUES')).toBe(`_named(
    Queue("paid", arguments={"x-queue-type": "quorum"}),
)`);
    expect(assigned(module, 'BINDINGS')).toBe('(Binding("orders", "paid", "order.#"),)');
    expect(assigned(module, 'FAMILIES')).toBe(
      `_named(
    Family("basket:{id}", durable=False, arguments={"x-expires": 1000}),
)`,
    );
    expect(assigned(module, 'WORKERS')).toBe(`_named(
    Worker("paid", ("paid",), prefetch=7),
)`);
  });

  it('binds only what topic permissions allow', () => {
    const module = rendered(renderer, SHOP.replace('^order', '^nothing'), { user: 'api' });
    expect(assigned(module, 'BINDINGS')).toBe('(Binding("orders", "paid", "order.#", may_bind=False),)');
  });

  it('is about the whole vhost without a user, and about nothing for one that may do nothing', () => {
    expect(assigned(rendered(renderer, SHOP), 'QUEUES')).toContain('Queue("unseen")');
    const outside = rendered(renderer, SHOP, { user: 'outsider' });
    for (const name of ['EXCHANGES', 'QUEUES', 'FAMILIES', 'WORKERS']) {
      expect(assigned(outside, name)).toBe('_named()');
    }
  });
});

describe('json', () => {
  it('is versioned, and says the same', () => {
    expect(JSON.parse(rendered(renderClientJson, SHOP, { user: 'api' }))).toEqual({
      warrenClient: 1,
      vhost: 'shop',
      user: 'api',
      target: '4.0',
      exchanges: [
        {
          ...{ name: 'orders', type: 'topic', durable: true, autoDelete: false, internal: false },
          ...{ arguments: {}, mayDeclare: false },
        },
      ],
      queues: [
        {
          ...{ name: 'paid', durable: true, autoDelete: false },
          ...{ arguments: { 'x-queue-type': 'quorum' }, mayDeclare: true },
        },
      ],
      bindings: [
        {
          ...{ source: 'orders', destination: 'paid', destinationType: 'queue', routingKey: 'order.#' },
          ...{ arguments: {}, mayBind: true },
        },
      ],
      families: [
        {
          ...{ template: 'basket:{id}', placeholders: ['id'], durable: false },
          ...{ arguments: { 'x-expires': 1000 }, mayDeclare: true },
        },
      ],
      workers: [{ name: 'paid', queues: ['paid'], prefetch: 7 }],
    });
  });
});

describe('docs/clients.md', () => {
  const page = readFileSync(path.join(__dirname, '../../docs/clients.md'), 'utf8');
  const block = (language: string): string =>
    new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? '';

  it('shows what its own topology gives', () => {
    const { topology, objects, diagnostics } = load(block('yaml'), 'clients.md');
    expect(diagnostics.filter(({ severity }) => severity !== 'info')).toEqual([]);
    if (topology === undefined || objects === undefined) throw new Error('no topology');
    const text = renderClientJson({ topology, objects }, { user: 'shop' }) as string;
    expect(JSON.parse(text)).toEqual(JSON.parse(block('json')));
  });
});

describe('declaring', () => {
  const may = (permissions: string, given: string): boolean => {
    const text = rendered(
      renderClientJson,
      `
vhosts: { v: { queues: { q: { declaredWith: ${given} }, dead: { bindings: [{ exchange: dlx }] } }, exchanges: { dlx: { type: fanout } } } }
users: { u: { permissions: { v: ${permissions} } } }`,
      { user: 'u' },
    );
    const { queues } = JSON.parse(text) as { queues: { name: string; mayDeclare: boolean }[] };
    return queues.find(({ name }) => name === 'q')?.mayDeclare ?? false;
  };

  it('takes more permissions where the declaration names a dead letter exchange', () => {
    const toExchange = '{ x-dead-letter-exchange: dlx }';
    expect(may("{ configure: '^q$' }", '{}')).toBe(true);
    expect(may("{ configure: '^q$' }", toExchange)).toBe(false);
    expect(may("{ configure: '^q$', read: '^q$' }", toExchange)).toBe(false);
    expect(may("{ configure: '^q$', read: '^q$', write: '^dlx$' }", toExchange)).toBe(true);
    const toQueue = "{ x-dead-letter-exchange: '', x-dead-letter-routing-key: dead }";
    expect(may("{ configure: '^q$', read: '^q$', write: '^dead$' }", toQueue)).toBe(false);
    expect(may("{ configure: '^q$', read: '^q$', write: '^amq\\.default$' }", toQueue)).toBe(true);
  });
});
