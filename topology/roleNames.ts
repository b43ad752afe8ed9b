/** What a name in a role stands for. Exchanges and queues have names of their own each: it may be both. */
import type { Exchange, Family, Queue, SuperStream, Vhost } from './model';
import { PREDECLARED_EXCHANGES } from './names';
import { templateMatches } from './patterns/template';

export interface Meaning {
  readonly exchange: Exchange | undefined;
  readonly isPredeclaredExchange: boolean;
  readonly queue: Queue | undefined;
  /** The family of that name, or the one that the name belongs to. */
  readonly family: Family | undefined;
  /** The exchange and the queues that it consists of are there beside it. */
  readonly superStream: SuperStream | undefined;
}

export class RoleNames {
  readonly #exchanges: ReadonlyMap<string, Exchange>;
  readonly #queues: ReadonlyMap<string, Queue>;
  readonly #superStreams: ReadonlyMap<string, SuperStream>;

  constructor(readonly vhost: Vhost) {
    this.#exchanges = new Map(vhost.exchanges.map((each) => [each.name, each]));
    this.#queues = new Map(vhost.queues.map((each) => [each.name, each]));
    this.#superStreams = new Map(vhost.superStreams.map((each) => [each.name, each]));
  }

  find(name: string): Meaning {
    const queue = this.#queues.get(name);
    const { families } = this.vhost;
    return {
      exchange: this.#exchanges.get(name),
      isPredeclaredExchange: PREDECLARED_EXCHANGES.includes(name),
      queue,
      family:
        families.find(({ template }) => template === name) ??
        (queue === undefined ? families.find(({ template }) => templateMatches(template, name)) : undefined),
      superStream: this.#superStreams.get(name),
    };
  }
}
