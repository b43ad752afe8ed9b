/** `render --to dashboard`: queries that Prometheus takes, and panels that don't lie on one another. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { renderDashboard } from '../../topology/render/monitoring/dashboard';
import { promtoolComplaint, promtoolObstacle } from '../rigs/prometheus';
import { EVERYTHING, loaded } from './topology';

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

function panels(text = EVERYTHING): readonly Panel[] {
  const { topology, objects } = loaded(text, '4.3');
  return (JSON.parse(renderDashboard(topology, objects)) as { panels: Panel[] }).panels;
}

const exprOf = (title: string): string | undefined =>
  panels().find((panel) => panel.title === title)?.targets?.[0]?.expr;

describe('the dashboard', () => {
  it('has rows of panels that don’t overlap', () => {
    const all = panels();
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(all.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual([
      ...['Now', 'Messages', 'Queues of media'],
      ...['Queue jobs', 'Queue mails', 'Queue thumbnails', 'Queue newest', 'Nodes'],
    ]);
    const cells = all.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
  });

  it('tells dead letters from work', () => {
    expect(exprOf('Dead letters')).toContain('queue=~"dead|failed-mails|failed-thumbnails"');
    expect(exprOf('Consumers')).toBeDefined();
    expect(exprOf('Messages in work')).not.toContain('dead|');
  });

  it('draws the limits of a queue into its own row, beside its workers', () => {
    const all = panels() as readonly (Panel & { fieldConfig?: { defaults: object } })[];
    const at = all.findIndex(({ title }) => title === 'Queue jobs');
    const [depth, workers] = all.slice(at + 1, at + 3);
    expect([depth?.title, workers?.title]).toEqual(['Messages', 'Workers']);
    expect(depth?.gridPos.y).toBe(workers?.gridPos.y);
    expect(depth?.fieldConfig?.defaults).toMatchObject({
      custom: { thresholdsStyle: { mode: 'dashed' } },
      thresholds: {
        steps: [
          { color: 'transparent', value: null },
          { color: 'orange', value: 1000 },
          { color: 'red', value: 10000 },
        ],
      },
    });
  });

  it('shows how near queues are to their thresholds, and to their lengths where they have none', () => {
    const queries = panels().find(({ type }) => type === 'bargauge')?.targets ?? [];
    expect(queries.map(({ expr }) => /queue.*$/.exec(expr)?.[0])).toEqual(
      ['queue="newest"}) / 1', 'queue="mails"}) / 400', 'queue="jobs"}) / 1000'].map(
        (end) => expect.stringContaining(end) as string,
      ),
    );
  });

  it('is there for a topology without queues, too', () => {
    expect(panels('warren: 1\nvhosts: { empty: }\n').map(({ title }) => title)).toContain('Nodes');
  });

  it.skipIf(promtoolObstacle() !== undefined)('asks what Prometheus understands', async () => {
    const queries = panels().flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    // As recording rules they are checked, and nothing else need run. Grafana puts in the interval.
    const rules = queries.map((expr, index) => ({
      record: `query_${index}`,
      expr: expr.replaceAll('$__rate_interval', '1m'),
    }));
    const file = stringify({ groups: [{ name: 'queries', rules }] });
    expect(await promtoolComplaint(['check', 'rules'], { 'q.yml': file }, 'q.yml')).toBe(undefined);
  });
});
