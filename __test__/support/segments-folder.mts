/** Vitest's global setup: makes the folder of the specs' segments, and removes it when Vitest ends. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The environment variable with the folder, for the processes of tests. */
export const FOLDER = 'MPMETRICS_TEST_FOLDER';

/** Makes the folder. Vitest calls this once for each project, in one process. */
export function setup(): void {
  const place = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  process.env[FOLDER] ??= mkdtempSync(join(place, 'mpmetrics-test-'));
}

/** Removes the folder. */
export function teardown(): void {
  rmSync(process.env[FOLDER]!, { recursive: true, force: true });
}
