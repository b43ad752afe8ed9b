/** What a command's exit code says. Scripts rely on these numbers: they are part of the interface. */
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

/** The same for the page of all commands. */
export const EXIT_CODE_MEANINGS: Readonly<Record<ExitCode, string>> = {
  [ExitCode.ok]:
    'done; for `check` and `diff`: nothing at or over `--fail-on`; `scale --watch` or `status --watch` was ended by a signal',
  [ExitCode.findings]:
    "`check` or `diff` found something; `status` something that needs somebody, `status --access` a difference; `import` wrote what has errors, or isn't the same as before; the quickstart's `pulumi up` failed; `scale` found a problem, or a start or stop failed; `doctor` found something that doesn't work; `dlq retry` left something that was meant; a queue refused `dlq list` a look",
  [ExitCode.cannotRun]:
    "could not run: wrong usage, a file that can't be read, something missing on this machine",
  [ExitCode.proofFailed]: "the quickstart's proof failed",
  [ExitCode.stillInUse]: '`rotate`: clients still use the old logins; old and new ones work',
  [ExitCode.interrupted]:
    'interrupted by Ctrl-C, SIGTERM or SIGHUP (but for `scale --watch` and `status --watch`)',
};
