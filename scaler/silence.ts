/** Workers that run and don't consume: told, and restarted one at a time, with growing pauses. */
import { quoteList } from '../topology/names';
import type { Fleet } from './config';
import type { Consumption } from './consumption';
import type { Judged } from './life';
import type { Backoff, ContainerMemory, ContainerState } from './observation';
import type { Problem } from './problem';

export interface SilenceVerdict {
  /** Of the containers that run. */
  readonly memories: ReadonlyMap<string, ContainerMemory>;
  readonly problems: readonly Problem[];
  /** At most one: where all of them are silent, the fault may be the broker's. */
  readonly restart?: string;
}

const PAUSE_FIRST_MS = 180_000;
const PAUSE_MAX_MS = 3_600_000;

interface Running {
  readonly name: string;
  readonly state: ContainerState;
  readonly memory: ContainerMemory;
}

export function judgeSilence(
  fleet: Fleet,
  judged: readonly Judged[],
  { consumption, stops, nowMs }: { consumption: Consumption; stops: readonly string[]; nowMs: number },
): SilenceVerdict {
  const memories = new Map<string, ContainerMemory>();
  const problems: Problem[] = [];
  const isQuiet = stops.length === 0 && judged.every(({ life }) => life !== 'leaving' && life !== 'busy');
  let restart: string | undefined;
  for (const { name, state, memory } of judged.flatMap(runningOnly)) {
    if (!consumption.isKnown || consumption.consuming.has(name)) {
      const hasRecovered = consumption.isKnown && nowMs >= memory.silences.notBeforeMs;
      const silences = { ...memory.silences, ...(hasRecovered ? { failures: 0 } : {}) };
      memories.set(name, { ...memory, consumedAtMs: nowMs, silences });
      continue;
    }
    const silentMs = nowMs - Math.max(state.startedAtMs, memory.consumedAtMs);
    if (silentMs < fleet.startupMs) continue;
    problems.push(silenceOf(name, fleet, silentMs));
    const isSure = Math.min(silentMs, nowMs - memory.firstSeenAtMs) >= patienceMs(fleet, state, memory);
    if (!isSure || !isQuiet || restart !== undefined || nowMs < memory.silences.notBeforeMs) continue;
    restart = name;
    memories.set(name, { ...memory, silences: afterSilence(memory.silences, nowMs) });
  }
  if (!consumption.isKnown && consumption.why !== undefined) {
    problems.push({ key: 'consumers', text: `who consumes can't be told: ${consumption.why}` });
  }
  return { memories, problems, ...(restart === undefined ? {} : { restart }) };
}

function runningOnly({ name, life, state, memory }: Judged): readonly Running[] {
  return life === 'running' && state !== undefined && memory !== undefined ? [{ name, state, memory }] : [];
}

/**
 * Who has consumed in this run may have been told to stop by somebody else, Pulumi say, and be finishing its last task:
 * a second SIGTERM would make many programs end at once, and a start would come between a stop and a removal. Of a run
 * that began long before it was seen nobody knows.
 */
function patienceMs(
  { startupMs, stopTimeoutSeconds }: Fleet,
  { startedAtMs }: ContainerState,
  { consumedAtMs, firstSeenAtMs }: ContainerMemory,
): number {
  const mayHaveConsumed = Math.max(consumedAtMs, firstSeenAtMs - startupMs) > startedAtMs;
  return startupMs + (mayHaveConsumed ? stopTimeoutSeconds * 1000 : 0);
}

function silenceOf(name: string, { queues }: Fleet, silentMs: number): Problem {
  const text = `${name} runs, and has consumed from none of its queues (${quoteList(queues)}) for ${Math.round(silentMs / 1000)} s`;
  return { key: `silent ${name}`, text };
}

function afterSilence({ failures }: Backoff, nowMs: number): Backoff {
  return {
    failures: failures + 1,
    notBeforeMs: nowMs + Math.min(PAUSE_MAX_MS, PAUSE_FIRST_MS * 2 ** failures),
  };
}
