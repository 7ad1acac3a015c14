/**
 * Returns the environment for a process that behaves as in production. It lacks the variables of the test runner, which
 * make the package choose memory storage, and those of a developer's shell, which may choose another segment. It keeps
 * the update path (MPMETRICS_CELLS) and the binary (MPMETRICS_NATIVE), because suites run once for each of these.
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
