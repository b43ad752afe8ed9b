/** Annotations of a pull request: at their line, and one command each whatever a name holds. */
import { expect, it } from 'vitest';
import { diffTopologies } from '../../../topology/diff/index';
import { renderDiffAsAnnotations } from '../../../topology/render/diff/annotations';
import { HOSTILE_NAMES, sideNamed } from './hostileNames';
import { diffOf } from './sides';

it('stand at the line in the head, the worst first; what is safe has none', () => {
  const shop = (rest: string): string => `queues: { paid: { ${rest} }, other: { } }`;
  const lines = renderDiffAsAnnotations(
    diffOf(shop('ttl: 2h'), shop('ttl: 1h, maxLength: 5, overflow: reject-publish')),
  ).split('\n');
  expect(lines[0]).toMatch(
    /^::error file=head\.yaml,line=2,endLine=2,col=\d+,endColumn=\d+,title=destructive%3A ~ policy warren\.paid@shop::/,
  );
  expect(lines).toHaveLength(2);
  expect(renderDiffAsAnnotations(diffOf('queues: { }', shop('')))).toBe('');
});

it.each(HOSTILE_NAMES)('keep the name %j within one command', (name) => {
  const [from, to] = [sideNamed([`${name}\n::set-output name=x::y`]), sideNamed([])];
  for (const diff of [diffTopologies(from, to), diffTopologies(to, from)]) {
    const text = renderDiffAsAnnotations(diff);
    expect(text).not.toContain('\r');
    for (const line of text.split('\n').slice(0, -1))
      expect(line).toMatch(/^::(error|warning) (file=[^:,]*,)?[^:]*title=[^:,]*::/);
  }
});
