/** The settings file that arguments for `pulumi` name, where it isn't the stack's own. */
export function configFileIn(args: readonly string[]): string | undefined {
  const at = args.indexOf('--config-file');
  return at === -1 ? undefined : args[at + 1];
}
