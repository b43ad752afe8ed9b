import { renderDiagnostics } from '../../topology/render/diagnostics';
import { ExitCode } from '../exitCodes';
import { colorWanted } from '../terminal';
import { loadTopologyFile, targetOption } from '../topologyFile';
import { UserError } from '../userError';
import { RENDER_KINDS } from './renderKinds';

export interface RenderOptions {
  readonly to: string;
  readonly target?: string;
  /** Of a client's settings. */
  readonly vhost?: string;
  readonly user?: string;
  /** Of what is on Kubernetes. */
  readonly stack?: string;
}

/** `warren render`: what the topology compiles to, on stdout; findings go to stderr. */
export function render(file: string, options: RenderOptions): Promise<number> {
  const kind = RENDER_KINDS.get(options.to);
  if (kind === undefined) {
    throw new UserError(`--to ${options.to} is unknown; it can be ${[...RENDER_KINDS.keys()].join(', ')}`);
  }
  const { topology, objects, diagnostics, sources } = loadTopologyFile(file, targetOption(options.target));
  const report = renderDiagnostics(diagnostics, sources, {
    format: 'text',
    color: colorWanted(process.stderr),
  });
  if (report !== '') process.stderr.write(`${report}\n`);
  if (topology === undefined || objects === undefined) return Promise.resolve(ExitCode.findings);
  const rendered = kind.render({ topology, objects }, options);
  if (typeof rendered !== 'string') throw new UserError(rendered.fault);
  process.stdout.write(rendered);
  return Promise.resolve(ExitCode.ok);
}
