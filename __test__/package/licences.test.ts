/** Each crate in Cargo.lock has a licence that deny.toml allows. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const root = join(__dirname, '..', '..');
const [, list] = /^allow = \[([^\]]*)\]/m.exec(readFileSync(join(root, 'deny.toml'), 'utf8'))!;
const allowed = new Set([...list!.matchAll(/"([^"]+)"/g)].map(([, name]) => name!));

/** Returns whether the allowed licences satisfy an SPDX expression. A slash is the old form of OR. */
function fits(expression: string): boolean {
  const inner = /\(([^()]*)\)/.exec(expression);
  if (inner !== null) {
    return fits(expression.replace(inner[0], fits(inner[1]!) ? 'allowed' : 'not allowed'));
  }
  return expression
    .split(/ OR | ?\/ ?/)
    .some((all) => all.split(' AND ').every((one) => one === 'allowed' || allowed.has(one)));
}

test('SPDX expressions are evaluated', () => {
  expect(allowed.size).toBeGreaterThan(2);
  expect(fits('Apache-2.0 OR BSL-1.0')).toBe(true);
  expect(fits('MIT/BSL-1.0')).toBe(true);
  expect(fits('MIT AND BSL-1.0')).toBe(false);
  expect(fits('(MIT OR BSL-1.0) AND Unicode-3.0')).toBe(true);
  expect(fits('(BSL-1.0 OR Zlib) AND MIT')).toBe(false);
  expect(fits('Apache-2.0 WITH LLVM-exception')).toBe(false);
});

test('every crate has a licence that is allowed', () => {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 } as const;
  const metadata = execFileSync('cargo', ['metadata', '--locked', '--format-version=1'], options);
  const { packages } = JSON.parse(metadata) as {
    packages: { name: string; license: string | null }[];
  };
  expect(packages.length).toBeGreaterThan(50);
  const refused = packages.filter(({ license }) => license === null || !fits(license));
  expect(refused.map(({ name, license }) => `${name}: ${license}`)).toEqual([]);
});
