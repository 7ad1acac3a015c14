/** The order of test files: those that take longest first, so that no file runs alone at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest in CI, by their real time. */
const SLOWEST = [
  ...['dependents/dependents', 'crash/removed', 'environments/refused-calls', 'crash/endings'],
  ...['processes/middleware-load', 'runners/runners', 'crash/kills', 'processes/meeting-at-once'],
  ...['package/next', 'package/package', 'types/corpus', 'demo/demo', 'middleware/nest'],
];

function rank({ moduleId }: TestSpecification): number {
  const found = SLOWEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return found < 0 ? SLOWEST.length : found;
}

export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}
