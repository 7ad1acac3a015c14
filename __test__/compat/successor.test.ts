/** `@prometheus-io/client` 0.16 as the oracle of its additions to prom-client 15. It needs Node.js 22. */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { beforeAll, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { installNode } from '../../scripts/nodes.mjs';
import { cachedPackage } from '../support/cached-package';
import { plainEnvironment } from '../support/plain-environment';
import { newSegment } from '../support/segments';

const root = join(__dirname, '..', '..');
const dist = join(root, 'dist');

let node: string;
let successor: string;

beforeAll(async () => {
  successor = await cachedPackage('successor', '@prometheus-io/client', '0.16.1');
  if (!lacks('Node.js 22, 24 and 26')) node = await installNode(22);
});

/** Runs a program of `successor/` with `run.cjs`, and returns its output. */
function run(file: string, title: string, env: Record<string, string>): string {
  const program = join(__dirname, 'successor', 'run.cjs');
  const { stdout, stderr } = spawnSync(node, [program, file, title], {
    env: plainEnvironment(env),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout;
}

const require = createRequire(__filename);
const titlesOf = (file: string): string[] =>
  Object.keys(require(`./successor/${file}.cjs`) as Record<string, unknown>);

const onNode22 = test.skipIf(lacks('Node.js 22, 24 and 26'));

onNode22.each(titlesOf('programs'))('%s', (title) => {
  const theirs = run('programs', title, { CLIENT: successor });
  expect(theirs.length).toBeGreaterThan(5);
  expect(run('programs', title, { CLIENT: dist })).toBe(theirs);
  expect(run('programs', title, { CLIENT: dist, SEGMENT: newSegment() })).toBe(theirs);
});

/** Results of programs in `successor/differences.cjs`: of the successor, and of prom-client and this package. */
const DIFFERENCES: Record<string, readonly [theirs: unknown, ours: unknown]> = {
  'gauge.inc(null) throws an error': ['nothing', 'TypeError: Delta is not a valid number'],
  "an exemplar's value is the increment": [5, 3],
  'zero() of undeclared labels': [
    'Error: Added label "z" is not included in initial labelset: []',
    'nothing',
  ],
  'an empty label is not a missing one': [[2], [1, 2]],
  'label values with a bar in them': [[2], [1, 2]],
  'a label that is null where there is a default label': ['m{a="d"} 1', 'm{a="null"} 1'],
  'an undeclared label: the order of declared labels in the error': [
    `Error: Added label "z" is not included in initial labelset: [ 'a', 'b' ]`,
    `Error: Added label "z" is not included in initial labelset: [ 'b', 'a' ]`,
  ],
  'an undeclared label and no number: which of the two the error names': [
    ['Value', 'Value'],
    ['Added', 'Added'],
  ],
  'the clock of gauge.startTimer()': [false, true],
  'the property that holds the values': [
    [false, true],
    [true, false],
  ],
  'validateLabelName() and setValue() of deep paths': [
    [['b-c'], 1],
    [false, 0],
  ],
};

test('there are results for each program of `differences.cjs`', () => {
  expect(titlesOf('differences')).toEqual(Object.keys(DIFFERENCES));
});

onNode22.each(Object.entries(DIFFERENCES))('%s', (title, [theirs, ours]) => {
  const yielded = (env: Record<string, string>): unknown =>
    JSON.parse(run('differences', title, env));
  expect(yielded({ CLIENT: successor })).toEqual(theirs);
  const prom = join(root, 'node_modules', 'prom-client');
  expect(yielded({ CLIENT: prom })).toEqual(ours);
  expect(yielded({ CLIENT: dist })).toEqual(ours);
  expect(yielded({ CLIENT: dist, SEGMENT: newSegment() })).toEqual(ours);
});

test('this package has all deep paths of the successor, except two', () => {
  const { fileFor } = require(join(dist, 'register', 'names.js')) as {
    fileFor: (specifier: string, esm: boolean) => string | null;
  };
  const files = readdirSync(join(successor, 'lib'), { recursive: true, encoding: 'utf8' });
  const missing = files
    .filter((name) => name.endsWith('.js'))
    .filter((name) => fileFor(`@prometheus-io/client/lib/${name}`, false) === null);
  expect(files.length).toBeGreaterThan(30);
  expect(missing.sort()).toEqual(['exemplar.js', 'timeWindowQuantiles.js']);
});
