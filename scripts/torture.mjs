/**
 * `npm run torture`: the tests that kill, end and damage, in larger numbers than CI has time for: about an hour on
 * two cores. A number beforehand (`npm run torture -- 0.1`) makes all of them larger or smaller.
 */
import { build } from './build.mjs';
import { installNode, MAJORS } from './nodes.mjs';
import { main, Refusal, run, step } from './steps.mjs';

/** What each variable is, times the given number. */
const FIGURES = {
  /** Writers killed, and replaced. */
  MPMETRICS_TEST_KILLS: 5_000,
  /** Processes and threads that end, of each way, on each version of Node.js. */
  MPMETRICS_TEST_ENDINGS: 1_250,
  /** Updates of each process and thread. */
  MPMETRICS_TEST_EACH: 10_000_000,
  /** Rounds of making and removing series, of each of two processes. */
  MPMETRICS_TEST_ROUNDS: 5_000_000,
  /** Seconds of scraping against writers at full speed. */
  MPMETRICS_TEST_UNTORN_SECONDS: 600,
  /** Scrapes of 100 KB by a process that does nothing else; a hundredth as many are of 5 MB. */
  MPMETRICS_TEST_SCRAPES: 20_000,
  /** Random programs beside prom-client. */
  MPMETRICS_TEST_RUNS: 20_000,
  /** Kills of processes of Rust, most of them under the heap lock. */
  MPMETRICS_KILLS: 5_000,
  /** Bits flipped before a reader scans and before a writer attaches, and bytes under writers that go on. */
  MPMETRICS_FLIPS: 1_000_000,
  /** Rounds of bytes that change under processes that count and scrape. */
  MPMETRICS_TEST_DAMAGE: 50_000,
};

const FILES = [
  'crash/damage',
  'crash/endings',
  'crash/kills',
  'crash/untorn',
  'crash/random-labels',
  'compat/programs',
  'compat/programs-openmetrics',
  'processes/removal',
  'processes/scraped-memory',
  'processes/sums',
  'runners/runners',
];

main(async () => {
  const times = Number(process.argv[2] ?? 1);
  if (!(times > 0)) throw new Refusal(`expected a number above 0: ${process.argv[2]}`);
  const scaled = Object.entries(FIGURES).map(([name, figure]) => [
    name,
    String(Math.max(1, Math.round(figure * times))),
  ]);
  const { cargo } = await build();
  await Promise.all(MAJORS.map(installNode));
  // Test runners are the same at any size, and long to install.
  const env = { ...cargo, ...Object.fromEntries(scaled), MPMETRICS_TEST_RUNNERS: 'all' };
  const files = FILES.map((file) => `__test__/${file}.test.ts`);
  const vitest = ['--no-install', 'vitest', 'run', '--project', 'direct', ...files];
  await step('torture from Node.js', () => run('npx', vitest, { env, show: true }));
  if (cargo === null) throw new Refusal('the tests in Rust need cargo, which was not found.');
  const tests = ['kills', 'exemplars_killed', 'corruption', 'damaged_texts'].flatMap((name) => [
    '--test',
    name,
  ]);
  const args = ['test', '--release', '-p', 'mpmetrics-core', ...tests];
  await step('torture from Rust', () => run('cargo', args, { env, show: true }));
});
