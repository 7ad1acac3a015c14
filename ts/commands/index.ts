/** The commands of `mpmetrics`: usage, help and errors are made of this list. */

import { parseArgs } from 'util';

import { ownVersion } from '../doctor';
import { codeOf, messageOf } from '../errors';
import { check } from './check';
import { Misuse, type Command, type Given } from './command';
import { doctor } from './doctor';
import { ls } from './ls';
import { rm } from './rm';
import { scrape } from './scrape';
import { serve } from './serve';
import { textfile } from './textfile';
import type { Terminal } from './terminal';

const COMMANDS: readonly Command[] = [ls, scrape, check, serve, textfile, rm, doctor];

/** Options of every command. */
const COMMON = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/**
 * Runs a command line.
 *
 * @param argv the arguments after the name of the program
 * @returns the exit code: 0 for success, 1 if the command could not do what it was asked or found something wrong, 2 for
 *   a wrong command line. `doctor` has one more
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const command = COMMANDS.find(({ name }) => name === argv[0]);
  try {
    const { values, positionals } = parseArgs({
      args: [...argv.slice(command === undefined ? 0 : 1)],
      options: { ...command?.options, ...COMMON },
      allowPositionals: true,
    });
    return await perform(command, values, positionals, terminal);
  } catch (error) {
    const wrong = error instanceof Misuse || codeOf(error).startsWith('ERR_PARSE_ARGS');
    terminal.tell(wrong ? `${firstSentence(error)}${hint(command)}` : messageOf(error));
    return wrong ? 2 : 1;
  }
}

async function perform(
  command: Command | undefined,
  given: Given,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (given['help'] === true) {
    terminal.print(command === undefined ? usage() : help(command));
    return 0;
  }
  if (given['version'] === true) {
    terminal.print(ownVersion());
    return 0;
  }
  if (command === undefined) {
    const [name] = args;
    const names = COMMANDS.map((one) => one.name).join(', ');
    const reason =
      name === undefined
        ? ''
        : `\n\nThere is no command ${JSON.stringify(name)}; there are ${names}.`;
    terminal.complain(usage() + reason);
    return 2;
  }
  if (args.length > command.most) {
    const most = command.most === 0 ? 'no arguments' : `at most ${command.most}`;
    terminal.complain(
      `${usageOf(command)}\n\n${command.name} takes ${most}, and was given ${args.length}.`,
    );
    return 2;
  }
  return command.run(args, given, terminal);
}

function usage(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    'usage: mpmetrics COMMAND [arguments]',
    '       mpmetrics COMMAND --help',
    '       mpmetrics --version | --help',
    '',
    ...COMMANDS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Exit codes: 0 for success; 1 if a command cannot do what it is asked, or finds something wrong;',
    '2 for a wrong command line. APP is the name of a package, a pid, the path of a segment, or left',
    'out where only one application lives.',
  ].join('\n');
}

function usageOf({ name, synopsis }: Command): string {
  return `usage: mpmetrics ${name} ${synopsis}`;
}

function help(command: Command): string {
  return `${usageOf(command)}\n\n${command.details}`;
}

function hint(command: Command | undefined): string {
  return `\n(mpmetrics ${command === undefined ? '' : `${command.name} `}--help says more)`;
}

/** The first sentence of an error: Node.js goes on with advice for arguments that begin with a dash. */
function firstSentence(error: unknown): string {
  const message = messageOf(error);
  return error instanceof Misuse ? message : message.replace(/\. To specify a positional.*$/s, '');
}
