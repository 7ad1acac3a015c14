/**
 * `npm test [-- vitest's arguments]`: installs what the tests need, or prints which tests are skipped; builds; and runs
 * the tests of TypeScript and Rust. With vitest's arguments, only the tests of TypeScript are run. If the environment
 * variable CI is set, a skipped test is a failure.
 */
import { build } from './build.mjs';
import { checkMachine, checkToolchain } from './environment.mjs';
import { buildLocked } from './locked.mjs';
import { prepare } from './needs.mjs';
import { main, run, step, Refusal } from './steps.mjs';

/** The profile of Rust tests; see Cargo.toml. */
const CHECKED = ['--profile', 'checked'];

/** Test programs in Rust that also run with locked words, and files of the program `in_process` that do. */
const LOCKED = ['locked', 'exemplars_killed', 'kills'];
const LOCKED_FILES = [
  ...['copied_blocks', 'exemplars', 'gauge_aggregators', 'heap', 'heap_interrupted'],
  ...['shared_gauge', 'summaries', 'summaries_interrupted', 'torn'],
];
/** Tests that are skipped with locked words: the quantiles are the same, and the tests would take ten times as long. */
const NOT_LOCKED = ['a_million_values', 'a_hundred_label_sets'];

/** Runs the Rust tests one after another. The output of a failed run is printed when it has ended. */
async function testRust(part, cargo) {
  const test = (title, args, env = {}) =>
    part(title, 'cargo', ['test', ...args], { env: { ...cargo, ...env } });
  // All tests are built once, with the kill points, which do nothing where no test arms them.
  const all = '--workspace --features mpmetrics-core/kill-points --quiet'.split(' ');
  await test('testing with cargo, and dying and stopping at each kill point', [...CHECKED, ...all]);
  const models =
    '--profile models -p mpmetrics-core --lib --target-dir target/loom --quiet loom'.split(' ');
  await test('checking the models with loom', models, { RUSTFLAGS: '--cfg loom' });
  const locked = [...CHECKED, ...'-p mpmetrics-core --features locked'.split(' ')];
  const programs = LOCKED.map((name) => `--test=${name}`);
  const files = LOCKED_FILES.map((name) => `${name}::`);
  const skipped = NOT_LOCKED.map((name) => `--skip=${name}`);
  // The tests of cells are not run: they race two threads, which here share one lock, so they would prove nothing.
  for (const of of [
    ['--lib', 'sync::'],
    programs,
    ['--test=in_process', '--', ...files, ...skipped],
  ]) {
    await test('testing locked words', [...locked, ...of], { MPMETRICS_KILLS: '80' });
  }
}

main(async () => {
  const filter = process.argv.slice(2);
  checkMachine();
  const toolchain = checkToolchain();
  const failures = [];
  const out = await prepare(filter);
  if (process.env.CI) failures.push(...out);
  // `scripts/check.mjs` sets this when it has built. A second build by napi would compile the native module again.
  const { cargo } = process.env.MPMETRICS_BUILT ? { cargo: toolchain } : await build();
  const part = async (title, command, args, options) => {
    try {
      await step(title, () => run(command, args, options));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failures.push(error.message);
    }
  };
  const env = {};
  const rust = filter.length === 0 && cargo !== null;
  // The tests of Rust run beside the others, which wait for their processes half of the time.
  const ofRust = rust ? testRust(part, cargo) : undefined;
  if (rust) env.MPMETRICS_TEST_LOCKED = await buildLocked(cargo);
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...filter];
  await part('testing with vitest', process.execPath, vitest, { env, show: true });
  await ofRust;
  if (filter.length > 0) {
    process.stderr.write('· cargo test is left out, because arguments for vitest were given\n');
  } else if (cargo === null) {
    failures.push('cargo test could not be run, because cargo was not found');
  }
  if (failures.length > 0) throw new Refusal(failures.join('; '));
});
