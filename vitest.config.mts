import { availableParallelism } from 'node:os';

import { defineConfig } from 'vitest/config';

import { LIMIT } from './__test__/support/patience.mjs';
import { bundleClients } from './__test__/support/client-bundles.mts';
import { SlowestFirst } from './__test__/support/slowest-first.mts';

/**
 * Suites whose results do not depend on the update path. They test, for example, which segment a process finds, what the
 * doctor reports, when a process ends, how metrics are declared and printed, and who answers a scrape.
 */
const PATHLESS = {
  processes: [
    ...['commands', 'commands-*'],
    ...['cluster', 'collect-life', 'collect-unwilling', 'collectors', 'default-metrics', 'doctor'],
    ...['engines', 'engines-*'],
    ...['http-server', 'large-text', 'library-metrics', 'meeting', 'meeting-*', 'middleware'],
    ...['middleware-load', 'prefixes', 'pushgateway', 'redis-*', 'register', 'rust', 'scope'],
    'scrape-memory',
    ...['textfile', 'totals'],
  ],
  compat: [
    ...['aggregate', 'aggregator-names', 'backend-*', 'backends', 'buffered', 'buffered-*'],
    'collectors',
    ...['configuration', 'deep-paths', 'default-metrics', 'describe-backend', 'exports', 'http'],
    ...['inspection', 'messages', 'metric-names', 'names'],
    ...[
      'pushgateway',
      'readers',
      'redis-options',
      'refusals-options',
      'serving',
      'states-readers',
      'successor',
    ],
    'engines',
    // Specs of the suite itself.
    'suite',
  ],
};

/** The update path on which suites run that do not depend on it. */
const ONCE = 'direct';

/** The options that all projects of one update path share. */
function on(path: string, name: string, test: object) {
  const fewer = {
    MPMETRICS_TEST_ENDINGS: '5',
    MPMETRICS_TEST_SEGMENTS: '50',
    MPMETRICS_TEST_STARTS: '4',
  };
  const kills = path === ONCE ? (process.env['MPMETRICS_TEST_KILLS'] ?? '200') : '50';
  const env = {
    MPMETRICS_CELLS: path,
    MPMETRICS_TEST_KILLS: kills,
    ...(path === ONCE ? {} : fewer),
  };
  return { extends: true as const, test: { name, env, ...test } };
}

/** A project that runs the specs, which start no process of an application, on one update path. */
function specs(path: string) {
  // On the native path, JavaScript does not ask for buckets: `crates/mpmetrics-core/tests/in_process/summaries.rs` tests that
  // path.
  const elsewhere = path === 'native' ? ['heap-summaries'] : [];
  const left = path === ONCE ? [] : [...PATHLESS.compat, ...elsewhere];
  return on(path, path, {
    include: ['__test__/compat/**/*.test.ts'],
    exclude: left.map((file) => `__test__/compat/${file}.test.ts`),
  });
}

/**
 * A project that runs all other suites on one update path. Suites that do not depend on the path run on one only: how
 * segments are opened and refused (`crash/corrupt`), and how the package is found and loaded (`environments`,
 * `package`, `dependents`).
 */
function programs(path: string, include: string[]) {
  const exclude = ['__test__/compat/**'];
  if (path !== ONCE)
    exclude.push(...PATHLESS.processes.map((file) => `__test__/processes/${file}.test.ts`));
  // Frameworks take minutes to install, so only `npm run torture` runs their spec.
  if (process.env['MPMETRICS_TEST_DEPENDENTS'] !== 'all')
    exclude.push('__test__/dependents/frameworks.test.ts');
  return on(path, `${path}-programs`, { include, exclude });
}

/** Path of the native module in the variant for targets without 64-bit atomics. `npm test` builds it and sets this. */
const locked = process.env['MPMETRICS_TEST_LOCKED'] ?? '';

/** A project that runs a subset of the suites on that variant, in which all words change under mutexes. */
const OVER_LOCKED = {
  extends: true as const,
  test: {
    name: 'locked',
    include: [
      '__test__/compat/{counter,exemplars,gauge,gauge-aggregators,heap-storage,histogram,quantiles,registry,summary}.test.ts',
      '__test__/processes/{exemplars,gauge-aggregators,paths,removal,sums}.test.ts',
      '__test__/crash/{kills,untorn}.test.ts',
    ],
    // An update takes a microsecond here, and ten where six writers want the same mutexes.
    env: {
      MPMETRICS_NATIVE: locked,
      MPMETRICS_CELLS: 'native',
      MPMETRICS_TEST_EACH: '50000',
      MPMETRICS_TEST_KILLS: '25',
      MPMETRICS_TEST_UNTORN_SECONDS: '10',
    },
  },
};

/** A project that runs a subset of the specs on a backend of cells: those that need no other process and no quantiles. */
const OVER_CELLS = on(ONCE, 'backend', {
  include: [
    '__test__/compat/{aggregate,arguments,collectors,counted-functions,counter,default-labels,exemplars}.test.ts',
    '__test__/compat/{gauge,histogram,info,label-types,labels,limits,metric,observe-count,openmetrics}.test.ts',
    '__test__/compat/{overflow,overrides,programs,states,timed-functions,union}.test.ts',
  ],
  env: { MPMETRICS_TEST_CELLS: 'backend' },
});

await bundleClients();

export default defineConfig({
  test: {
    // Tests wait by the clock of patience.mjs, which depends on the machine's load. This limit is for all other hangs.
    testTimeout: LIMIT,
    hookTimeout: LIMIT,
    pool: 'forks',
    // A process runs several files, because starting Vitest in one takes most of a second of processor time. Each file
    // loads its modules again.
    isolate: false,
    // Most files wait half of the time for processes.
    maxWorkers: availableParallelism() * 2,
    sequence: { sequencer: SlowestFirst },
    setupFiles: ['./__test__/support/own-modules.ts', './__test__/support/processor-time.ts'],
    globalSetup: ['./__test__/support/segments-folder.mts'],
    reporters: ['default', './__test__/support/telling-reporter.ts'],
    // Each update path has two projects: see docs/ARCHITECTURE.md. Those of `native` and `ordered` run fewer suites.
    projects: [
      ...['direct', 'native', 'ordered'].map(specs),
      OVER_CELLS,
      programs('direct', ['__test__/**/*.test.ts']),
      programs('native', [
        '__test__/processes/**/*.test.ts',
        '__test__/crash/{endings,full,kills,lock,random-labels,untorn}.test.ts',
      ]),
      programs('ordered', [
        '__test__/processes/{gauge-aggregators,removal,sums}.test.ts',
        '__test__/crash/{kills,untorn}.test.ts',
      ]),
      ...(locked === '' ? [] : [OVER_LOCKED]),
    ],
  },
});
