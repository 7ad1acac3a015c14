/** What is built for users has nothing in it that is for tests only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const binary = readFileSync(
  join(__dirname, '..', '..', 'npm', 'linux-x64-gnu', 'mpmetrics.linux-x64-gnu.node'),
);

test('the binary has no kill points', () => {
  // A test in Rust shows that a build with them has this name; a string that is in every build shows that
  // one is found here.
  expect(binary.includes('MPMETRICS_KILL_POINT')).toBe(false);
  expect(binary.includes('register.published')).toBe(false);
  expect(binary.includes('ERR_MPMETRICS_CORRUPT')).toBe(true);
});
