/** Names that would be markup, a link or a command where they aren't kept in their place. */
import type { Side } from '../../../topology/diff/model';
import type { BrokerObject } from '../../../topology/objects';

export const HOSTILE_NAMES = [
  '__proto__',
  'constructor',
  '</code></details><script>alert(1)</script>',
  '![x](http://evil.example/x.png)',
  '[x](javascript:alert(1))',
  '`` ` ```',
  '```\n# heading\n```',
  '| a | b |',
  '@everyone #1 GH-1 owner/repo#1 :tada:',
  'http://evil.example www.evil.example me@evil.example mailto:me@evil.example',
  '<!-- warren diff -->',
  '-->"]; click n0 "http://evil.example"',
  '%%{init: {"theme":"x"}}%%',
  '&lt;b&gt; &#60;b&#62;',
  '1. one',
  '- item',
  '# heading',
  '    code',
  '*a* _b_ **c** ~~d~~ $e$ \\f',
  '" onload="alert(1)',
  "' onclick='alert(1)",
  '</style></svg><script>',
  'rtl \u202e gnp.exe',
  'line\nbreak\r\n\ttab\u0000',
];

/** A vhost of each name, with an object of most kinds of the same name. */
export function sideNamed(names: readonly string[]): Side {
  const objects = names.flatMap((name): BrokerObject[] => [
    { kind: 'vhost', name },
    {
      kind: 'exchange',
      vhost: name,
      name,
      type: 'topic',
      durable: true,
      autoDelete: false,
      internal: false,
      arguments: {},
    },
    { kind: 'queue', vhost: name, name, durable: true, autoDelete: false, arguments: { [name]: name } },
    {
      kind: 'binding',
      vhost: name,
      source: name,
      destination: name,
      destinationType: 'queue',
      routingKey: name,
      arguments: { [name]: name },
    },
    {
      kind: 'policy',
      vhost: name,
      name,
      pattern: '.*',
      applyTo: 'queues',
      priority: 0,
      definition: { 'dead-letter-exchange': name, 'max-length': 5 },
    },
    { kind: 'user', name, tags: [name] },
    { kind: 'permissions', vhost: name, user: name, configure: '.*', write: '.*', read: '.*' },
  ]);
  return {
    name: names[0] ?? 'x',
    objects,
    target: '4.3',
    workers: names.map((name) => ({ name, vhost: name, user: name, queues: [name] })),
  };
}
