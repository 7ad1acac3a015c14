/**
 * `npm run torture [-- TIMES [PART …]]` runs the tests that kill processes, end them and damage segments, in larger
 * numbers than CI has time for. `npm run torture -- 0.1` runs a tenth of these numbers,
 * `npm run torture -- 1 untorn removal` only these two parts at full size.
 *
 * It prints its plan with an estimate for each part, then runs two parts at a time, the longest first. If a part fails,
 * the others still run. Each line of a part's output is printed as soon as it comes, after the part's name.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { build } from './build.mjs';
import { prepare } from './needs.mjs';
import { installNode, MAJORS } from './nodes.mjs';
import { main, Refusal, root, run, step } from './steps.mjs';

/**
 * The parts. The comments say what the sizes count. Each part has:
 *
 * - `minutes`: how long it takes at full size, if it runs alone on two idle cores;
 * - `figures`: the sizes that its tests read from the environment, before they are multiplied by TIMES;
 * - `file`: the test file in TypeScript; or `rust`: the test program in Rust;
 * - `of`: the only file of the Rust program that is run; all its files if left out.
 */
const PARTS = {
  /** Seconds of series that come and go, with kills. */
  soak: { minutes: 30, figures: { SOAK_SECONDS: 1_800 }, file: 'crash/soak' },
  /** Processes and threads that end in each way, on each version of Node.js. */
  endings: { minutes: 20, figures: { ENDINGS: 1_250 }, file: 'crash/endings' },
  /** Writers killed, and replaced. */
  kills: { minutes: 15, figures: { KILLS: 5_000 }, file: 'crash/kills' },
  /** Seconds of scrapes while writers update at full speed. */
  untorn: { minutes: 11, figures: { UNTORN_SECONDS: 600 }, file: 'crash/untorn' },
  /** Bits flipped before a reader reads and before a writer attaches, and bytes changed while writers go on. */
  corruption: { minutes: 10, figures: { FLIPS: 1_000_000 }, rust: 'in_process', of: 'corruption' },
  /** Rounds that damage texts and hashes under a writer that goes on. */
  texts: { minutes: 5, figures: { FLIPS: 1_000_000 }, rust: 'in_process', of: 'damaged_texts' },
  /** Rounds that change bytes while processes count and scrape. */
  damage: { minutes: 10, figures: { DAMAGE: 50_000 }, file: 'crash/damage' },
  /** Scrapes of 100 KB in a process that does nothing else. The test also scrapes 5 MB, a hundredth as often. */
  scraped: { minutes: 3, figures: { SCRAPES: 20_000 }, file: 'processes/scrape-memory' },
  /** All errors with which system calls are refused; CI tests a part of them. TIMES changes nothing. */
  refused: { minutes: 4, figures: { REFUSALS: 'all' }, file: 'environments/refused-calls' },
  /** All test runners, which take long to install; CI tests a part of them. TIMES changes nothing. */
  runners: { minutes: 5, figures: { RUNNERS: 'all' }, file: 'runners/runners' },
  /** All frameworks, which CI does not test. TIMES changes nothing. */
  dependents: { minutes: 6, figures: { DEPENDENTS: 'all' }, file: 'dependents/frameworks' },
  /** Random programs that are compared with prom-client. */
  programs: { minutes: 10, figures: { RUNS: 20_000 }, file: 'compat/programs' },
  openmetrics: { minutes: 8, figures: { RUNS: 20_000 }, file: 'compat/programs-openmetrics' },
  /** Removals of the segment's file while processes count. */
  removed: { minutes: 28, figures: { REMOVED: 1_000 }, file: 'crash/removed-load' },
  /** Rounds in which each of two processes makes and removes series. */
  removal: { minutes: 6, figures: { ROUNDS: 5_000_000 }, file: 'processes/removal' },
  /** Kills of Rust processes, many of them while the process holds the heap lock. */
  rust: { minutes: 6, figures: { KILLS: 5_000 }, rust: 'kills' },
  exemplars: { minutes: 5, figures: { KILLS: 5_000 }, rust: 'exemplars_killed' },
  /** Rounds of updates in each process and thread. */
  sums: { minutes: 3, figures: { EACH: 10_000_000 }, file: 'processes/sums' },
  /** Requests with random paths. Those whose series is refused count in the series `other` of their metric. */
  overflow: { minutes: 1, figures: { REQUESTS: 1_000_000 }, file: 'crash/overflow' },
  /** Requests in each of two loads. Two major versions of every framework are tested, and each gets both loads. */
  middleware: { minutes: 15, figures: { REQUESTS: 100_000 }, file: 'processes/middleware-load' },
  /** Workers that are killed and replaced. Their gauges count the dead. */
  respawns: { minutes: 45, figures: { RESPAWNS: 20_000 }, file: 'processes/dead-gauges' },
  /** Kills of workers on 20 hosts that share their metrics through Redis, with partitions and losses of Redis. */
  hosts: { minutes: 50, figures: { HOST_KILLS: 1_000, HOSTS: 20 }, file: 'crash/hosts' },
  /** All faults that the storms of hosts must find; CI tests a part of them. TIMES changes nothing. */
  mutations: { minutes: 6, figures: { MUTATIONS: 'all' }, file: 'crash/hosts-mutations' },
  /** No size: the test always uses a million random label values. */
  labels: { minutes: 2, figures: {}, file: 'crash/random-labels' },
};

/** The profile of the tests in Rust; see Cargo.toml. */
const PROFILE = ['--profile', 'torture'];

/** Number of parts that run at once: each part waits for its processes much of the time. */
const AT_ONCE = 2;

/** Returns a size as the tests read it: multiplied by TIMES, at least 1. A text stays as it is. */
function scaled(figure, times) {
  return typeof figure === 'number' ? String(Math.max(1, Math.round(figure * times))) : figure;
}

/** Runs a part, and prints each line of its output with the part's name. Resolves with whether the part passed. */
function passes(name, { file, rust, of, figures }, times, cargo) {
  const prefix = rust === undefined ? 'MPMETRICS_TEST_' : 'MPMETRICS_';
  // A skipped test is a failure, as in CI.
  const env = { ...process.env, ...cargo, CI: 'true' };
  for (const [name, figure] of Object.entries(figures)) env[prefix + name] = scaled(figure, times);
  const vitest = ['--no-install', 'vitest', 'run', '--project', 'direct*'];
  const test = ['test', ...PROFILE, '-p', 'mpmetrics-core', '--test', rust];
  if (of !== undefined) test.push(`${of}::`);
  const [command, args] =
    rust === undefined ? ['npx', [...vitest, `__test__/${file}.test.ts`]] : ['cargo', test];
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      if (line.trim() !== '') process.stdout.write(`[${name}] ${line}\n`);
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      process.stdout.write(`[${name}] ${command} could not be run: ${error.message}\n`);
    });
    child.on('close', (code) => resolve(code === 0));
  });
}

/** Returns the parts with the given names, or all parts if there are none, the longest first. */
function chosen(names) {
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown !== undefined) {
    throw new Refusal(`no part is called ${unknown}; there are ${Object.keys(PARTS).join(', ')}`);
  }
  const parts = Object.entries(PARTS).filter(
    ([name]) => names.length === 0 || names.includes(name),
  );
  return parts.sort(([, a], [, b]) => b.minutes - a.minutes);
}

function tell(line) {
  process.stdout.write(`${line}\n`);
}

main(async () => {
  const [size = '1', ...names] = process.argv.slice(2);
  const times = Number(size);
  if (!(times > 0)) throw new Refusal(`expected a number above 0, and then parts: ${size}`);
  const parts = chosen(names);
  const minutes = parts.reduce((sum, [, part]) => sum + part.minutes * times, 0);
  tell(`The plan, in minutes on two quiet cores; some ${Math.ceil(minutes / AT_ONCE)} in all:`);
  for (const [name, part] of parts) {
    const figures = Object.entries(part.figures).map(([name, n]) => `${name} ${scaled(n, times)}`);
    tell(`  ${name.padEnd(12)}${(part.minutes * times).toFixed(1).padStart(5)}  ${figures.join()}`);
  }
  const files = parts.flatMap(([, { file }]) => (file === undefined ? [] : [`${file}.test`]));
  const out = files.length > 0 ? await prepare(files) : [];
  if (out.length > 0) throw new Refusal('these parts need what is missing, see above');
  const { cargo } = await build();
  if (cargo === null) throw new Refusal('the tests in Rust need cargo, which was not found.');
  await Promise.all(MAJORS.map(installNode));
  const rust = new Set(parts.flatMap(([, part]) => (part.rust === undefined ? [] : [part.rust])));
  if (rust.size > 0) {
    const programs = [...rust].map((name) => `--test=${name}`);
    const args = ['test', ...PROFILE, '--no-run', '-p', 'mpmetrics-core', ...programs];
    await step('building the tests in Rust', () => run('cargo', args, { env: cargo }));
  }
  const began = performance.now();
  const took = (since) => `${((performance.now() - since) / 60_000).toFixed(1)} min`;
  const failed = [];
  const waiting = [...parts];
  const lane = async () => {
    for (let next; (next = waiting.shift()) !== undefined;) {
      const [name, part] = next;
      const start = performance.now();
      tell(`» ${name} …`);
      const passed = await passes(name, part, times, cargo);
      tell(`${passed ? '✓' : '✗'} ${name}: ${took(start)}, ${waiting.length} to come`);
      if (!passed) failed.push(name);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  tell(`torture: ${parts.length - failed.length} of ${parts.length} parts passed, ${took(began)}`);
  if (failed.length > 0) throw new Refusal(`torture failed in ${failed.join(', ')}`);
});
