/** What is said beside the topology's own words, by the path of the value that it stands above. */
import { inComment } from './yamlText';

export class Comments {
  readonly #byPath = new Map<string, string[]>();

  add(path: readonly string[], ...lines: readonly string[]): void {
    const key = JSON.stringify(path);
    const there = this.#byPath.get(key) ?? [];
    this.#byPath.set(key, [...new Set([...there, ...lines])]);
  }

  at(path: readonly string[]): readonly string[] {
    return this.#byPath.get(JSON.stringify(path)) ?? [];
  }
}

const SHOWN_MAX = 5;

/** Names for a comment, shortened where they are many. */
export function namesInComment(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_MAX).map(inComment);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
