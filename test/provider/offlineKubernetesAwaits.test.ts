/** What the offline kubernetes plugin waits for where a program says it, and how pods are found. Needs no cluster. */
import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../kubernetesApi/objects';
import { selectorText } from '../../provider/offline/kubernetes/awaits/pods';
import { lookAtWishes, parseWaitFor } from '../../provider/offline/kubernetes/awaits/waitFor';
import { parseJsonPath, valuesAt } from '../../provider/offline/kubernetes/jsonPath';

describe('waiting', () => {
  const live: KubernetesObject = {
    ...{ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' } },
    status: {
      phase: 'Up',
      list: [{ a: 1 }, { a: 2 }],
      conditions: [{ type: 'Ready', status: 'False', message: 'no' }],
    },
  };
  const look = (annotation: string): boolean | string => {
    const wishes = parseWaitFor(annotation);
    return typeof wishes === 'string' ? wishes : lookAtWishes(wishes, live).isReady;
  };

  it('is for paths and conditions, one or several', () => {
    expect(look('jsonpath={.status.phase}=Up')).toBe(true);
    expect(look('jsonpath={.status.phase}=Down')).toBe(false);
    expect(look('jsonpath={.status.missing}')).toBe(false);
    expect(look('jsonpath=.status.list[*].a=2')).toBe(true);
    expect(look('condition=Ready')).toBe(false);
    expect(look('condition=ready=false')).toBe(true);
    expect(look('["condition=Ready=False", "jsonpath={.status.phase}=Down"]')).toBe(false);
    const wishes = parseWaitFor('condition=Ready');
    if (typeof wishes === 'string') throw new Error(wishes);
    expect(lookAtWishes(wishes, live).reasons).toEqual(['waiting for condition=Ready (no)']);
  });

  it('says what it does not understand', () => {
    expect(look('Ready')).toContain('neither jsonpath= nor condition=');
    expect(look('jsonpath={.a[?(@.b==1)]}')).toContain('is no path');
    expect(look('[]')).toBe('names nothing to wait for');
    expect(look('condition=')).toContain('names no condition');
  });

  it('follows paths through lists and odd names', () => {
    const path = parseJsonPath("{$.a['x.y'][-1]}");
    expect(path && valuesAt({ a: { 'x.y': [1, 2] } }, path)).toEqual([2]);
    const escaped = parseJsonPath('.a.x\\.y');
    expect(escaped && valuesAt({ a: { 'x.y': 3 } }, escaped)).toEqual([3]);
    const inherited = parseJsonPath('.constructor');
    expect(inherited && valuesAt({}, inherited)).toEqual([]);
  });

  it('finds pods as their owner does', () => {
    const matchExpressions = [
      { key: 'a', operator: 'In', values: ['1', '2'] },
      { key: 'b', operator: 'DoesNotExist' },
      { key: 'c', operator: 'Exists' },
    ];
    expect(selectorText({ matchLabels: { app: 'x' }, matchExpressions })).toBe('app=x,a in (1,2),!b,c');
  });
});
