import { UserError } from '../userError';

/** What was tried, and how it went. */
export type CheckState = 'ok' | 'failed' | 'not-tried';

export interface Check {
  /** `broker`, or `shop in vhost shop`. */
  readonly subject: string;
  readonly step: string;
  readonly state: CheckState;
  /** In one line; of a failure, with the way out. */
  readonly text: string;
}

/** Of one subject, one after the other: after a failure the rest is not tried. */
export class Checks {
  readonly done: Check[] = [];
  #hasFailed = false;

  constructor(
    readonly subject: string,
    private readonly onCheck: (check: Check) => void,
  ) {}

  /**
   * What `work` says in one line, or why it failed; undefined where it wasn't begun or failed.
   * @throws UserError for a wrong question: it is no failure, and is told once, as everywhere else
   */
  async step<T extends { readonly text: string }>(
    name: string,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    if (this.#hasFailed) return undefined;
    try {
      const result = await withLimit(work());
      this.note(name, 'ok', result.text);
      return result;
    } catch (error) {
      if (error instanceof UserError) throw error;
      this.#hasFailed = true;
      this.note(name, 'failed', error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  /** Does the rest all the same. */
  async independent(name: string, work: () => Promise<{ readonly text: string }>): Promise<void> {
    if (this.#hasFailed) return;
    await this.step(name, work);
    this.#hasFailed = false;
  }

  skip(name: string, because: string): void {
    if (!this.#hasFailed) this.note(name, 'not-tried', because);
  }

  private note(step: string, state: CheckState, text: string): void {
    const check = { subject: this.subject, step, state, text };
    this.done.push(check);
    this.onCheck(check);
  }
}

const LIMIT_MS = 20_000;

async function withLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new Error(
          `no answer within ${LIMIT_MS / 1000} s: the broker hangs, or something between here and it`,
        ),
      );
    }, LIMIT_MS);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
