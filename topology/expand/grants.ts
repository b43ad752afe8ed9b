/** What a user may do, gathered name by name, and written down as the three patterns of a permission. */
import type { Permission } from '../model';
import { namesPattern } from '../patterns/namesPattern';

export type Verb = 'configure' | 'write' | 'read';

/** A name, the name of a family, or an expression without anchors. */
export type Subject =
  { readonly name: string } | { readonly template: string } | { readonly expression: string };

export class Grants {
  readonly #subjects: Readonly<Record<Verb, Subject[]>> = { configure: [], write: [], read: [] };
  readonly #owned: Subject[] = [];
  #hasSource = false;

  allow(subject: Subject, ...verbs: readonly Verb[]): void {
    for (const verb of verbs) this.#subjects[verb].push(subject);
  }

  /** Queues are bound to it. */
  bindFrom(exchange: string): void {
    this.allow({ name: exchange }, 'read');
    this.#hasSource = true;
  }

  /** Declared, deleted and consumed from; bound where there is an exchange to bind it to. */
  ownQueue(queue: Subject): void {
    this.allow(queue, 'configure', 'read');
    this.#owned.push(queue);
  }

  patterns(): Pick<Permission, Verb> {
    const { configure, write, read } = this.#subjects;
    return {
      configure: patternOf(configure),
      // Messages come into a queue through exchanges only: to write on it means to bind it.
      write: patternOf(this.#hasSource ? [...write, ...this.#owned] : write),
      read: patternOf(read),
    };
  }
}

function patternOf(subjects: readonly Subject[]): string {
  return namesPattern({
    names: subjects.flatMap((subject) => ('name' in subject ? [subject.name] : [])),
    templates: subjects.flatMap((subject) => ('template' in subject ? [subject.template] : [])),
    expressions: subjects.flatMap((subject) => ('expression' in subject ? [subject.expression] : [])),
  });
}
