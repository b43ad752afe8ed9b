/** `warren status` itself: one screen, again and again with `--watch`, or JSON. */
import { setTimeout as delay } from 'node:timers/promises';
import { isBrokerError } from '../../broker/api/errors';
import { ExitCode } from '../exitCodes';
import { openOperated, type Operated, type OperatedOptions } from '../operated';
import { exportedStack } from '../stackBroker';
import { untilStopped } from '../stopSignal';
import { colorWanted, terminalWidth } from '../terminal';
import { UserError } from '../userError';
import { attentionOf } from './attention';
import { findCertificates } from './certificates';
import type { StatusFacts } from './facts';
import { gather, type StackFacts } from './gather';
import { readLastUp } from './lastUp';
import { runningWorkers } from './running';
import { statusAsText } from './screen';
import { statusAsJson } from './statusJson';

export interface ShowStatusOptions extends Pick<OperatedOptions, 'live' | 'configFile'> {
  readonly stack?: string;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly watch?: string | true;
}

const WATCH_SECONDS = 5;

export async function showStatus(options: ShowStatusOptions): Promise<number> {
  const everySeconds = intervalOf(options.watch);
  const source = await openSource(options);
  try {
    if (everySeconds === undefined) return show(await source.read(), options);
    return await watch(source, everySeconds, options);
  } finally {
    await source.operated.close();
  }
}

interface Source {
  readonly operated: Operated;
  read(): Promise<StatusFacts>;
}

async function openSource(options: ShowStatusOptions): Promise<Source> {
  const { stack } = options;
  // Pulumi takes a while to start: at the same time.
  const [operated, exported, lastUp] = await Promise.all([
    openOperated(options),
    stack === undefined ? undefined : exportedStack(stack),
    stack === undefined ? undefined : readLastUp(stack),
  ]);
  const { known } = operated;
  if (known === undefined || exported === undefined) return { operated, read: () => gather(operated, {}) };
  const { config, outputs } = known;
  const certificates = await findCertificates({ stack: known.stack, config, outputs, exported });
  const facts: StackFacts = {
    ...(lastUp === undefined ? {} : { lastUp }),
    certificates,
    running: () => runningWorkers(known, exported),
  };
  return { operated, read: () => gather(operated, facts) };
}

function show(facts: StatusFacts, { json = false, all = false }: ShowStatusOptions): number {
  const attention = attentionOf(facts);
  const { isTTY, rows } = process.stdout as { readonly isTTY?: boolean; readonly rows?: number };
  process.stdout.write(
    json
      ? `${JSON.stringify(statusAsJson(facts, attention), undefined, 2)}\n`
      : statusAsText(facts, attention, {
          width: terminalWidth(process.stdout),
          color: colorWanted(process.stdout),
          all,
          ...(isTTY === true && rows !== undefined ? { height: rows } : {}),
        }),
  );
  return attention.length === 0 ? ExitCode.ok : ExitCode.findings;
}

/** From the top left of an empty screen. */
const CLEARED = '\u001b[H\u001b[2J';

/** Until a signal comes, which is its end and no interruption. A broker that doesn't answer is told and asked again. */
async function watch(source: Source, everySeconds: number, options: ShowStatusOptions): Promise<number> {
  await untilStopped(async (stop) => {
    while (!stop.aborted) {
      try {
        const facts = await source.read();
        if (process.stdout.isTTY && options.json !== true) process.stdout.write(CLEARED);
        show(facts, options);
      } catch (error) {
        if (!isBrokerError(error)) throw error;
        process.stderr.write(`warren: ${error.message}\n`);
      }
      await delay(everySeconds * 1000, undefined, { signal: stop }).catch(() => undefined);
    }
    return ExitCode.ok;
  });
  return ExitCode.ok;
}

/** @throws UserError */
function intervalOf(given: string | true | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (given === true) return WATCH_SECONDS;
  const seconds = Number(given);
  if (/^\d+$/.test(given) && seconds > 0 && seconds <= 3600) return seconds;
  throw new UserError(`--watch ${given} is no whole number of seconds from 1 to 3600`);
}
