/**
 * RabbitMQ's definitions (definitions.json) read: as any series from 3.8 to 4.3 exports them, of a whole broker or of
 * one vhost, or as somebody wrote them. Password hashes are passed over, and no password in a URI gets into an object.
 */
import { isRecord } from '../build/values';
import type { Data } from '../build/values';
import type { Diagnostic, SourcePosition } from '../diagnostics';
import { compareNames } from '../names';
import type { BrokerObject } from '../objects';
import { identityKey } from '../objects';
import { inCreationOrder } from '../order';
import { defaultTypesOf } from '../queueType';
import { Entry, typeInWords } from './entry';
import type { DefinitionsFault, JsonPath } from './entry';
import { foreignText, SIZE_MAX } from './foreignText';
import { jsonFault, placeOf } from './jsonText';
import type { JsonPlace } from './jsonText';
import { danglingBindings } from './references';
import { SECTIONS, vhostLimits, vhostObject } from './sections';
import type { FileContext } from './sections';

export interface DefinitionsResult {
  /** In order of creation, each with its place in the file. Absent where the text is no definitions at all. */
  readonly objects?: readonly BrokerObject[];
  /** By place. With an error among them, `objects` holds what could be read. */
  readonly diagnostics: readonly Diagnostic[];
  /** Of the broker that exported it, e.g. `3.10.8`. */
  readonly version?: string;
  /** The vhost that the file is of, where it is of one only. */
  readonly vhost?: string;
}

export interface DefinitionsOptions {
  /** Name of the vhost for a file of one vhost: before 4.0 it doesn't say. Default: `/`. */
  readonly vhost?: string;
}

/** Reads definitions. Never throws for a bad text. `file` is the name that positions show. */
export function readDefinitions(
  text: string,
  file: string,
  options: DefinitionsOptions = {},
): DefinitionsResult {
  const json = text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text;
  const positionOf = positions(json, file);
  const refused = (offset: number, refusal: Refusal): DefinitionsResult => ({
    diagnostics: [
      { code: 'not-definitions', severity: 'error', ...refusal, position: positionOf(offset, offset + 1) },
    ],
  });
  const foreign = foreignText(json);
  if (foreign !== undefined) return refused(0, foreign);
  const broken = jsonFault(json);
  if (broken !== undefined) {
    return refused(broken.offset, {
      message: `This is not valid JSON: ${broken.message}.`,
      reason: 'A file that was cut off or edited by hand can be anything.',
      help: 'Export it again (rabbitmqctl export_definitions FILE), or correct it here.',
    });
  }
  const data: unknown = JSON.parse(json);
  const refusal = refusalOf(data);
  if (refusal !== undefined) return refused(0, refusal);
  return new Reading(data as Data, placeOf(json), positionOf).result(options);
}

type Refusal = Pick<DefinitionsFault, 'message' | 'reason' | 'help'>;

/** Why some JSON is no definitions at all. */
function refusalOf(data: unknown): Refusal | undefined {
  if (!isRecord(data)) {
    return {
      message: `These are no definitions: the file holds ${typeInWords(data)}, not a table of sections.`,
      help: EXPORT_HELP,
    };
  }
  if (hasSection(data)) return undefined;
  if (typeof data.error === 'string') {
    return {
      message: "This is an error of RabbitMQ's management API, not definitions.",
      reason: 'Mostly the login was wrong, or the user is no administrator.',
      help: EXPORT_HELP,
    };
  }
  return { message: 'These are no definitions: no section of them is here.', help: EXPORT_HELP };
}

const EXPORT_HELP = 'Export them with `rabbitmqctl export_definitions FILE`, or from /api/definitions.';

function hasSection(data: Data): boolean {
  return [...SECTIONS.keys()].some((name) => Array.isArray(data[name]));
}

type PositionOf = (start: number, end: number) => SourcePosition;

function positions(text: string, file: string): PositionOf {
  let starts: number[] | undefined;
  const place = (offset: number): { readonly line: number; readonly column: number } => {
    starts ??= lineStarts(text);
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
  return (start, end) => {
    const [from, to] = [place(start), place(end)];
    return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** What is known, and of which nothing is made: who exported it, and when. */
const TOLD = [
  'rabbit_version',
  'rabbitmq_version',
  'product_name',
  'product_version',
  'rabbitmq_definition_format',
  'original_cluster_name',
  'original_vhost_name',
  'explanation',
];
/** The settings of the vhost, in an export of one. */
const VHOST_SETTINGS = ['name', 'metadata', 'description', 'tags', 'default_queue_type', 'limits', 'tracing'];

/** So many of one sort are told one by one. */
const REPEATED_MAX = 20;

class Reading {
  readonly #diagnostics: Diagnostic[] = [];
  readonly #counts = new Map<string, number>();

  constructor(
    readonly data: Data,
    readonly root: JsonPlace,
    readonly positionOf: PositionOf,
  ) {}

  result(options: DefinitionsOptions): DefinitionsResult {
    for (const key of this.root.repeatedKeys()) {
      this.report([key], {
        code: 'definitions-value',
        severity: 'error',
        message: `The section "${key}" stands here more than once: only the last one is read.`,
        help: 'Put them together.',
      });
    }
    const vhost = this.#vhostOfFile(options);
    const vhosts = [
      ...this.#section('vhosts', { defaultTypes: new Map() }),
      ...(vhost === undefined ? [] : this.#ownVhost(vhost)),
    ];
    const file = { ...(vhost === undefined ? {} : { vhost }), defaultTypes: defaultTypesOf(vhosts) };
    const others = [...SECTIONS.keys()].filter((name) => name !== 'vhosts');
    const objects = [...vhosts, ...others.flatMap((name) => this.#section(name, file))];
    this.#tellUnknownSections(vhost !== undefined);
    const all = this.#united(objects);
    this.#tellDangling(all);
    const version = [this.data.rabbitmq_version, this.data.rabbit_version, this.data.product_version].find(
      (each) => typeof each === 'string',
    );
    return {
      objects: inCreationOrder(all),
      diagnostics: this.#told(),
      ...(version === undefined ? {} : { version }),
      ...(vhost === undefined ? {} : { vhost }),
    };
  }

  report(path: JsonPath, fault: DefinitionsFault): void {
    const sort = path.filter((step) => typeof step === 'string').join('.');
    this.#tell(sort, fault, () => this.at(path));
  }

  /** Thousands of queues may have the same field that isn't known. */
  #tell(sort: string, fault: DefinitionsFault, at: () => SourcePosition | undefined): void {
    const key = `${fault.code} ${sort}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count > REPEATED_MAX) return;
    const position = at();
    this.#diagnostics.push({ ...fault, ...(position === undefined ? {} : { position }) });
  }

  at(path: JsonPath): SourcePosition {
    let { root: place } = this;
    for (const step of path) {
      const child = place.children().get(String(step));
      if (child === undefined) break;
      place = child;
    }
    return this.positionOf(place.start, place.end);
  }

  /** Undefined for a file of a whole broker, whose entries say where they are. */
  #vhostOfFile({ vhost }: DefinitionsOptions): string | undefined {
    const { original_vhost_name: original, rabbitmq_definition_format: format } = this.data;
    const isOfBroker = ['vhosts', 'users', 'permissions'].some((name) => Array.isArray(this.data[name]));
    const entries = this.#entries('queues', 'exchanges', 'bindings');
    const isOfOne =
      format === 'single_virtual_host' || (!isOfBroker && entries.some((entry) => entry.vhost === undefined));
    if (!isOfOne) return undefined;
    if (vhost !== undefined) return vhost;
    // Before 4.0 only policies and parameters say it.
    const said = [original, ...this.#entries('policies', 'parameters').map((entry) => entry.vhost)];
    return said.find((each): each is string => typeof each === 'string') ?? '/';
  }

  #entries(...names: readonly string[]): readonly Data[] {
    return names.flatMap((name) => {
      const list = this.data[name];
      return Array.isArray(list) ? list.filter(isRecord) : [];
    });
  }

  #ownVhost(vhost: string): readonly BrokerObject[] {
    const settings = Object.fromEntries(
      VHOST_SETTINGS.filter((key) => key in this.data).map((key) => [key, this.data[key]]),
    );
    const entry = new Entry(settings, [], 'vhost', this);
    return [vhostObject(entry, vhost), ...vhostLimits(entry.inner('limits', 'limits of vhost'), vhost)];
  }

  #section(name: string, file: FileContext): BrokerObject[] {
    const section = SECTIONS.get(name);
    const list = this.data[name];
    if (section === undefined || list === undefined || list === null) return [];
    if (!Array.isArray(list)) {
      this.report([name], {
        code: 'definitions-value',
        severity: 'error',
        message: `The section "${name}" is ${typeInWords(list)}, and must be a list: it is left out.`,
      });
      return [];
    }
    return list.flatMap((item: unknown, index): readonly BrokerObject[] => {
      if (!isRecord(item)) {
        this.report([name, index], {
          code: 'definitions-value',
          severity: 'error',
          message: `An entry of "${name}" is ${typeInWords(item)}, and must be a table: it is left out.`,
        });
        return [];
      }
      const entry = new Entry(item, [name, index], section.what, this);
      const objects = section.read(entry, file);
      entry.finish();
      return objects;
    });
  }

  #tellUnknownSections(isOfOneVhost: boolean): void {
    const known = new Set([...SECTIONS.keys(), ...TOLD, ...(isOfOneVhost ? VHOST_SETTINGS : [])]);
    for (const name of Object.keys(this.data)) {
      if (known.has(name)) continue;
      this.report([name], {
        code: 'definitions-unknown',
        severity: 'warning',
        message: `The section "${name}" is not known: nothing is made of it.`,
      });
    }
  }

  /** Each object once; topic permissions of one user in one vhost become one object. */
  #united(objects: readonly BrokerObject[]): BrokerObject[] {
    const byKey = new Map<string, BrokerObject>();
    for (const object of objects) {
      const key = identityKey(object);
      const earlier = byKey.get(key);
      if (object.kind === 'topicPermissions' && earlier?.kind === 'topicPermissions') {
        const exchanges = [...earlier.exchanges, ...object.exchanges];
        byKey.set(key, {
          ...earlier,
          exchanges: exchanges.sort((a, b) => compareNames(a.exchange, b.exchange)),
        });
      } else if (earlier === undefined) byKey.set(key, object);
      // The limits of a vhost stand beside it and among the parameters.
      else if (object.kind !== 'vhostLimits') this.#tellRepeated(object);
    }
    return [...byKey.values()];
  }

  #tellRepeated(object: BrokerObject): void {
    const name = 'name' in object ? ` ${JSON.stringify(object.name)}` : '';
    const message = `The ${object.kind}${name} stands here a second time: only the first counts.`;
    const fault = { code: 'definitions-value', severity: 'error', message } as const;
    this.#tell('repeated', fault, () => object.position);
  }

  #tellDangling(objects: readonly BrokerObject[]): void {
    const { rabbitmq_version: version } = this.data;
    const isNew = typeof version === 'string' && version.startsWith('4.3');
    for (const { binding, kind, name } of danglingBindings(objects, this.data)) {
      const { source, destination } = binding;
      const fault = {
        code: 'definitions-reference',
        severity: 'warning',
        message: `The binding from ${JSON.stringify(source)} to ${JSON.stringify(destination)} needs the ${kind} ${JSON.stringify(name)}, which is not in the file.`,
        ...(kind === 'exchange' && isNew
          ? { reason: 'RabbitMQ 4.3 leaves internal exchanges out of what it exports.' }
          : {}),
        help: 'Read the living broker instead of a file, or add what is missing.',
      } as const;
      this.#tell('bindings', fault, () => binding.position);
    }
  }

  #told(): Diagnostic[] {
    const sorted = [...this.#diagnostics].sort(
      ({ position: a }, { position: b }) =>
        (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0),
    );
    const more = [...this.#counts].filter(([, count]) => count > REPEATED_MAX);
    return [
      ...sorted,
      ...more.map(([sort, count]): Diagnostic => {
        const [code = '', where = ''] = sort.split(' ');
        const message = `There are ${count - REPEATED_MAX} more like this (${where}).`;
        return { code, severity: 'info', message };
      }),
    ];
  }
}

export { SIZE_MAX };
