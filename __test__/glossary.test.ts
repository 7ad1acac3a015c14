/**
 * The glossary's words are the only ones (docs/ARCHITECTURE.md): names that were given up for them, and phrases that had
 * to be read twice, are in no file of the repository. What is history quotes them: CHANGELOG.md and docs/DECISIONS.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { PHRASES, RUST, TYPESCRIPT, type Retired } from './support/retired-words';
import { halvesOf, type Line } from './support/prose';

const root = join(__dirname, '..');
const FOLDERS = ['ts', '__test__', 'bench', 'scripts', 'examples', 'crates', 'docs', '*.md'];
const READ = /^crates\/[\w-]+\/src\/.*\.rs$|^(?!crates\/).*\.(?:[cm]?[jt]s|md)$/;
/** History, this test with its words, and texts of others. */
const EXCEPT =
  /^CHANGELOG\.md$|^docs\/DECISIONS\/|^__test__\/(?:glossary\.test|support\/retired-words)\.ts$/;

const tracked = execFileSync('git', ['ls-files', '--', ...FOLDERS], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter((path) => READ.test(path) && !EXCEPT.test(path));

/** Where a file has a retired word, and what it should say. */
function retiredIn(path: string, text: string): string[] {
  const { code, prose } = halvesOf(path, text);
  const names = path.endsWith('.rs') ? RUST : TYPESCRIPT;
  return [...wrong(path, code, names), ...wrong(path, prose, PHRASES)];
}

function wrong(path: string, lines: readonly Line[], retired: readonly Retired[]): string[] {
  return lines.flatMap(({ number, text }) =>
    retired
      .filter(({ word, only, except }) => {
        if (only?.test(path) === false || except?.test(path) === true) return false;
        return word.test(text);
      })
      .map(({ word, now }) => `${path}:${number}: ${word.exec(text)![0].trim()} → ${now}`),
  );
}

const found = tracked.flatMap((path) => retiredIn(path, readFileSync(join(root, path), 'utf8')));

test('the repository is read', () => {
  expect(tracked).toContain('ts/storage/cells/handle.ts');
  expect(tracked).toContain('crates/mpmetrics-core/src/lib.rs');
  expect(tracked).toContain('docs/ARCHITECTURE.md');
});

test('TypeScript, scripts and documents have no retired word', () => {
  expect(found.filter((sentence) => !sentence.startsWith('crates/'))).toEqual([]);
});

test('Rust has no retired word', () => {
  expect(found.filter((sentence) => sentence.startsWith('crates/'))).toEqual([]);
});

test.each([
  [
    'ts/a.ts',
    'function add(h: Series) {\n  h.f[h.i] += 1;\n}',
    ['a.ts:1: : Series →', 'a.ts:2: h.f →'],
  ],
  ['ts/a.ts', 'this.pending.settleSome();', ['a.ts:1: settleSome →']],
  ['ts/a.ts', '/**\n * Who comes adopts it.\n */', ['a.ts:2: Who comes →']],
  ['ts/a.ts', "test('a text behind a text', () => {});", ['a.ts:1: behind →']],
  ['crates/mpmetrics-core/src/a.rs', 'fn settle(block: &Block) {}', ['a.rs:1: fn settle →']],
  ['crates/mpmetrics-core/src/a.rs', '/// A slot that serves again.', ['a.rs:1: serves again →']],
  ['docs/a.md', 'One.\n\nThe lock is let go.', ['a.md:3: let go →']],
])('in %s, %j is found', (path, text, expected) => {
  const sentences = retiredIn(path, text);
  expect(sentences).toHaveLength(expected.length);
  for (const [k, part] of expected.entries()) expect(sentences[k]).toContain(part);
});

test.each([
  ['ts/a.ts', 'if (refusal === Refusal.Series) promise.then(settled);'],
  ['ts/a.ts', "labels({ who: 'behind' });"],
  ['ts/a.ts', '// Series that a process looks for, and `behind` in code.'],
  ['docs/a.md', '```js\nbehind(anew);\n```\n\n`who` is a label.'],
])('in %s, %j is none', (path, text) => {
  expect(retiredIn(path, text)).toEqual([]);
});
