/**
 * What two patterns have in common, decided exactly over all names there could be: both become automata, and their
 * product is searched. Names hold no control characters, and at least one byte.
 */
import { compilePattern, toByteText } from './brokerRegex';
import { fixedBeginning } from './literals';
import { parseRegex } from './regexSyntax';
import type { ByteSet, RegexNode } from './regexSyntax';

/** A shortest name of each sort; absent where there is none. */
export interface Comparison {
  readonly both?: string;
  readonly onlyA?: string;
  readonly onlyB?: string;
}

type Goal = 'all' | 'both' | 'onlyB';
type Guard = 'start' | 'end' | undefined;

interface State {
  readonly jumps: { readonly to: number; readonly guard: Guard }[];
  readonly steps: { readonly set: ByteSet; readonly to: number }[];
}

interface Automaton {
  readonly states: readonly State[];
  readonly start: number;
  readonly final: number;
  /** Configurations that were reached, by their keys: names are matched by the thousands. */
  readonly known: Map<string, Configuration>;
  first?: Configuration;
}

/** What is possible after some bytes; `key` is equal for equal possibilities. */
interface Configuration {
  readonly key: string;
  readonly live: readonly number[];
  /** Whether the name may end here, as a match. */
  readonly accepts: boolean;
  /** The pattern was found already: whatever follows, the name matches. */
  readonly isFound: boolean;
  /** Nothing that follows can make the name match. */
  readonly isDead: boolean;
  /** By byte, as far as it was followed. */
  readonly next: Map<number, Configuration>;
}

/** A pattern may have more configurations than are worth keeping. */
const KNOWN_MAX = 2_000;

/**
 * Patterns that would need more are reported as undecided; real ones need a few dozen. A byte of a pattern takes no more
 * than three states, however long the list of names: only repetitions multiply.
 */
const STATES_MAX = 4_000;
const STATES_PER_BYTE = 3;
const PRODUCT_MAX = 50_000;

/**
 * Compares the names that two patterns match; undefined where a pattern is beyond regular expressions in the strict
 * sense, or too large. With another goal than 'all' only one name of that sort is looked for, which is much quicker.
 */
export function comparePatterns(a: string, b: string, goal: Goal = 'all'): Comparison | undefined {
  const [machineA, machineB] = [automatonOf(a), automatonOf(b)];
  if (machineA === undefined || machineB === undefined) return undefined;
  if (goal === 'both' && beginDifferently(a, b)) return {};
  return searchProduct(machineA, machineB, goal);
}

/** Spares the search for most pairs of policies: with hundreds of them there are a hundred thousand pairs. */
function beginDifferently(a: string, b: string): boolean {
  const [beginningA, beginningB] = [fixedBeginning(a), fixedBeginning(b)];
  return !beginningA.startsWith(beginningB) && !beginningB.startsWith(beginningA);
}

export interface PatternFault {
  readonly what: string;
  /** The broker may take it; this program can't tell which names it matches. */
  readonly isUnread: boolean;
}

/** Why the broker, or this program, can't work with a pattern; undefined if it can. */
export function patternFault(pattern: string): PatternFault | undefined {
  const compiled = compilePattern(pattern);
  if ('fault' in compiled) return { what: compiled.fault, isUnread: compiled.isUnread === true };
  const isTooLarge = automatonOf(pattern) === undefined && parseRegex(pattern) !== undefined;
  return isTooLarge
    ? { what: 'repetitions that multiply beyond what can be handled', isUnread: true }
    : undefined;
}

/**
 * Whether the broker finds the pattern in the (non-empty) name; never where it has a fault. Goes through the automaton wherever
 * there is one: unlike a backtracking engine, its time is bounded whatever the pattern.
 */
export function patternMatches(pattern: string, name: string): boolean {
  const machine = automatonOf(pattern);
  const bytes = toByteText(name);
  if (machine === undefined) {
    const compiled = compilePattern(pattern);
    return patternFault(pattern) === undefined && 'regex' in compiled && compiled.regex.test(bytes);
  }
  let reached = initial(machine);
  for (let index = 0; index < bytes.length; index += 1) {
    reached = advance(machine, reached, bytes.charCodeAt(index));
    if (reached.isDead || reached.isFound) break;
  }
  return reached.accepts;
}

/**
 * Whether every alternative of a pattern is written with an anchor at both ends: it can match whole names only. False
 * says little: `^a.*` matches whole names too. Undefined where the pattern can't be analysed.
 */
export function isAnchored(pattern: string): boolean | undefined {
  const machine = automatonOf(pattern);
  if (machine === undefined) return undefined;
  return !beginsAnywhere(machine) && !endsAnywhere(machine);
}

/** Whether a byte or the end of the pattern can be reached without passing a `^` first. */
function beginsAnywhere({ states, start, final }: Automaton): boolean {
  const reached = new Set([start]);
  for (const index of reached) {
    const { jumps = [], steps = [] } = states[index] ?? {};
    if (index === final || steps.length > 0) return true;
    for (const { to } of jumps.filter(({ guard }) => guard !== 'start')) reached.add(to);
  }
  return false;
}

/** Whether the end of the pattern can be reached without passing a `$`. */
function endsAnywhere({ states, start, final }: Automaton): boolean {
  const reached = new Set([start]);
  for (const index of reached) {
    const { jumps = [], steps = [] } = states[index] ?? {};
    for (const { to } of [...jumps.filter(({ guard }) => guard !== 'end'), ...steps]) reached.add(to);
  }
  return reached.has(final);
}

function hasSteps(machine: Automaton, index: number): boolean {
  return (machine.states[index]?.steps.length ?? 0) > 0;
}

function searchProduct(a: Automaton, b: Automaton, goal: Goal): Comparison | undefined {
  const bytes = representativeBytes([a, b]);
  const found: { both?: string; onlyA?: string; onlyB?: string } = {};
  let frontier: { readonly a: Configuration; readonly b: Configuration; readonly name: string }[] = [
    { a: initial(a), b: initial(b), name: '' },
  ];
  const seen = new Set<string>();
  while (frontier.length > 0) {
    const next: typeof frontier = [];
    for (const pair of frontier) {
      for (const byte of bytes) {
        const [stepA, stepB] = [advance(a, pair.a, byte), advance(b, pair.b, byte)];
        if (isFutile(stepA, stepB, goal)) continue;
        const key = `${stepA.key}|${stepB.key}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (seen.size > PRODUCT_MAX) return undefined;
        const name = pair.name + String.fromCharCode(byte);
        if (stepA.accepts && stepB.accepts) found.both ??= name;
        else if (stepA.accepts) found.onlyA ??= name;
        else if (stepB.accepts) found.onlyB ??= name;
        const wanted = goal === 'all' ? undefined : found[goal];
        if (goal !== 'all' && wanted !== undefined) return { [goal]: readable(wanted) };
        next.push({ a: stepA, b: stepB, name });
      }
    }
    frontier = next;
  }
  if (goal !== 'all') return {};
  const entries = Object.entries(found).map(([sort, name]) => [sort, readable(name)]);
  return Object.fromEntries(entries) as Comparison;
}

/** Whether no name that is wanted begins like this. */
function isFutile(a: Configuration, b: Configuration, goal: Goal): boolean {
  if (goal === 'both') return a.isDead || b.isDead;
  return goal === 'onlyB' ? b.isDead : a.isDead && b.isDead;
}

/** From one character per byte back to text. */
function readable(byteText: string): string {
  return Buffer.from(byteText, 'latin1').toString('utf8');
}

const automata = new Map<string, Automaton | undefined>();

function automatonOf(pattern: string): Automaton | undefined {
  if (!automata.has(pattern)) {
    const node = 'fault' in compilePattern(pattern) ? undefined : parseRegex(pattern);
    const statesMax = STATES_MAX + STATES_PER_BYTE * Buffer.byteLength(pattern);
    automata.set(pattern, node === undefined ? undefined : build(node, statesMax));
  }
  return automata.get(pattern);
}

class TooLarge extends Error {}

function build(root: RegexNode, statesMax: number): Automaton | undefined {
  const states = new States(statesMax);
  try {
    const start = states.add();
    return { states: states.all, start, final: append(states, root, start), known: new Map() };
  } catch (error) {
    if (error instanceof TooLarge || error instanceof RangeError) return undefined;
    throw error;
  }
}

class States {
  readonly all: State[] = [];

  constructor(private readonly max: number) {}

  add(): number {
    if (this.all.length >= this.max) throw new TooLarge();
    return this.all.push({ jumps: [], steps: [] }) - 1;
  }

  addJump(from: number, to: number, guard?: Guard): void {
    this.all[from]?.jumps.push({ to, guard });
  }

  addStep(from: number, to: number, set: ByteSet): void {
    this.all[from]?.steps.push({ set, to });
  }
}

/** Adds the states of a node behind `from`; returns the state where it is left. */
function append(states: States, node: RegexNode, from: number): number {
  switch (node.kind) {
    case 'bytes': {
      const to = states.add();
      states.addStep(from, to, node.set);
      return to;
    }
    case 'start':
    case 'end': {
      const to = states.add();
      states.addJump(from, to, node.kind);
      return to;
    }
    case 'sequence':
      return node.items.reduce((at, item) => append(states, item, at), from);
    case 'choice': {
      const to = states.add();
      for (const item of node.items) {
        const branch = states.add();
        states.addJump(from, branch);
        states.addJump(append(states, item, branch), to);
      }
      return to;
    }
    case 'repeat':
      return appendRepeat(states, node, from);
  }
}

function appendRepeat(states: States, node: Extract<RegexNode, { kind: 'repeat' }>, from: number): number {
  let at = from;
  for (let count = 0; count < node.min; count += 1) at = append(states, node.item, at);
  const to = states.add();
  if (node.max === Infinity) {
    const loop = states.add();
    states.addJump(at, loop);
    states.addJump(append(states, node.item, loop), loop);
    states.addJump(loop, to);
    return to;
  }
  for (let count = node.min; count < node.max; count += 1) {
    states.addJump(at, to);
    at = append(states, node.item, at);
  }
  states.addJump(at, to);
  return to;
}

function initial(machine: Automaton): Configuration {
  return (machine.first ??= configuration(machine, closure(machine, [machine.start], 'start')));
}

function advance(machine: Automaton, from: Configuration, byte: number): Configuration {
  if (from.isFound) return from;
  const followed = from.next.get(byte);
  if (followed !== undefined) return followed;
  const reached = follow(machine, from, byte);
  const { known } = machine;
  const kept = known.get(reached.key) ?? reached;
  if (known.size < KNOWN_MAX) {
    known.set(reached.key, kept);
    from.next.set(byte, kept);
  }
  return kept;
}

function follow(machine: Automaton, from: Configuration, byte: number): Configuration {
  const reached = new Set<number>([machine.start]);
  for (const index of from.live) {
    for (const step of machine.states[index]?.steps ?? []) {
      if (step.set[byte] === 1) reached.add(step.to);
    }
  }
  // The start state is always among them: the pattern may begin anywhere in the name.
  return configuration(machine, closure(machine, [...reached], undefined));
}

function configuration(machine: Automaton, reached: ReadonlySet<number>): Configuration {
  const isFound = reached.has(machine.final);
  const atEnd = closure(machine, [...reached], 'end');
  const live = [...reached].filter((index) => hasSteps(machine, index));
  const accepts = atEnd.has(machine.final);
  const sorted = live.sort((x, y) => x - y);
  return {
    key: isFound ? 'found' : `${sorted.join(',')}${accepts ? '!' : ''}`,
    live: sorted,
    accepts,
    isFound,
    isDead: !accepts && sorted.length === 0,
    next: new Map(),
  };
}

function closure(machine: Automaton, from: readonly number[], holds: Guard): Set<number> {
  const reached = new Set(from);
  const open = [...from];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    for (const { to, guard } of machine.states[index]?.jumps ?? []) {
      if ((guard === undefined || guard === holds) && !reached.has(to)) {
        reached.add(to);
        open.push(to);
      }
    }
  }
  return reached;
}

/** One byte for each class of bytes that no step tells apart; letters and digits preferred, for readable examples. */
function representativeBytes(machines: readonly Automaton[]): number[] {
  const sets = new Set(
    machines.flatMap(({ states }) => states.flatMap(({ steps }) => steps.map(({ set }) => set))),
  );
  const representatives = new Map<string, number>();
  for (const byte of NAME_BYTES) {
    const signature = [...sets].map((set) => set[byte]).join('');
    if (!representatives.has(signature)) representatives.set(signature, byte);
  }
  return [...representatives.values()];
}

const ALPHANUMERIC = /[a-zA-Z0-9]/;

/** Every byte that a name may hold, the readable ones first. */
const NAME_BYTES: readonly number[] = (() => {
  const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter(
    (byte) => byte >= 0x20 && byte !== 0x7f,
  );
  const isReadable = (byte: number): boolean => ALPHANUMERIC.test(String.fromCharCode(byte));
  return [...bytes.filter(isReadable).reverse(), ...bytes.filter((byte) => !isReadable(byte))];
})();
