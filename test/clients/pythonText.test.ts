/** What is rendered for Python, read by Python. */
import * as path from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { load } from '../../topology/index';
import { renderCelery } from '../../topology/render/clients/celery';
import { renderAioPika, renderPika } from '../../topology/render/clients/python';
import { pythonString } from '../../topology/render/clients/pythonText';
import type { ClientInput } from '../../topology/render/clients/view';
import { withClients } from '../rigs/python';
import { ROOT } from '../structure/sources';
import { exampleTopology } from './appliedTopology';
import { PythonFolder } from './pythonProgram';

const EXAMPLES = ['celery-django', 'notifications', 'ffmpeg-jobs', 'erp-long-polling', 'speech-to-text'];

const BLACK = ['-m', 'black', '--check', '--diff', '--quiet'];

/** Names that would do something, were they not literals. */
const HOSTILE = [
  '"""',
  "'''",
  `it's "quoted"`,
  'ends in a backslash \\',
  '"); import os; os.abort() #',
  '{__import__("os").abort()}',
  '%s {0} \\x41 \\N{DIGIT ONE}',
  'right \u202e to left',
  'Grüße 世界 🎉',
  'long '.repeat(40).trim(),
];

function input(data: unknown): ClientInput {
  const { topology, objects, diagnostics } = load(stringify(data), 'python.yaml');
  if (topology === undefined || objects === undefined) throw new Error(JSON.stringify(diagnostics));
  return { topology, objects };
}

function hostileTopology(): unknown {
  const queues = Object.fromEntries(
    HOSTILE.map((name) => [
      name,
      { declaredWith: { [`x-${name}`]: name }, bindings: [{ exchange: name, routingKey: name }] },
    ]),
  );
  return {
    warren: 1,
    vhosts: {
      [HOSTILE[4] ?? '']: {
        celery: {
          tasks: Object.fromEntries(HOSTILE.map((name) => [`${name}*`, name])),
          resultBackend: HOSTILE[4],
        },
        exchanges: Object.fromEntries(HOSTILE.map((name) => [name, { type: 'topic' }])),
        queues,
        families: { 'it\'s """ {id} \\': { declaredWith: { 'x-"': '"' } }, '{id}:{name}': {} },
      },
    },
    workers: Object.fromEntries(
      HOSTILE.map((name) => [name, { vhost: HOSTILE[4], queues: [name], concurrency: 1, rateLimit: '1/s' }]),
    ),
  };
}

const PRINT_LITERALS = `
import ast, json
print(json.dumps([ast.literal_eval(line) for line in open("literals.txt", encoding="utf-8", newline="\\n")]))
`;

const PRINT_AMQP = `
import json, module
print(json.dumps({
    "vhost": module.VHOST,
    "queues": {name: dict(queue.arguments) for name, queue in module.QUEUES.items()},
    "exchanges": list(module.EXCHANGES),
    "bindings": [[b.source, b.destination, b.routing_key] for b in module.BINDINGS],
    "families": [
        family.queue(id=value, name="x{id}").name
        for family in module.FAMILIES.values()
        for value in (7, "{name}", "\\\\1")
    ],
    "workers": list(module.WORKERS),
}))
`;

const PRINT_CELERY = `
import json, module
print(json.dumps({
    "queues": {queue.name: queue.queue_arguments for queue in module.task_queues},
    "routes": [[name, route["queue"]] for routes in module.task_routes for name, route in routes.items()],
    "options": list(module.TASK_OPTIONS),
    "workers": list(module.WORKERS),
    "backend": module.result_backend,
}))
`;

withClients('amqp', (python) => {
  let folder: PythonFolder;
  beforeAll(() => {
    folder = new PythonFolder(python);
  });
  afterAll(() => {
    folder.remove();
  });
  const print = (program: string): Promise<unknown> => {
    folder.write('program', program);
    return folder.json(['-m', 'program']);
  };

  it('reads every text as it was', async () => {
    const texts = fc.sample(fc.oneof(fc.string({ unit: 'binary' }), fc.string()), 2_000);
    texts.push(...HOSTILE, '\ud800', '\u0000\u001b\u007f\u0085\u2028', '"\'\\');
    folder.writeFile('literals.txt', `${texts.map(pythonString).join('\n')}\n`);
    expect(await print(PRINT_LITERALS)).toEqual(texts);
  });

  it.each([
    ['pika', renderPika],
    ['aio-pika', renderAioPika],
  ] as const)('finds the names of the topology in the module for %s', async (_, renderer) => {
    const module = renderer(input(hostileTopology()), {});
    folder.write('module', module as string);
    expect(await print(PRINT_AMQP)).toEqual({
      vhost: HOSTILE[4],
      queues: Object.fromEntries(HOSTILE.map((name) => [name, { [`x-${name}`]: name }])),
      exchanges: expect.arrayContaining(HOSTILE) as unknown,
      bindings: expect.arrayContaining(HOSTILE.map((name) => [name, name, name])) as unknown,
      families: [
        ...['it\'s """ 7 \\', 'it\'s """ {name} \\', 'it\'s """ \\1 \\'],
        ...['7:x{id}', '{name}:x{id}', '\\1:x{id}'],
      ],
      workers: HOSTILE,
    });
  });

  it('finds modules laid out as Black does it', async () => {
    const renderers = { celery: renderCelery, pika: renderPika, aio_pika: renderAioPika };
    const rendered = [
      { name: 'hostile', given: input(hostileTopology()) },
      ...EXAMPLES.map((name) => ({ name, given: input(exampleTopology(name)) })),
    ].flatMap(({ name, given }) =>
      Object.entries(renderers).flatMap(([library, renderer]) => {
        const user = given.topology.users[0]?.name;
        const text = renderer(given, user === undefined ? {} : { user });
        // The ERP has no queue for tasks.
        return typeof text === 'string' ? [{ file: `${name}_${library}`.replaceAll('-', '_'), text }] : [];
      }),
    );
    expect(rendered.length).toBeGreaterThan(3 * EXAMPLES.length);
    for (const { file, text } of rendered) folder.write(file, text);
    const files = rendered.map(({ file }) => `${file}.py`);
    expect(await folder.output([...BLACK, ...files])).toBe('');
  });

  it('finds the sample applications laid out as Black does it', async () => {
    expect(await folder.output([...BLACK, path.join(ROOT, 'workers')])).toBe('');
  });
});

withClients('celery-5.6', (python) => {
  it('finds the names of the topology in the module for Celery', async () => {
    const folder = new PythonFolder(python);
    folder.write('module', renderCelery(input(hostileTopology()), {}) as string);
    folder.write('program', PRINT_CELERY);
    expect(await folder.json(['-m', 'program'])).toEqual({
      queues: Object.fromEntries(HOSTILE.map((name) => [name, { [`x-${name}`]: name }])),
      routes: HOSTILE.map((name) => [`${name}*`, name]),
      options: HOSTILE,
      workers: HOSTILE,
      backend: HOSTILE[4],
    });
    folder.remove();
  });
});
