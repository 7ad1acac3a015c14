/**
 * The environment for a process that is to behave as it does in production. The test runner's own
 * variables would make the package choose memory storage, and those of a developer's shell another segment. How
 * cells are updated, and by which binary, stays: suites are run once for each.
 *
 * @param extra variables to add
 */
export function plainEnvironment(extra: Record<string, string> = {}): Record<string, string> {
  const foreign =
    /^(VITEST|JEST|MPMETRICS(?!_(CELLS|NATIVE)$)|DEMO|NODE_ENV$|NODE_OPTIONS$|NODE_UNIQUE_ID$|TEST$|TAP|NODE_TEST_CONTEXT$|MOCHA_)/;
  const own = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !foreign.test(entry[0]),
  );
  return { ...Object.fromEntries(own), ...extra };
}
