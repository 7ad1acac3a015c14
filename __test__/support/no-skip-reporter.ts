import type { Reporter, TestModule } from 'vitest/node';

/**
 * Makes a run fail in which a test was skipped. Used in CI, where a skipped test is a promise that
 * nobody checks.
 */
export default class NoSkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) =>
      [...module.children.allTests('skipped')].map(
        (test) => `${module.moduleId}: ${test.fullName}`,
      ),
    );
    if (skipped.length === 0) return;
    process.stderr.write(`Skipped tests are failures in CI:\n  ${skipped.join('\n  ')}\n`);
    process.exitCode = 1;
  }
}
