/** `warren import`: a topology from a definitions.json, or from a living broker. */
import { existsSync, statSync } from 'node:fs';
import { readOverview } from '../../broker/figures/overview';
import { readSnapshot } from '../../broker/snapshot';
import { openBroker } from '../../broker/api/transport';
import { readDefinitions } from '../../topology/definitions/index';
import { SIZE_MAX } from '../../topology/definitions/foreignText';
import { heldObjects, notesOf } from '../../topology/import/held';
import type { Held } from '../../topology/import/held';
import { importTopology } from '../../topology/import/index';
import { DEFAULT_TARGET, load } from '../../topology/index';
import type { BrokerObject, Target } from '../../topology/index';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { renderImportReport } from '../../topology/render/importReport';
import { seriesOf } from '../../topology/target';
import { ExitCode } from '../exitCodes';
import { LIVE_PREFIX, liveSettings, refuseBareUrl } from '../liveLogin';
import { colorWanted } from '../terminal';
import { readTextFile, targetOption, writeTextFile } from '../topologyFile';
import { UserError } from '../userError';

export interface ImportOptions {
  readonly target?: string;
  readonly output?: string;
  readonly force?: boolean;
  readonly vhost?: string;
  readonly families: boolean;
  /** Of an adoption. */
  readonly stack?: string;
}

interface Source extends Held {
  readonly version?: string;
  /** Queues that belong to one connection, and go with it. */
  readonly exclusive: readonly string[];
  /** In words, for the first line. */
  readonly name: string;
}

/** Writes the topology; what became of what goes to stderr, with what is to be said about the result. */
export async function importCommand(source: string | undefined, options: ImportOptions): Promise<number> {
  if (source === undefined) {
    throw new UserError(
      'say what to import: a definitions.json, or live:URL for a broker. To take what is on a broker into the state of a stack: npx warren import --adopt --stack STACK',
    );
  }
  const { output, stack } = options;
  if (stack !== undefined) {
    throw new UserError(
      `--stack goes with --adopt, which takes what is on the stack's broker into its state: npx warren import --adopt --stack ${stack}`,
    );
  }
  refuseBareUrl(source);
  // A folder is refused with --force, too.
  const isInTheWay = (file: string): boolean => existsSync(file) && !statSync(file).isDirectory();
  if (output !== undefined && options.force !== true && isInTheWay(output)) {
    throw new UserError(`${output} is there already: name another file, or say --force`);
  }
  const asked = targetOption(options.target).target;
  const read = source.startsWith(LIVE_PREFIX) ? await fromBroker(source, options) : fromFile(source, options);
  if (read === undefined) return ExitCode.findings;
  const target: Target = asked ?? seriesOf(read.version) ?? DEFAULT_TARGET;
  const { text, report } = importTopology(read.objects, {
    target,
    source: read.name,
    ...(read.version === undefined ? {} : { version: read.version }),
    notes: read.notes,
    listsAll: !options.families,
  });
  if (output === undefined) process.stdout.write(text);
  else writeTextFile(output, text);
  const { diagnostics, sources } = load(text, output ?? 'stdout');
  process.stderr.write(
    renderImportReport(report, { file: output, findings: diagnostics, exclusive: read.exclusive }),
  );
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return report.differences.length === 0 ? ExitCode.ok : ExitCode.findings;
  const rendered = { format: 'text', color: colorWanted(process.stderr) } as const;
  process.stderr.write(`\n${renderDiagnostics(errors, sources, rendered)}\n`);
  return ExitCode.findings;
}

function fromFile(file: string, { vhost }: ImportOptions): Source | undefined {
  // What is far too large is refused before it is read.
  const size = existsSync(file) ? statSync(file).size : 0;
  if (size > 4 * SIZE_MAX)
    throw new UserError(`${file} holds ${(size / 1e6).toFixed(0)} MB: export one vhost at a time`);
  const { objects, diagnostics, version } = readDefinitions(
    readTextFile(file),
    file,
    vhost === undefined ? {} : { vhost },
  );
  if (diagnostics.length > 0) {
    // No line of the file is shown: it holds password hashes.
    const rendered = { format: 'text', color: colorWanted(process.stderr) } as const;
    process.stderr.write(`${renderDiagnostics(diagnostics, new Map(), rendered)}\n\n`);
  }
  if (objects === undefined) return undefined;
  const notes = notesOf(diagnostics, objects);
  return { objects, notes, exclusive: [], name: file, ...(version === undefined ? {} : { version }) };
}

async function fromBroker(source: string, { vhost }: ImportOptions): Promise<Source> {
  const settings = liveSettings(source, process.env);
  const broker = openBroker(settings);
  try {
    const [snapshot, { version }] = await Promise.all([
      readSnapshot(broker, vhost === undefined ? undefined : { vhost }),
      readOverview(broker),
    ]);
    const all = snapshot.objects();
    const isExclusive = (object: BrokerObject): boolean =>
      object.kind === 'queue' && snapshot.isExclusive(object);
    const objects = all.filter((object) => !isExclusive(object));
    const exclusive = all.flatMap((object) =>
      object.kind === 'queue' && isExclusive(object) ? [object.name] : [],
    );
    if (vhost !== undefined && objects.length === 0) {
      throw new UserError(`there is no vhost "${vhost}" on ${broker.endpoint}`);
    }
    return { ...heldObjects(objects), exclusive, version, name: broker.endpoint };
  } finally {
    await broker.close();
  }
}
