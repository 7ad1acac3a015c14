/** Programs that do what they are told, line by line, and say what came of it. */
import { join } from 'node:path';

import { Application, type Program } from './application';
import { samples } from './samples';

/** Runs each line of stdin as code, with the package's names at hand, and prints what it yields as JSON. */
const OBEY = `
const mpmetrics = require('mpmetrics');
const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
const { readdirSync, readFileSync } = require('node:fs');
// A program that is slow to be scheduled, on a busy machine, is not one that does not answer.
mpmetrics.configure({ collectTimeout: 20_000 });
const patience = import(${JSON.stringify(join(__dirname, 'patience.mjs'))});
const tools = {
  stats: () => openSegment({ create: false }).stats(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  /** Names of this process's threads that are the package's. */
  threads: () => readdirSync('/proc/self/task')
    .map((id) => readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim())
    .filter((name) => name.startsWith('mpmetrics')),
  /** A scrape, its milliseconds, those of work, and how often the event loop turned meanwhile. */
  scrape: async () => {
    const { workClock } = await patience;
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const [begun, before] = [performance.now(), workClock()];
    const text = await mpmetrics.register.metrics();
    const [ms, work] = [performance.now() - begun, workClock() - before];
    clearInterval(timer);
    return { text, ms, work, turns };
  },
  /** A gauge that shows how often its callback was called. */
  calls: (name, who, extra = () => {}) => {
    let calls = 0;
    return new mpmetrics.Gauge({
      name, help: 'h', labelNames: ['who'],
      collect() { this.set({ who }, ++calls); return extra(calls); },
    });
  },
};
const kept = {};
require('node:readline').createInterface(process.stdin).on('line', async (line) => {
  const run = new Function('mpmetrics', 'kept', 'require', ...Object.keys(tools), 'return (async () => {' + line + '})()');
  console.log(JSON.stringify((await run(mpmetrics, kept, require, ...Object.values(tools))) ?? null));
});
`;

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
  const app = new Application({ 'obey.js': OBEY });
  made.push(app);
  const all = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'test.heap'), ...env };
  return Array.from({ length: count }, () => app.run('obey.js', { env: all }));
}
