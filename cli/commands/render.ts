import { load } from '../../topology/index';
import { renderDefinitions } from '../../topology/render/definitions';
import { renderDiagnostics } from '../../topology/render/diagnostics';
import { ExitCode } from '../exitCodes';
import { colorWanted } from '../terminal';
import { readTopologyFile, targetOption } from '../topologyFile';
import { UserError } from '../userError';

/** `warren render`: what the topology compiles to, on stdout; findings go to stderr. */
export function render(
  file: string,
  options: { readonly to: string; readonly target?: string },
): Promise<number> {
  if (options.to !== 'definitions') {
    throw new UserError(`--to ${options.to} is unknown; it can be definitions`);
  }
  const text = readTopologyFile(file);
  const { objects, diagnostics } = load(text, file, targetOption(options.target));
  const report = renderDiagnostics(diagnostics, new Map([[file, text]]), {
    format: 'text',
    color: colorWanted(process.stderr),
  });
  if (report !== '') process.stderr.write(`${report}\n`);
  if (objects === undefined) return Promise.resolve(ExitCode.findings);
  process.stdout.write(`${JSON.stringify(renderDefinitions(objects), null, 2)}\n`);
  return Promise.resolve(ExitCode.ok);
}
