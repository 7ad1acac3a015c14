/** What a command of the command line is: a file of this folder, and a row in `index.ts`. */

import type { ParseArgsConfig } from 'util';

import type { Terminal } from './terminal';

/** Options as they were given, by their long names. */
export type Given = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** A command. */
export interface Command {
  readonly name: string;
  /** What follows the name, as the usage shows it. */
  readonly synopsis: string;
  /** What it does, in half a line. */
  readonly summary: string;
  /** What `--help` says beside that: lines, with options and exit codes. */
  readonly details: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Largest number of arguments that are no options. */
  readonly most: number;
  /** @returns the exit code */
  run(args: readonly string[], given: Given, terminal: Terminal): Promise<number> | number;
}

/** An error of the person who typed the command: the exit code is 2. */
export class Misuse extends Error {}

/** An option whose value is a text. */
export function textOf(given: Given, name: string): string | undefined {
  const value = given[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * An option whose value is a number.
 *
 * @throws Misuse with the option, its value and the rule
 */
export function numberOf(
  given: Given,
  name: string,
  rule: string,
  fits: (number: number) => boolean,
): number | undefined {
  const value = textOf(given, name);
  if (value === undefined) return undefined;
  const number = value.trim() === '' ? NaN : Number(value);
  if (fits(number)) return number;
  throw new Misuse(`--${name} must be ${rule}, and is ${JSON.stringify(value)}`);
}

/** Throws unless at most one of these options is given. */
export function atMostOne(given: Given, names: readonly string[]): void {
  const both = names.filter((name) => given[name] === true);
  if (both.length < 2) return;
  throw new Misuse(`${both.map((name) => `--${name}`).join(' and ')} exclude each other`);
}
