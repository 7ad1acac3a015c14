import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { CHECKS, chosen } from '../../scripts/check.mjs';
import { specsWithoutProcesses } from '../../scripts/specs.mjs';

const root = join(__dirname, '..', '..');

describe('the checks', () => {
  test('before a push include those of a commit, and CI runs all of them', () => {
    const [commit, check, ci] = [['commit'], [], ['ci']].map(chosen);
    expect(check).toEqual(expect.arrayContaining(commit!));
    // CI's check `tests` includes `specs` and `units`.
    const alone = check!.filter((name) => !ci!.includes(name));
    expect(alone).toEqual(['specs', 'units']);
    expect(ci).toContain('tests');
  });

  test('are chosen by name, and run in a fixed order', () => {
    expect(chosen(['types', 'eslint'])).toEqual(['eslint', 'types']);
    expect(() => chosen(['lint'])).toThrow(/^no check is called lint; there are build, /);
    expect(() => chosen(['ci', 'types'])).toThrow(/^no check is called ci; /);
  });

  test('have budgets of 12 minutes together in CI', () => {
    const seconds = chosen(['ci']).map((name) => CHECKS[name]!.seconds!);
    expect(seconds.reduce((sum, one) => sum + one)).toBe(720);
  });

  test.each([
    ['.ci/run', 'ci'],
    ['.githooks/pre-commit', 'commit'],
  ])('are called by %s, which has no checks of its own', (file, occasion) => {
    const lines = readFileSync(join(root, file), 'utf8').trim().split('\n');
    expect(lines.at(-1)).toMatch(new RegExp(`^exec node scripts/check.mjs ${occasion}\\b`));
    const own = lines.slice(0, -1).filter((line) => !/^(#|set |cd |export )/.test(line));
    expect(own).toEqual([]);
    accessSync(join(root, file), constants.X_OK);
  });
});

test('specs that start no process are found by what they and their support import', () => {
  const specs = specsWithoutProcesses();
  expect(specs).toContain('__test__/compat/counter.test.ts');
  expect(specs).toContain('__test__/documents.test.ts');
  // This spec starts processes itself.
  expect(specs).not.toContain('__test__/scripts/machine.test.ts');
  // This spec starts processes through support/application.ts.
  expect(specs).not.toContain('__test__/processes/ttl.test.ts');
  // This spec starts processes through scripts/needs.mjs.
  expect(specs).not.toContain('__test__/compat/default-metrics.test.ts');
});
