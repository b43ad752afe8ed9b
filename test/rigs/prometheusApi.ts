/** What a Prometheus says, by its own API. */
import { expect } from 'vitest';

export interface PrometheusAlert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Waits until it has looked at all of its targets, and found them well. @returns `JOB HOST:PORT` of each */
export async function awaitTargets(port: number): Promise<readonly string[]> {
  interface Target {
    readonly health: string;
    readonly labels: Readonly<Record<string, string>>;
  }
  const targets = async (): Promise<readonly Target[]> =>
    (await ask<{ activeTargets: Target[] }>(port, 'targets')).activeTargets;
  const ill = async (): Promise<readonly unknown[]> => {
    const all = await targets().catch((error: unknown) => [error]);
    return all.length === 0 ? ['none'] : all.filter((one) => (one as Target).health !== 'up');
  };
  await expect.poll(ill, { timeout: 60_000, interval: 300 }).toEqual([]);
  return (await targets()).map(({ labels }) => `${labels.job ?? ''} ${labels.instance ?? ''}`).sort();
}

export async function ruleNames(port: number): Promise<readonly string[]> {
  const { groups } = await ask<{ groups: { rules: { name: string; health: string }[] }[] }>(port, 'rules');
  return groups.flatMap(({ rules }) => rules.map(({ name }) => name));
}

/** Alerts of that name that fire. */
export async function firing(port: number, name: string): Promise<readonly PrometheusAlert[]> {
  const { alerts } = await ask<{ alerts: PrometheusAlert[] }>(port, 'alerts');
  return alerts.filter(({ state, labels }) => state === 'firing' && labels.alertname === name);
}

/** Of all alerts that fire, each name once. */
export async function firingNames(port: number): Promise<string[]> {
  const { alerts } = await ask<{ alerts: PrometheusAlert[] }>(port, 'alerts');
  const names = alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels.alertname ?? '');
  return [...new Set(names)].sort();
}

/** Values of the series that the expression has now. */
export async function valuesOf(port: number, expr: string): Promise<readonly number[]> {
  interface Series {
    readonly value: readonly [number, string];
  }
  const query = new URLSearchParams({ query: expr }).toString();
  const { result } = await ask<{ result: readonly Series[] }>(port, `query?${query}`);
  return result.map(({ value: [, text] }) => Number(text));
}

async function ask<T>(port: number, what: string): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${what}`, {
    signal: AbortSignal.timeout(30_000),
  });
  if (!response.ok) throw new Error(`/api/v1/${what}: HTTP ${response.status}`);
  return ((await response.json()) as { data: T }).data;
}
