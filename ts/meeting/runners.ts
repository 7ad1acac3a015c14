/** Test runners: under them each file's metrics are to be as fresh as with prom-client, so nothing is shared. */

import { isMainThread } from 'worker_threads';

import { argumentsOf, startOf, type Variables } from './processes';

/** Variables that runners set where they run test files in processes or threads of their own, or load them afresh. */
const VARIABLES = [
  'JEST_WORKER_ID',
  // Vitest's own process sets the one for its workers, they set the other.
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

/** AVA and Jasmine set none: what their processes and threads run tells. */
const SCRIPT =
  /(?:^|\/)node_modules\/(?:\.bin\/(?:ava|jasmine)|ava\/(?:entrypoints|lib)\/.*|jasmine\/bin\/.*)$/;

/** What is asked for once. */
interface Started {
  /** The arguments that this process was started with. */
  args: readonly string[];
  /** The variables that this process was started with; null if they cannot be told. */
  own: Variables | null;
  /** Those of its parent. */
  parent: Variables | null;
}

let started: Started | undefined;

/**
 * True if test files run in this thread or in this process's main thread.
 *
 * A program that a test starts inherits the variables and runs no tests: it shares as it does in production.
 * It is told from the runner's own child by its parent, which was started with the same; where the runner set
 * the variable in the process that runs the test, the two look alike, and nothing is shared.
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
 * @param parent gives those of its parent; null if they cannot be told
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
