import { describe, expect, it } from 'vitest';
import { load } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { renderPermissions } from '../../topology/render/permissions';

const TEXT = 'warren: 1\nvhosts:\n  "ü,50%":\n    queues:\n      a: { maxLenght: 5 }\n';
const { diagnostics } = load(TEXT, 'a,b.yaml');
const sources = new Map([['a,b.yaml', TEXT]]);

describe('diagnostics', () => {
  it('as text: where, what, the line with a caret, the way out', () => {
    expect(renderDiagnostics(diagnostics, sources, { format: 'text', color: false }).split('\n')).toEqual([
      'a,b.yaml:5:12 error unknown-key  There is no key "maxLenght" in queue.',
      '  5 |       a: { maxLenght: 5 }',
      '    |            ^^^^^^^^^',
      expect.stringContaining('  help: Did you mean "maxLength"?'),
    ]);
  });

  it('in colour only where asked for', () => {
    expect(renderDiagnostics(diagnostics, sources, { format: 'text', color: true })).toContain(
      '\u001b[31;1merror',
    );
    expect(renderDiagnostics([], sources, { format: 'text', color: true })).toBe('');
  });

  it('as JSON', () => {
    const parsed = JSON.parse(
      renderDiagnostics(diagnostics, sources, { format: 'json', color: false }),
    ) as unknown;
    expect(parsed).toEqual(diagnostics);
  });

  it('as annotations, escaped', () => {
    const command = renderDiagnostics(
      [
        {
          code: 'x',
          severity: 'info',
          message: '100% a\nb, c: d',
          position: diagnostics[0]?.position ?? never(),
        },
      ],
      sources,
      { format: 'github', color: false },
    );
    expect(command).toBe(
      '::notice file=a%2Cb.yaml,line=5,endLine=5,col=12,endColumn=20,title=x::100%25 a%0Ab, c: d',
    );
  });

  it('the caret stands below wide characters and in long lines', () => {
    const line = `${'x'.repeat(200)} 世界: bad`;
    const position = { file: 'f', line: 1, column: 206, endLine: 1, endColumn: 209 };
    const shown = renderDiagnostics(
      [{ code: 'c', severity: 'error', message: 'm', position }],
      new Map([['f', line]]),
      {
        format: 'text',
        color: false,
      },
    ).split('\n');
    expect(shown[1]).toContain('世界: bad');
    const before = (shown[1] ?? '').split('bad')[0] ?? '';
    // The two wide characters take four columns on a terminal.
    expect((shown[2] ?? '').indexOf('^')).toBe(before.length + 2);
  });

  it('hostile text can not steer the terminal', () => {
    const hostile = renderDiagnostics(
      [{ code: 'c', severity: 'error', message: 'a\u001b[2Jb\rc' }],
      new Map(),
      {
        format: 'text',
        color: false,
      },
    );
    expect(hostile).not.toContain('\u001b');
    expect(hostile).not.toContain('\r');
  });
});

describe('definitions', () => {
  const { objects = [] } = load(
    `warren: 1
vhosts: { v: { defaultQueueType: quorum, limits: { maxQueues: 5 }, queues: { q: { ttl: 1s } }, operatorPolicies: { o: { pattern: '.*', definition: { max-length: 5 } } } } }
users: { u: { permissions: { v: { read: '^q$' } }, limits: { maxChannels: 3 } } }
`,
    't.yaml',
  );

  it('leave out users without a password, and their permissions', () => {
    const definitions = renderDefinitions(objects);
    expect([definitions.users, definitions.permissions]).toEqual([[], []]);
    expect(definitions.vhosts).toMatchObject([{ name: 'v', metadata: { default_queue_type: 'quorum' } }]);
    expect(definitions.parameters?.map(({ component }) => component)).toEqual([
      'vhost-limits',
      'operator_policy',
    ]);
    expect(JSON.stringify(definitions)).not.toContain('position');
  });

  it('hold parameters, without the logins in their URIs, and protection from deletion', () => {
    const { objects: others = [] } = load(
      `warren: 1
broker: { plugins: [rabbitmq_federation] }
globalParameters: { region: { name: eu } }
vhosts:
  v:
    deletionProtection: true
    federationUpstreams: { up: { uri: 'amqps://host', user: u } }
users: { u: {} }
`,
      't.yaml',
    );
    const definitions = renderDefinitions(others);
    expect(definitions.parameters).toEqual([
      { vhost: 'v', component: 'federation-upstream', name: 'up', value: { uri: 'amqps://host' } },
    ]);
    expect(definitions.global_parameters).toEqual([{ name: 'region', value: { name: 'eu' } }]);
    expect(definitions.vhosts).toMatchObject([{ name: 'v', metadata: { protected_from_deletion: true } }]);
  });

  it('hold them with a hash', () => {
    const hashes = new Map([['u', { hash: 'aGFzaA==', algorithm: 'rabbit_password_hashing_sha256' }]]);
    expect(renderDefinitions(objects, hashes)).toMatchObject({
      users: [{ name: 'u', password_hash: 'aGFzaA==', limits: { 'max-channels': 3 } }],
      permissions: [{ user: 'u', vhost: 'v', configure: '^$', write: '^$', read: '^q$' }],
    });
  });
});

describe('permissions', () => {
  const rendered = (users: string): string => {
    const { topology, diagnostics } = load(
      `warren: 1
vhosts: { v: { exchanges: { e: { type: topic } }, queues: { q: , long-name-of-a-queue: , another-name-of-a-queue: } } }
users: ${users}
`,
      't.yaml',
    );
    if (topology === undefined) throw new Error(JSON.stringify(diagnostics));
    return renderPermissions(topology);
  };

  it('as a table: from roles, from patterns, and of nobody', () => {
    expect(
      rendered(`
  api: { roles: { v: { publisher: [e], consumer: [q] } }, topicPermissions: { v: { e: { write: '^a$' } } } }
  ops: { tags: [monitoring], permissions: { v: { read: '^q$' } } }
  out: {}`).split('\n'),
    ).toEqual([
      'user               vhost   from                  configure   write   read',
      '────────────────   ─────   ───────────────────   ─────────   ─────   ────',
      'api                v       publisher, consumer   —           ^e$     ^q$',
      'ops (monitoring)   v       permissions           —           —       ^q$',
      'out                —       —                     —           —       —',
      '',
      'Routing keys',
      '',
      'user   vhost   exchange   write   read',
      '────   ─────   ────────   ─────   ────',
      'api    v       e          ^a$     —',
      '',
    ]);
  });

  it('a long pattern goes over several lines', () => {
    const lines = rendered(
      '\n  api: { roles: { v: { consumer: [q, long-name-of-a-queue, another-name-of-a-queue] } } }',
    ).split('\n');
    expect(lines.slice(2, 4).map((line) => line.trim().split(/ +/).at(-1))).toEqual([
      '^(another-name-of-a-queue|',
      'long-name-of-a-queue|q)$',
    ]);
  });

  it('say so where there is no user', () => {
    expect(rendered('{}')).toBe('The topology has no users.\n');
  });
});

function never(): never {
  throw new Error('the fixture has a finding');
}
