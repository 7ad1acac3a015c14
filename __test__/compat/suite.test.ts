/** Tests of the suite itself: how many specs run on all clients, and fail on a stub that does nothing. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { plainEnvironment } from '../support/plain-environment';
import { oracle, outcome, type Program } from '../support/subject';
import { stub } from '../support/stub';

const root = join(__dirname, '..', '..');

test('at least 350 specs run against prom-client, each storage and the stub', () => {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  // One project is enough: the others run no further specs.
  const args = ['list', '--project', 'direct', '__test__/compat', '--json'];
  const listed = spawnSync(process.execPath, [vitest, ...args], {
    cwd: root,
    encoding: 'utf8',
    env: plainEnvironment(),
    maxBuffer: 1 << 26,
  });
  const tests = JSON.parse(listed.stdout.slice(listed.stdout.indexOf('['))) as {
    name: string;
    file: string;
  }[];
  const of = (subject: string, prefix = '') => {
    const start = `'${subject}' > ${prefix}`;
    const own = tests.filter(({ name }) =>
      name.replace(/^(?!')(.*?) >/, "'$1' >").startsWith(start),
    );
    return new Set(
      own.map(({ name, file }) => `${file}: ${name.slice(name.indexOf('> ') + 2 + prefix.length)}`),
    );
  };
  const specs = of(stub.name, 'fails: ');
  expect(specs.size).toBeGreaterThanOrEqual(350);
  for (const subject of ['memory storage', 'heap storage']) {
    const seen = of(subject);
    expect([...specs].filter((spec) => !seen.has(spec))).toEqual([]);
  }
});

test('a spec whose result does not depend on the client passes on the stub', async () => {
  const idle: Program = ({ Counter }) => {
    new Counter({ name: 'c', help: 'h' });
    return ['done'];
  };
  const expected = await idle(await oracle.load());
  expect(await outcome(idle, await stub.load())).toEqual({ value: expected });
});
