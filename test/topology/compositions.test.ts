/** Topologies of several files: everything that can be wrong with them, at its place, with the way out. */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTopologyFile } from '../../cli/topologyFile';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { describeCode } from '../../topology/rules/index';
import { COMPOSITIONS, expectedIn } from './expectedFindings';

describe('fixtures: what is expected is found, and nothing else', () => {
  it.each(readdirSync(COMPOSITIONS).sort())('%s', (name) => {
    const folder = join(COMPOSITIONS, name);
    const { diagnostics, objects, sources } = loadTopologyFile(join(folder, 'main.yaml'));
    const found = diagnostics.map(
      ({ position, code }) => `${relative(folder, position?.file ?? '')}:${position?.line ?? 0} ${code}`,
    );
    expect(found.sort()).toEqual(expectedIn(folder).sort());
    expect(objects === undefined).toBe(diagnostics.some(({ severity }) => severity === 'error'));
    for (const { code, message, help, position } of diagnostics) {
      expect(describeCode(code), code).toBeDefined();
      expect(message).toMatch(/[.?]$/);
      expect(help, message).toMatch(/[.?]$/);
      const line = sources.get(position?.file ?? '')?.split('\n')[(position?.line ?? 0) - 1];
      expect(line).toContain(code);
    }
  });
});

describe('messages', () => {
  /** With the fixture's folder left out of the names of files. */
  function report(name: string): string {
    const folder = join(COMPOSITIONS, name);
    const { diagnostics, sources } = loadTopologyFile(join(folder, 'main.yaml'));
    const text = renderDiagnostics(diagnostics, sources, { format: 'text', color: false });
    return text.replaceAll(`${folder}/`, '').replaceAll(/ *# expect:.*/g, '');
  }

  it('show the line of the file in which it stands, and whose topology that is', () => {
    expect(report('overlay-of-removed')).toContain(
      [
        'base.yaml:11:30 error missing-target  There is no queue "failed" in the vhost "shop".',
        '  11 |         deadLetter: { queue: failed }',
        '     |                              ^^^^^^',
      ].join('\n'),
    );
    expect(report('overlay-of-removed')).toContain('  in:   the topology that main.yaml makes of this file');
  });

  it.each([
    ['include-conflict', 'The queue "paid" in the vhost "shop" is defined in team-a.yaml:12 already.'],
    ['include-conflict', '"target" has another value in main.yaml:2.'],
    ['include-conflict', '"description" of the vhost "shop" has another value in main.yaml:6.'],
    ['remove-nothing', 'base.yaml has no queue "legcy" in the vhost "shop".'],
    ['remove-nothing', 'Did you mean "legacy"?'],
    ['remove-nothing', 'base.yaml says nothing about "ttl" of the queue "failed".'],
    ['overlay-no-change', 'This is what base.yaml says about "bindings" of the queue "paid" already.'],
    ['overlay-name', 'The queue "payd" in the vhost "shop" is new; base.yaml has a queue "paid".'],
    ['overlay-name', 'The exchange "order" in the vhost "shop" is new; base.yaml has an exchange "orders".'],
    ['overlay-faults', 'base.yaml has no worker "payd": this defines a new one'],
    ['overlay-faults', 'Did you mean "paid"? Else: Add `vhost:`.'],
    ['overlay-faults', 'To take away what the base says, name it below `remove:`.'],
    ['unreadable-file', "missing.yaml can't be read: there is no such file."],
    ['unreadable-file', 'it is a folder'],
    ['unreadable-file', "binary.dat can't be read: line 2 is not text."],
    ['reference-cycle', 'This leads back to base.yaml: base.yaml → parts/part.yaml → base.yaml.'],
  ])('%s: %s', (name, text) => {
    expect(report(name)).toContain(text);
  });
});
