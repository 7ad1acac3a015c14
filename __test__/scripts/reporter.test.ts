/** The output of a test run whose stdout is a pipe. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

import { plainEnvironment } from '../support/plain-environment';

const root = join(__dirname, '..', '..');
// The folder is below the repository, so that vitest is found.
const folder = mkdtempSync(join(root, 'target', 'reporter-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

writeFileSync(
  join(folder, 'a.test.mjs'),
  `import { beforeAll, describe, expect, test } from 'vitest';
   test('unequal', () => { expect({ a: 1 }).toEqual({ a: 2 }); });
   describe('suite', () => {
     beforeAll(() => { throw new Error('thrown by a hook'); });
     test('never run', () => {});
   });
   test('slow', () => new Promise(() => {}), 50);
   test.skip('put aside', () => {});
   if (process.env.HANGS) {
     test('hanging', () => { console.log('hangs'); return new Promise(() => {}); }, 1_000_000_000);
   }`,
);
const configuration = { root: folder, include: ['*.test.mjs'], pool: 'forks' };
writeFileSync(
  join(folder, 'vitest.config.mjs'),
  `export default { test: ${JSON.stringify({
    ...configuration,
    reporters: ['default', join(root, '__test__', 'support', 'telling-reporter.ts')],
  })} };`,
);

/** Starts a run whose stdout is a pipe. */
function start(file: string, env: Record<string, string> = {}) {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', file], {
    cwd: folder,
    env: plainEnvironment({ NO_COLOR: '1', CI: '', ...env }),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const run = { child, text: '', ended: once(child, 'close') };
  child.stdout.on('data', (chunk: Buffer) => (run.text += chunk.toString()));
  return run;
}

/** The messages of the failures. They are printed in the order in which vitest tells them, which may differ. */
const FAILURES = [
  /FAILED a\.test\.mjs > unequal\nAssertionError: [^]*"a": 2[^]*\n {2}at .*a\.test\.mjs:2/,
  /FAILED a\.test\.mjs > suite\nError: thrown by a hook/,
  /FAILED a\.test\.mjs > slow\nError: Test timed out in 50ms/,
];

test('failures are printed when they happen, and again at Ctrl-C, with the running tests', async () => {
  const run = start('a.test.mjs', { HANGS: '1' });
  const told = () => FAILURES.every((one) => one.test(run.text)) && run.text.includes('hangs');
  while (!told()) await once(run.child.stdout, 'data');
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual([130, null]);
  const last = run.text.slice(run.text.indexOf('\nBroken off'));
  expect(last).toMatch(/^\nBroken off by SIGINT while these ran:\n {2}a\.test\.mjs > hanging\n/);
  for (const failure of FAILURES) expect(last).toMatch(failure);
});

test('skipped tests, tests that failed by time alone, and the slowest files are named', async () => {
  const run = start('a.test.mjs');
  expect(await run.ended).toEqual([1, null]);
  const end = run.text.slice(run.text.indexOf('\nLeft out:'));
  expect(end).toMatch(/^\nLeft out:\n(?: {2}.*\n)* {2}a\.test\.mjs > put aside\n/);
  expect(end).toMatch(
    /\nFailed by time alone, at load [\d.]+ on \d+ processors:\n {2}a\.test\.mjs > slow\n\n/,
  );
  // This run measures no processor time, because its configuration does not load `processor-time.ts`.
  expect(end).toMatch(
    /\nThe slowest files, with their seconds of real time and of processor time:\n +\d+\.\d +a\.test\.mjs\n$/,
  );
});

test('skipped tests are failures in CI', async () => {
  writeFileSync(
    join(folder, 'b.test.mjs'),
    `import { test } from 'vitest';
     test.skip('put aside', () => {});
     test('done', () => {});`,
  );
  const run = start('b.test.mjs', { CI: 'true' });
  expect(await run.ended).toEqual([1, null]);
  expect(run.text).toContain('\nSkipped tests are failures in CI:\n  b.test.mjs > put aside\n');
});
