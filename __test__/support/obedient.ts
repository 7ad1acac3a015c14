/** Programs that do what they are told, line by line, and say what came of it: `obey.cjs`. */
import { join } from 'node:path';

import { Application, type Program } from './application';
import { source } from './programs';
import { samples } from './samples';

/** What `scrape()` yields. */
export interface Scraped {
  text: string;
  ms: number;
  /** The same by the clock of patience.mjs: what a busy machine adds is not in it. */
  work: number;
  turns: number;
}

/** Has a program run code; what it returns. */
export async function ask<T = unknown>(program: Program, code: string): Promise<T> {
  program.tell(code.replaceAll('\n', ' '));
  return JSON.parse(await program.line(60_000)) as T;
}

/**
 * The expression that calls what a file exports with what {@link ask}'s code has at hand, and with further arguments.
 *
 * @param path below `__test__`
 */
export function performing(path: string, ...args: unknown[]): string {
  const given = [join(__dirname, '..', path), ...args].map((one) => JSON.stringify(one));
  return `perform(${given.join(', ')})`;
}

/** Has a program scrape; the samples, and how long it took. */
export async function scraped(
  program: Program,
): Promise<{ seen: Map<string, number>; ms: number; work: number; turns: number }> {
  const { text, ms, work, turns } = await ask<Scraped>(program, 'return scrape()');
  return { seen: samples(text), ms, work, turns };
}

/** Programs on one segment, none of them another's child. */
export function obedient(
  count: number,
  made: Application[],
  env: Record<string, string> = {},
): Program[] {
  const app = new Application({ 'obey.js': source('support/obey.cjs') });
  made.push(app);
  const all = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'test.heap'), ...env };
  return Array.from({ length: count }, () => app.run('obey.js', { env: all }));
}
