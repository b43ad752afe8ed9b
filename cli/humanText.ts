/** Figures and times as people read them, and text of others that can't harm a terminal. */

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `2 h ago`; the largest unit is enough. */
export function ago(at: Date, now: Date): string {
  return `${duration(Math.max(0, now.getTime() - at.getTime()))} ago`;
}

export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ['s', 1];
  return `${Math.floor(seconds / length)} ${unit}`;
}

export function thousands(amount: number): string {
  return amount.toLocaleString('en-US');
}

export function counted(amount: number, noun: string): string {
  return `${thousands(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `rejected 9, expired 3`, the most first. */
export function tallied(tally: ReadonlyMap<string, number>, join = ', '): string {
  return [...tally]
    .sort(([nameA, a], [nameB, b]) => b - a || (nameA < nameB ? -1 : 1))
    .map(([name, count]) => `${printable(name)} ${thousands(count)}`)
    .join(join);
}

/** What would move the cursor, or worse, is shown as the sign for what can't be shown. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    '\ufffd',
  );
}

export function bytes(amount: number): string {
  const [unit, size] = SIZES.find(([, each]) => amount >= each) ?? ['B', 1];
  const value = amount / size;
  return `${unit === 'B' || value >= 100 ? Math.round(value) : value.toFixed(1)} ${unit}`;
}

const SIZES = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;
