/** One entry of a section, read without trust: what is missing, of the wrong type or unknown is told with its place. */
import { isRecord } from '../build/values';
import type { Data } from '../build/values';
import type { Severity, SourcePosition } from '../diagnostics';
import { secretlessArguments } from './heldValues';
import type { Arguments } from '../objects';

/** The closed set of what can be wrong with a file of definitions. */
export type DefinitionsCode =
  /** The text is something else altogether. */
  | 'not-definitions'
  /** RabbitMQ would refuse it, or nothing could be made of it. */
  | 'definitions-value'
  /** A section or field that isn't known: nothing is made of it. */
  | 'definitions-unknown'
  /** Known, and left out or changed, for Warren's objects can't hold it. */
  | 'definitions-unheld'
  /** It needs something that the file hasn't. */
  | 'definitions-reference';

export interface DefinitionsFault {
  readonly code: DefinitionsCode;
  readonly severity: Severity;
  readonly message: string;
  readonly reason?: string;
  readonly help?: string;
}

/** Steps from the whole file to a value. */
export type JsonPath = readonly (string | number)[];

export interface Reporter {
  readonly report: (path: JsonPath, fault: DefinitionsFault) => void;
  readonly at: (path: JsonPath) => SourcePosition;
}

export class Entry {
  /** Keys that somebody has asked for. */
  readonly #known = new Set<string>();

  constructor(
    readonly data: Data,
    readonly path: JsonPath,
    /** E.g. `queue`. */
    readonly what: string,
    readonly reporter: Reporter,
    /** Its name, where that doesn't stand in the entry itself. */
    readonly nameOutside?: string,
  ) {}

  get position(): SourcePosition {
    return this.reporter.at(this.path);
  }

  /** E.g. `The queue "jobs"`. */
  get inWords(): string {
    const name = this.nameOutside ?? this.data.name ?? this.data.destination ?? this.data.user;
    if (typeof name === 'string') return `The ${this.what} ${JSON.stringify(name)}`;
    return `${/^[aeio]/.test(this.what) ? 'An' : 'A'} ${this.what}`;
  }

  has(key: string): boolean {
    this.#known.add(key);
    return this.data[key] !== undefined && this.data[key] !== null;
  }

  /** Undefined, and told, where it is missing or no text. */
  text(key: string): string | undefined {
    if (this.has(key)) return this.optionalText(key);
    this.#tellMissing(key);
    return undefined;
  }

  optionalText(key: string): string | undefined {
    return this.#typed(key, 'text', (value) => (typeof value === 'string' ? value : undefined));
  }

  flag(key: string, byDefault: boolean): boolean {
    return this.optionalFlag(key) ?? byDefault;
  }

  optionalFlag(key: string): boolean | undefined {
    return this.#typed(key, 'true or false', (value) => (typeof value === 'boolean' ? value : undefined));
  }

  /** A flag without which RabbitMQ imports nothing. */
  requiredFlag(key: string, assumed: boolean): boolean {
    if (this.has(key)) return this.flag(key, assumed);
    this.fault('definitions-value', 'error', {
      message: `${this.inWords} has no "${key}".`,
      help: `Say it; it is taken as ${String(assumed)} here.`,
    });
    return assumed;
  }

  integer(key: string): number | undefined {
    return this.#typed(key, 'a whole number', (value) =>
      Number.isSafeInteger(value) ? (value as number) : undefined,
    );
  }

  /** A list of texts; as older series write it, one text with commas. */
  texts(key: string): readonly string[] {
    const found = this.#typed(key, 'a list of texts', (value) => {
      if (typeof value === 'string') return value.split(',').map((item) => item.trim());
      return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
    });
    return (found ?? []).filter((item) => item !== '');
  }

  /** A table; an empty one may be written as an empty list. */
  table(key: string): Data {
    const found = this.#typed(key, 'a table', (value) => {
      if (Array.isArray(value) && value.length === 0) return {};
      return isRecord(value) ? value : undefined;
    });
    return found ?? {};
  }

  /** An entry inside of this one. */
  inner(key: string, what: string, name?: string): Entry {
    return new Entry(this.table(key), [...this.path, key], what, this.reporter, name);
  }

  /** A table of arguments, without what no argument can be. */
  arguments(key: string): Arguments {
    const { held, unheld } = secretlessArguments(this.table(key));
    for (const { name, why } of unheld) {
      this.fault(
        'definitions-unheld',
        'warning',
        {
          message: `${this.inWords} has the ${key === 'definition' ? 'key' : 'argument'} "${name}", which is left out: ${why}.`,
        },
        [key, name],
      );
    }
    return held;
  }

  /** Whatever stands there; undefined where nothing does. */
  value(key: string): unknown {
    return this.has(key) ? this.data[key] : undefined;
  }

  /** Fields that are known, and of which nothing is made. */
  ignore(...keys: readonly string[]): void {
    for (const key of keys) this.#known.add(key);
  }

  /** Tells the fields that nobody has asked for. */
  finish(): void {
    for (const key of Object.keys(this.data)) {
      if (this.#known.has(key)) continue;
      this.fault(
        'definitions-unknown',
        'warning',
        {
          message: `${this.inWords} has the field "${key}", which is not known: nothing is made of it.`,
          help: `If it means something, tell it to Warren's authors; else remove it.`,
        },
        [key],
      );
    }
  }

  fault(
    code: DefinitionsCode,
    severity: Severity,
    said: Pick<DefinitionsFault, 'message' | 'reason' | 'help'>,
    below: JsonPath = [],
  ): void {
    this.reporter.report([...this.path, ...below], { code, severity, ...said });
  }

  #tellMissing(key: string): void {
    this.fault('definitions-value', 'error', {
      message: `${this.inWords} has no "${key}": it is left out.`,
      reason: 'RabbitMQ would refuse the file.',
      help: 'Add it, or remove the entry.',
    });
  }

  #typed<T>(key: string, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    if (!this.has(key)) return undefined;
    const value = read(this.data[key]);
    if (value !== undefined) return value;
    this.fault(
      'definitions-value',
      'error',
      {
        message: `${this.inWords}: "${key}" is ${typeInWords(this.data[key])}, and must be ${expected}.`,
        reason: 'RabbitMQ would refuse the file, or take it for something else.',
        help: 'Correct it; without it, the rest is read as if it were not there.',
      },
      [key],
    );
    return undefined;
  }
}

export function typeInWords(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'number':
      return Number.isInteger(value) ? 'a number' : 'a number with a fraction';
    case 'boolean':
      return 'true or false';
    default:
      return value === null ? 'nothing' : 'a table';
  }
}
