/** What a command's exit code says. Scripts rely on these numbers: they are part of the interface (README). */
export const ExitCode = {
  /** Done; for `check` and `diff`: nothing at or over `--fail-on`. */
  ok: 0,
  /** `check` or `diff` found something at or over `--fail-on`, `import` an error or a difference, `status` what needs somebody; Pulumi's own failures have this code too. */
  findings: 1,
  /** The command could not run: wrong usage, an unreadable file, something missing on this machine. */
  cannotRun: 2,
  /** What was set up doesn't work: the quickstart's proof failed. */
  proofFailed: 3,
  /** `rotate`: clients still use the logins that were to go. Old and new ones work; run it again. */
  stillInUse: 4,
  /** Interrupted by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
