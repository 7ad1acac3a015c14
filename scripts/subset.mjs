/**
 * The named subset of the tests on another version of Node.js, with the binary that is built:
 * `node scripts/subset.mjs 22`.
 */
import { installNode } from './nodes.mjs';
import { main, run, step } from './steps.mjs';

/** What depends on V8, on N-API and on how Node.js ends; the rest is the same code on each version. */
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

/** Smaller than on the version on which everything runs. */
const SIZES = {
  MPMETRICS_TEST_EACH: '300000',
  MPMETRICS_TEST_KILLS: '25',
  MPMETRICS_TEST_RUNS: '50',
  MPMETRICS_TEST_UNTORN_SECONDS: '2',
};

const RUN = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'direct'];

main(async () => {
  const major = Number(process.argv[2]);
  const node = await installNode(major);
  await step(`testing a subset on Node.js ${major}`, () =>
    run(node, [...RUN, ...SUBSET], { show: true, env: SIZES }),
  );
});
