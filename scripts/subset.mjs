/**
 * Runs a subset of the tests on another version of Node.js, with the native module that is already built:
 * `node scripts/subset.mjs 22`. Several versions (`22 24 26`) are tested at once; then the output of a version is
 * shown only if its tests fail.
 */
import { installNode } from './nodes.mjs';
import { main, Refusal, run, step } from './steps.mjs';

/** Tests of code that depends on V8, on N-API or on how Node.js ends. */
const SUBSET = [
  '__test__/compat/default-metrics.test.ts',
  '__test__/compat/heap-storage.test.ts',
  '__test__/compat/lookup.test.ts',
  '__test__/compat/programs.test.ts',
  '__test__/compat/registry.test.ts',
  '__test__/crash/kills.test.ts',
  '__test__/crash/untorn.test.ts',
  '__test__/environments/copies.test.ts',
  '__test__/environments/exits.test.ts',
  '__test__/package/package.test.ts',
  '__test__/processes/collect.test.ts',
  '__test__/processes/sums.test.ts',
];

/** Sizes of the tests, smaller than on the version on which all tests run. */
const SIZES = {
  MPMETRICS_TEST_EACH: '300000',
  MPMETRICS_TEST_KILLS: '25',
  MPMETRICS_TEST_RUNS: '50',
  MPMETRICS_TEST_UNTORN_SECONDS: '2',
};

const RUN = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'direct*'];

async function testOn(major, show) {
  const node = await installNode(major);
  await step(`testing a subset on Node.js ${major}`, () =>
    run(node, [...RUN, ...SUBSET], { show, env: SIZES }),
  );
}

main(async () => {
  const majors = process.argv.slice(2).map(Number);
  if (majors.length === 0) throw new Refusal('expected versions of Node.js: 22, 24 or 26');
  const done = await Promise.allSettled(majors.map((major) => testOn(major, majors.length === 1)));
  for (const { reason } of done)
    if (reason !== undefined && !(reason instanceof Refusal)) throw reason;
  const failed = done.flatMap(({ reason }) => (reason === undefined ? [] : [reason.message]));
  if (failed.length > 0) throw new Refusal(failed.join('; '));
});
