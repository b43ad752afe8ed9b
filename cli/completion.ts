/** Completion scripts for shells, made from the commands and options that the command line understands. */
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What an option's value may be, where that is a closed list; by command and option. */
export type KnownValues = Readonly<Record<string, readonly string[]>>;

interface CompletedOption {
  readonly flag: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly values: readonly string[];
}

interface CompletedCommand {
  /** `dlq list`; '' is `warren` itself. */
  readonly path: string;
  readonly description: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
}

/** A stack is a settings file in the folder of Pulumi.yaml, where `warren` is called from in most cases. */
const STACKS = "ls stacks/Pulumi.*.yaml 2>/dev/null | sed -e 's/^stacks.Pulumi\\.//' -e 's/\\.yaml$//'";

export function completionScript(shell: Shell, program: Command, known: KnownValues): string {
  const commands = commandsOf(program, known);
  if (shell === 'bash') return bash(commands);
  return shell === 'zsh' ? zsh(commands) : fish(commands);
}

function commandsOf(command: Command, known: KnownValues, path = ''): readonly CompletedCommand[] {
  const inner = command.commands.filter((one) => one.name() !== 'help');
  return [
    {
      path,
      description: command.description(),
      commands: inner.map((one) => ({ name: one.name(), description: one.description() })),
      options: [...command.options.map((option) => completed(option, path, known)), HELP],
    },
    ...inner.flatMap((one) => commandsOf(one, known, `${path} ${one.name()}`.trim())),
  ];
}

const HELP: CompletedOption = {
  flag: '--help',
  description: 'say what the command does',
  takesValue: false,
  values: [],
};

function completed(option: Option, path: string, known: KnownValues): CompletedOption {
  const flag = option.long ?? option.flags;
  return {
    flag,
    description: option.description,
    takesValue: option.required || option.optional,
    values: option.argChoices ?? known[`${path} ${flag}`] ?? [],
  };
}

/** Which command is meant: the longest path of words that is one. Then its options, their values, or files. */
function bash(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(({ path, commands: inner, options }) => {
    const words = [...inner.map(({ name }) => name), ...options.map(({ flag }) => flag)];
    const values = options.filter((option) => option.values.length > 0);
    const free = options.filter((option) => option.takesValue && option.values.length === 0);
    return [
      `    '${path}')`,
      `      words='${words.join(' ')}'`,
      '      case $previous in',
      ...values.map((option) => `        ${option.flag}) words='${option.values.join(' ')}' ;;`),
      '        --stack) words=$(' + STACKS + ') ;;',
      ...(free.length === 0 ? [] : [`        ${free.map(({ flag }) => flag).join(' | ')}) words='' ;;`]),
      '      esac',
      '      ;;',
    ].join('\n');
  });
  const paths = commands.map(({ path }) => `'${path}'`).join(' | ');
  return `# warren completion bash: eval "$(warren completion bash)" in ~/.bashrc
_warren() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${command:+$command }$word" in
      ${paths}) command="\${command:+$command }$word" ;;
    esac
  done
  case $command in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _warren warren
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  return `# warren completion zsh: eval "$(warren completion zsh)" in ~/.zshrc, below compinit
autoload -Uz bashcompinit && bashcompinit
${bash(commands).split('\n').slice(1).join('\n')}`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const lines = commands.flatMap(({ path, commands: inner, options }) => {
    const words = path.split(' ').filter((word) => word !== '');
    const further = inner.map(({ name }) => name).join(' ');
    const condition =
      words.length === 0
        ? '__fish_use_subcommand'
        : [
            ...words.map((word) => `__fish_seen_subcommand_from ${word}`),
            ...(further === '' ? [] : [`not __fish_seen_subcommand_from ${further}`]),
          ].join('; and ');
    const when = `complete -c warren -n ${quoted(condition)}`;
    return [
      ...inner.map(({ name, description }) => `${when} -f -a ${name} -d ${quoted(description)}`),
      ...options.map(({ flag, description, takesValue, values }) => {
        const list = flag === '--stack' ? `(${STACKS})` : values.join(' ');
        const value = takesValue ? ` -r${list === '' ? '' : ` -f -a ${quoted(list)}`}` : '';
        return `${when} -l ${flag.replace(/^--/, '')} -d ${quoted(description)}${value}`;
      }),
    ];
  });
  return `# warren completion fish: warren completion fish >~/.config/fish/completions/warren.fish\n${lines.join('\n')}\n`;
}
