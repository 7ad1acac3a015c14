/** Programs that run each line of stdin as code, and print its result: `obey.cjs`. */
import { join } from 'node:path';

import { Application, type Program } from './application';
import { source } from './programs';
import { samples } from './samples';

/** The result of `scrape()` in `obey.cjs`. */
export interface Scraped {
  text: string;
  /** The duration of the scrape in milliseconds. */
  ms: number;
  /** The duration of the scrape by the clock of patience.mjs, in milliseconds; less than `ms` on a busy machine. */
  work: number;
  /** How often a timer of 5 ms ran during the scrape: 0 if the event loop was blocked. */
  turns: number;
}

/** Has a program run code, and returns the code's result. */
export async function ask<T = unknown>(program: Program, code: string): Promise<T> {
  program.tell(code.replaceAll('\n', ' '));
  return JSON.parse(await program.line(60_000)) as T;
}

/**
 * Returns code for {@link ask} that calls the function which a file exports. The function gets an object with
 * `mpmetrics`, `kept` and the tools of `obey.cjs`, and then the further arguments.
 *
 * @param path below `__test__`
 */
export function performing(path: string, ...args: unknown[]): string {
  const given = [join(__dirname, '..', path), ...args].map((one) => JSON.stringify(one));
  return `perform(${given.join(', ')})`;
}

/** Has a program scrape. Returns the samples, and how long the scrape took. */
export async function scraped(
  program: Program,
): Promise<{ seen: Map<string, number>; ms: number; work: number; turns: number }> {
  const { text, ms, work, turns } = await ask<Scraped>(program, 'return scrape()');
  return { seen: samples(text), ms, work, turns };
}

/**
 * Starts programs that share one segment, and none of which is a child of another.
 *
 * @param made gets their application, which the caller removes
 */
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
