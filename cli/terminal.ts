/** Colours only where a person looks: NO_COLOR and FORCE_COLOR are obeyed (no-color.org, force-color.org). */
export function colorWanted(
  stream: { readonly isTTY?: boolean },
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  if (env.NO_COLOR !== undefined && env.NO_COLOR !== '') return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '') return true;
  return stream.isTTY === true;
}

const WIDTH_DEFAULT = 100;

/** Columns of the terminal; COLUMNS, and then a usual width, where there is none. */
export function terminalWidth(
  stream: { readonly columns?: number },
  env: NodeJS.ProcessEnv = process.env,
): number {
  const given = Number(env.COLUMNS);
  return stream.columns ?? (Number.isInteger(given) && given > 0 ? given : WIDTH_DEFAULT);
}
