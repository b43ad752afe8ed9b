/** The page of all commands: docs/commands.md, made from what the command line itself understands. */
import type { Argument, Command, Option } from 'commander';

/** Where more stands about a command, below docs/. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  check: ['rules.md', 'topology.md'],
  render: ['clients.md', 'monitoring.md', 'kubernetes.md'],
  diff: ['diff.md'],
  comment: ['ci.md'],
  review: ['ci.md'],
  import: ['stacks.md#use-a-broker-that-is-there-already', 'migration.md'],
  scale: ['scaling.md'],
  rotate: ['credentials.md'],
  init: ['stacks.md'],
  preview: ['stacks.md#what-was-changed-by-hand'],
  up: ['stacks.md'],
  refresh: ['stacks.md#what-was-changed-by-hand'],
};

const INTRODUCTION = `# Commands

All that the command \`warren\` understands; \`npx warren COMMAND --help\` says the same. This page is made from the code (\`npm run docs\`). What the exit codes mean stands [below](#exit-codes). \`preview\`, \`up\`, \`refresh\`, \`destroy\` and \`output\` end with Pulumi's own exit code (or 130), and so does a \`rotate\` whose \`up\` failed.

**Completion** of commands, options and stacks: \`eval "$(warren completion bash)"\` in your shell's start file, or \`zsh\`; for fish, \`warren completion fish >~/.config/fish/completions/warren.fish\`. Where \`warren\` isn't on PATH, \`alias warren='npx warren'\` comes first.
`;

const EXIT_CODES = `## Exit codes

Scripts may rely on them.

| code | says |
| --- | --- |
`;

/** @param exitCodes what each says, by its number */
export function renderCommandPage(program: Command, exitCodes: Readonly<Record<number, string>>): string {
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const list = commands.map(
    (command) => `| [${command.name()}](#${anchorOf(command)}) | ${cell(command.description())} |\n`,
  );
  const codes = Object.entries(exitCodes).map(([code, words]) => `| ${code} | ${cell(words)} |\n`);
  return [
    INTRODUCTION,
    `| command | does |\n| --- | --- |\n${list.join('')}`,
    ...commands.map(sectionOf),
    EXIT_CODES + codes.join(''),
  ].join('\n');
}

function sectionOf(command: Command): string {
  const arguments_ = command.registeredArguments.map(
    (argument) => `| \`${wordOf(argument)}\` | ${cell(argument.description)} |  |\n`,
  );
  const options = command.options.map(
    (option) => `| \`${option.flags}\` | ${cell(option.description)} | ${defaultOf(option)} |\n`,
  );
  const rows = [...arguments_, ...options].join('');
  return [
    `## warren ${pathOf(command)}\n`,
    `${sentence(command.description())}\n`,
    `\`\`\`text\nnpx warren ${pathOf(command)} ${command.usage()}\n\`\`\`\n`,
    ...(rows === '' ? [] : [`| argument or option | says | default |\n| --- | --- | --- |\n${rows}`]),
    ...moreOf(command),
    ...command.commands.filter((inner) => inner.name() !== 'help').map(sectionOf),
  ].join('\n');
}

function pathOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${pathOf(parent)} ${command.name()}` : command.name();
}

function anchorOf(command: Command): string {
  return `warren-${pathOf(command).replaceAll(' ', '-')}`;
}

function wordOf(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

function defaultOf(option: Option): string {
  const value: unknown = option.defaultValue;
  if (option.mandatory) return 'must be given';
  return typeof value === 'string' && value !== '' ? `\`${value}\`` : '';
}

function moreOf(command: Command): readonly string[] {
  const pages = MORE[pathOf(command)] ?? [];
  const links = pages.map((page) => `[${page.replace(/#.*/, '')}](${page})`);
  return links.length === 0 ? [] : [`More: ${links.join(', ')}.\n`];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function cell(text: string): string {
  return text.replace(/[|*_<]/g, '\\$&');
}
