/** What a vhost has by name: shared by the rules about references. */
import type { Vhost } from '../model';
import { PREDECLARED_EXCHANGES, suggestion } from '../names';
import { templateMatches } from '../patterns/template';
import type { Path } from '../source/index';
import type { Finding } from './rule';

export class KnownNames {
  readonly #vhost: string;
  readonly #queues: ReadonlySet<string>;
  readonly #exchanges: ReadonlySet<string>;
  readonly #templates: readonly string[];

  constructor(vhost: Vhost) {
    this.#vhost = vhost.name;
    this.#queues = new Set(vhost.queues.map(({ name }) => name));
    this.#exchanges = new Set(vhost.exchanges.map(({ name }) => name));
    this.#templates = vhost.families.map(({ template }) => template);
  }

  /** A finding if the vhost has neither such a queue nor a family with that name among its own. */
  missingQueue(name: string | undefined, path: Path, what: string): Finding[] {
    if (name === undefined || this.hasQueue(name)) return [];
    return [
      {
        message: `There is no queue "${name}" in the vhost "${this.#vhost}".`,
        reason: `The ${what} would be lost without a trace.`,
        help: suggestion(name, [...this.#queues], 'queue'),
        path,
      },
    ];
  }

  missingExchange(name: string | undefined, path: Path, what: string): Finding[] {
    if (name === undefined || this.hasExchange(name)) return [];
    return [
      {
        message: `There is no exchange "${name}" in the vhost "${this.#vhost}".`,
        reason: `The ${what} would go nowhere.`,
        help: suggestion(name, [...this.#exchanges], 'exchange'),
        path,
      },
    ];
  }

  hasQueue(name: string): boolean {
    return (
      this.#queues.has(name) ||
      this.#templates.some((template) => template === name || templateMatches(template, name))
    );
  }

  hasExchange(name: string): boolean {
    return this.#exchanges.has(name) || PREDECLARED_EXCHANGES.includes(name);
  }
}
