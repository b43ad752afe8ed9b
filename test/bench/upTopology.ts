/** Queues of one vhost with as many bindings and a tenth as many policies, in every form that a row wants. */

export interface Shape {
  readonly queues: number;
  readonly policies: number;
  /** One queue more: the change. */
  readonly isChanged: boolean;
}

export const VHOST = 'bench';

export interface BenchPolicy {
  readonly name: string;
  readonly pattern: string;
  readonly lengthMax: number;
}

/** Each covers an equal part of the queues. */
export function policiesOf({ policies }: Shape): readonly BenchPolicy[] {
  return range(policies).map((index) => ({
    name: `p${index}`,
    pattern: `^g${index}\\.`,
    lengthMax: 1000 + index,
  }));
}

export function queueNamesOf({ queues, policies, isChanged }: Shape): readonly string[] {
  const names = range(queues).map((index) => `g${index % policies}.q${index}`);
  return isChanged ? [...names, 'one-more'] : names;
}

export function topologyText(shape: Shape): string {
  return [
    'warren: 1',
    'vhosts:',
    `  ${VHOST}:`,
    '    exchanges:',
    '      events: { type: topic }',
    '    policies:',
    ...policiesOf(shape).map(
      ({ name, pattern, lengthMax }) =>
        `      ${name}: { pattern: '${pattern}', priority: 1, applyTo: queues, definition: { max-length: ${lengthMax} } }`,
    ),
    '    queues:',
    ...queueNamesOf(shape).map(
      (name) => `      ${name}: { bindings: [{ exchange: events, routingKey: '${name}' }] }`,
    ),
    '',
  ].join('\n');
}

export function definitionsOf(shape: Shape): object {
  const names = queueNamesOf(shape);
  const common = { vhost: VHOST, durable: true, auto_delete: false, arguments: {} };
  return {
    vhosts: [{ name: VHOST }],
    exchanges: [{ ...common, name: 'events', type: 'topic', internal: false }],
    policies: policiesOf(shape).map(({ name, pattern, lengthMax }) => ({
      ...{ vhost: VHOST, name, pattern, 'apply-to': 'queues', priority: 1 },
      definition: { 'max-length': lengthMax },
    })),
    queues: names.map((name) => ({ ...common, name })),
    bindings: names.map((name) => ({
      ...{ vhost: VHOST, source: 'events', destination: name, destination_type: 'queue' },
      ...{ routing_key: name, arguments: {} },
    })),
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
