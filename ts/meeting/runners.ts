/** Test runners: under these, metrics are not shared, so that each test file begins with fresh metrics. */

import { isMainThread } from 'worker_threads';

import { argumentsOf, startOf, type Variables } from './processes';

/**
 * Environment variables that are set by runners that run each test file in a process or thread of its own, or load
 * modules again for each file.
 */
const VARIABLES = [
  'JEST_WORKER_ID',
  // Vitest's main process sets VITEST for its workers, which set VITEST_POOL_ID.
  'VITEST',
  'VITEST_POOL_ID',
  'MOCHA_WORKER_ID',
  'TAP',
  'TAP_CHILD_ID',
  // node:test
  'NODE_TEST_CONTEXT',
  // Playwright
  'TEST_WORKER_INDEX',
  'CUCUMBER_WORKER_ID',
  // WebdriverIO
  'WDIO_WORKER_ID',
  'STRYKER_MUTATOR_WORKER',
  'RSTEST',
] as const;

/** The scripts of AVA's and Jasmine's processes and threads, because these runners set no variable. */
const SCRIPT =
  /(?:^|\/)node_modules\/(?:\.bin\/(?:ava|jasmine)|ava\/(?:entrypoints|lib)\/.*|jasmine\/bin\/.*)$/;

/** How this process was started; read once. */
interface Started {
  /** The arguments that this process was started with. */
  args: readonly string[];
  /** The variables that this process was started with; null if they are unknown. */
  own: Variables | null;
  /** The variables that its parent was started with; null if they are unknown. */
  parent: Variables | null;
}

let started: Started | undefined;

/**
 * True if test files run in this thread or in this process's main thread.
 *
 * A program that a test starts inherits the runner's variable, but runs no tests: it shares metrics as in production.
 * Such a program is recognized by its parent, which was started with the same value of the variable. The parent of a
 * process that runs tests is the runner, which was started without that value. Some runners set the variable only
 * within the process that runs the test. A program that such a process starts is not recognized, and does not share
 * metrics.
 */
export function isUnderTest(): boolean {
  const scripts = isMainThread ? [process.argv[1]] : [process.argv[1], ...atStart().args];
  if (scripts.some((script) => script !== undefined && SCRIPT.test(script))) return true;
  const variables = isMainThread ? process.env : { ...process.env, ...atStart().own };
  return VARIABLES.some((name) => {
    if (variables[name] === undefined) return false;
    const { own, parent } = atStart();
    return isRunners(name, own, parent);
  });
}

/**
 * True if a process was started to run tests.
 *
 * @param own the variables that it was started with
 * @param parent returns the variables that its parent was started with; null if they are unknown
 */
export function runsTests(own: Variables, parent: () => Variables | null): boolean {
  return VARIABLES.some((name) => own[name] !== undefined && isRunners(name, own, parent()));
}

/** True if a runner set the variable for a process; false if the process inherited it from its parent. */
function isRunners(name: string, own: Variables | null, parent: Variables | null): boolean {
  const value = own?.[name];
  return value === undefined || value !== parent?.[name];
}

function atStart(): Started {
  return (started ??= {
    args: argumentsOf('self') ?? [],
    own: startOf('self').variables,
    parent: startOf(process.ppid).variables,
  });
}
