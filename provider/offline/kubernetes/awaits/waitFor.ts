/** `pulumi.com/waitFor`: what a program itself wants to see of an object before it goes on. */
import type { Condition, KubernetesObject } from '../../../../kubernetesApi/objects';
import { parseJsonPath, valuesAt, type JsonPath } from '../jsonPath';
import type { Look } from './look';

type Wish =
  | { readonly text: string; readonly path: JsonPath; readonly value: string | undefined }
  | { readonly text: string; readonly condition: string; readonly status: string };

/** @returns what is wrong with the annotation, where something is */
export function parseWaitFor(annotation: string): readonly Wish[] | string {
  const wishes: Wish[] = [];
  const texts = textsIn(annotation);
  if (texts.length === 0) return 'names nothing to wait for';
  for (const text of texts) {
    const [, kind, rest = ''] = /^(jsonpath|condition)=(.*)$/s.exec(text) ?? [];
    if (kind === 'condition') {
      const [condition = '', status = 'True'] = rest.split('=');
      if (condition === '') return `"${text}" names no condition`;
      wishes.push({ text, condition, status });
    } else if (kind === 'jsonpath') {
      const [, pathText = '', value] = /^(\{[^}]*\}|[^=]*)(?:=(.*))?$/s.exec(rest) ?? [];
      const path = parseJsonPath(pathText);
      if (path === undefined)
        return `"${text}" is no path that can be waited for, such as jsonpath={.status.phase}=Ready`;
      wishes.push({ text, path, value });
    } else return `"${text}" begins with neither jsonpath= nor condition=`;
  }
  return wishes;
}

/** One wish, or a JSON list of several. */
function textsIn(annotation: string): readonly string[] {
  try {
    const parsed = JSON.parse(annotation) as unknown;
    if (Array.isArray(parsed)) return parsed.map(String);
  } catch {
    // One.
  }
  return [annotation];
}

export function lookAtWishes(wishes: readonly Wish[], live: KubernetesObject): Look {
  const open = wishes.filter((wish) => !isFulfilled(wish, live));
  const reasons = open.map((wish) => {
    const said =
      'condition' in wish ? conditionsOf(live).find(({ type }) => type === wish.condition) : undefined;
    const words = [said?.reason, said?.message]
      .filter((text) => text !== undefined && text !== '')
      .join(': ');
    return `waiting for ${wish.text}${words === '' ? '' : ` (${words})`}`;
  });
  return { isReady: open.length === 0, reasons };
}

function isFulfilled(wish: Wish, live: KubernetesObject): boolean {
  if ('condition' in wish) {
    const found = conditionsOf(live).find(({ type }) => type.toLowerCase() === wish.condition.toLowerCase());
    return found?.status.toLowerCase() === wish.status.toLowerCase();
  }
  const values = valuesAt(live, wish.path);
  if (wish.value === undefined) return values.length > 0;
  return values.some((value) => String(value) === wish.value);
}

export function conditionsOf(live: KubernetesObject): readonly Condition[] {
  const { conditions } = (live.status ?? {}) as { readonly conditions?: unknown };
  return Array.isArray(conditions) ? (conditions as Condition[]) : [];
}
