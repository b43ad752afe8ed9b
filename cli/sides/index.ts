/** The sides of a diff: what BASE and HEAD can be, brought into one form. */
import type { Diagnostic } from '../../topology/diagnostics';
import { readDefinitions } from '../../topology/definitions/index';
import { alignForeign, alignLive } from '../../topology/diff/foreign';
import { liveNumbersOf } from '../../topology/diff/liveNumbers';
import type { Side } from '../../topology/diff/model';
import { sideOfTopology } from '../../topology/diff/side';
import { DEFAULT_TARGET, load } from '../../topology/index';
import type { BrokerObject, LoadResult, Target } from '../../topology/index';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { seriesOf } from '../../topology/target';
import { LIVE_PREFIX, refuseBareUrl } from '../liveLogin';
import { colorWanted } from '../terminal';
import { loadTopologyFile, readTextFile } from '../topologyFile';
import { UserError } from '../userError';
import { GIT_PREFIX, readGitFile } from './gitFiles';
import { readLive } from './live';
import type { LiveBroker } from './live';

export interface SidesOptions {
  /** Goes before what the sides say themselves. */
  readonly target?: Target;
  /** A broker whose figures are shown, where no side is one. */
  readonly live?: string;
}

type Read =
  | { readonly kind: 'topology'; readonly side: Side }
  | { readonly kind: 'definitions'; readonly objects: readonly BrokerObject[]; readonly version?: string }
  | { readonly kind: 'live'; readonly broker: LiveBroker };

/** @throws UserError, SettingsError or BrokerError for what can't be read; findings go to stderr before */
export async function readSides(
  names: { readonly base: string; readonly head: string },
  options: SidesOptions,
): Promise<{ readonly base: Side; readonly head: Side }> {
  const base = await read(names.base, options);
  const head = await read(names.head, options);
  const [first, second] = [inForm(names.base, base, head, options), inForm(names.head, head, base, options)];
  if (options.live === undefined) return { base: first, head: second };
  const broker = await readLive(options.live);
  return { base: withFigures(first, second, broker), head: second };
}

async function read(source: string, options: SidesOptions): Promise<Read> {
  if (source.startsWith(LIVE_PREFIX)) return { kind: 'live', broker: await readLive(source) };
  refuseBareUrl(source);
  if (source.endsWith('.json')) return definitions(source);
  return { kind: 'topology', side: topology(source, loadSource(source, options)) };
}

function definitions(source: string): Read {
  const { text, file } = source.startsWith(GIT_PREFIX)
    ? readGitFile(source)
    : { text: readTextFile(source), file: source };
  const { objects, diagnostics, version } = readDefinitions(text, file);
  show(diagnostics, new Map([[file, text]]));
  if (objects === undefined || diagnostics.some(({ severity }) => severity === 'error')) throw faulty(source);
  return { kind: 'definitions', objects, ...(version === undefined ? {} : { version }) };
}

/** A file or `git:REF:PATH`; whatever is wrong with it. */
export function loadSource(source: string, options: SidesOptions): LoadResult {
  const target = options.target === undefined ? {} : { target: options.target };
  if (!source.startsWith(GIT_PREFIX)) return loadTopologyFile(source, target);
  const { text, file, readFile } = readGitFile(source);
  return load(text, file, { ...target, readFile });
}

/** Undefined for a topology with errors: it would make a diff of anything. */
export function sideOfResult(name: string, { topology: found, objects }: LoadResult): Side | undefined {
  return found === undefined || objects === undefined ? undefined : sideOfTopology(name, found, objects);
}

function topology(name: string, result: LoadResult): Side {
  const side = sideOfResult(name, result);
  if (side !== undefined) return side;
  const { diagnostics, sources } = result;
  show(
    diagnostics.filter(({ severity }) => severity === 'error'),
    sources,
  );
  throw faulty(name);
}

function show(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string>): void {
  if (diagnostics.length === 0) return;
  const options = { format: 'text', color: colorWanted(process.stderr) } as const;
  process.stderr.write(`${renderDiagnostics(diagnostics, sources, options)}\n`);
}

function faulty(name: string): UserError {
  return new UserError(`${name} has errors: a diff needs two sides without any`);
}

function inForm(name: string, own: Read, other: Read, { target }: SidesOptions): Side {
  if (own.kind === 'topology') return own.side;
  const counterpart = objectsOf(other);
  const families = other.kind === 'topology' ? (other.side.families ?? []) : [];
  const side = { name, target: target ?? targetOf(own) ?? targetOf(other) ?? DEFAULT_TARGET, families };
  if (own.kind === 'definitions') return { ...side, objects: alignForeign(own.objects, counterpart) };
  const { objects, isExclusive, figures } = own.broker;
  const live = liveNumbersOf(figures, families, userNames(counterpart));
  // Of two brokers nothing is anybody's.
  if (other.kind === 'live') return { ...side, live, objects: alignForeign(objects, counterpart) };
  return { ...side, live, ...alignLive(objects, { objects: counterpart, families, isExclusive }) };
}

function objectsOf(side: Read): readonly BrokerObject[] {
  switch (side.kind) {
    case 'topology':
      return side.side.objects;
    case 'definitions':
      return side.objects;
    case 'live':
      return side.broker.objects;
  }
}

/** Figures beside two topologies, and what else is on that broker. */
function withFigures(base: Side, head: Side, { objects, isExclusive, figures }: LiveBroker): Side {
  const known = [...base.objects, ...head.objects];
  const families = [...(base.families ?? []), ...(head.families ?? [])];
  const { others } = alignLive(objects, { objects: known, families, isExclusive });
  return { ...base, others, live: liveNumbersOf(figures, families, userNames(known)) };
}

/** A user `shop` of a topology is `shop-g1` on the broker. */
function userNames(objects: readonly BrokerObject[]): (user: string) => string {
  const known = new Set(objects.flatMap((object) => (object.kind === 'user' ? [object.name] : [])));
  return (user) => {
    const name = user.replace(/-g\d+$/, '');
    return known.has(name) && !known.has(user) ? name : user;
  };
}

function targetOf(side: Read): Target | undefined {
  if (side.kind === 'topology') return side.side.target;
  return seriesOf(side.kind === 'live' ? side.broker.version : side.version);
}
