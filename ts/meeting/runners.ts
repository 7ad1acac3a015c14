/** Test runners: each test file is to begin with fresh metrics, as with prom-client, so they are not shared. */

import { isMainThread } from 'worker_threads';

import { argumentsOf, startOf, type Variables } from './processes';

/** Variables of runners that run test files in processes or threads of their own, or load them again for each file. */
const VARIABLES = [
  'JEST_WORKER_ID',
  // Vitest's main process sets the first for its workers, which set the second.
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

/** AVA and Jasmine set none: the scripts of their processes and threads show it. */
const SCRIPT =
  /(?:^|\/)node_modules\/(?:\.bin\/(?:ava|jasmine)|ava\/(?:entrypoints|lib)\/.*|jasmine\/bin\/.*)$/;

/** Read once. */
interface Started {
  /** The arguments that this process was started with. */
  args: readonly string[];
  /** The variables that this process was started with; null if they are unknown. */
  own: Variables | null;
  /** Those of its parent. */
  parent: Variables | null;
}

let started: Started | undefined;

/**
 * True if test files run in this thread or in this process's main thread.
 *
 * A program that a test starts inherits the variables but runs no tests: it shares metrics as in production. It differs
 * from the runner's own child in that its parent was started with the same variable. If the runner set the variable in
 * the process that runs the test, the two look alike, and metrics are not shared.
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
 * @param parent returns those of its parent; null if they are unknown
 */
export function runsTests(own: Variables, parent: () => Variables | null): boolean {
  return VARIABLES.some((name) => own[name] !== undefined && isRunners(name, own, parent()));
}

/** True if the variable was set by a runner for this very process. */
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
