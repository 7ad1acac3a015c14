/**
 * No source file, script or document has a name for which the glossary (docs/ARCHITECTURE.md) has another word, or a
 * phrase that had to be read twice. CHANGELOG.md and docs/DECISIONS are not read, because they quote names of earlier
 * releases. The crates are read only below `src`.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { PHRASES, RUST, TYPESCRIPT, type Retired } from './support/retired-words';
import { halvesOf, type Line } from './support/prose';
import { sourcesBelow } from './support/sources';

const root = join(__dirname, '..');
const FOLDERS = ['ts', '__test__', 'bench', 'scripts', 'examples', 'crates', 'docs'];
const READ =
  /^crates\/[\w-]+\/src\/.*\.rs$|^(?!crates\/)(?!.*\bnode_modules\/).*\.(?:[cm]?[jt]s|md)$/;
/** Files that may have retired words: history, and this test with its list. */
const EXCEPT =
  /^CHANGELOG\.md$|^docs\/DECISIONS\/|^__test__\/(?:glossary\.test|support\/retired-words)\.ts$/;

// Reads folders and does not ask `git ls-files`, because `npm run check` leaves out specs that start a process.
const written = new Map<string, string>(
  FOLDERS.flatMap((folder) =>
    [...sourcesBelow(join(root, folder), /\.(?:[cm]?[jt]s|rs|md)$/)].map(
      ([path, text]) => [`${folder}/${path}`, text] as const,
    ),
  ),
);
for (const name of readdirSync(root).filter((one) => one.endsWith('.md')))
  written.set(name, readFileSync(join(root, name), 'utf8'));
const read = [...written].filter(([path]) => READ.test(path) && !EXCEPT.test(path));

/** The retired words of a file: in which line each is, and which word is used now. */
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

const found = read.flatMap(([path, text]) => retiredIn(path, text));

test('the repository is read', () => {
  const paths = read.map(([path]) => path);
  expect(paths).toContain('ts/storage/cells/handle.ts');
  expect(paths).toContain('crates/mpmetrics-core/src/lib.rs');
  expect(paths).toContain('docs/ARCHITECTURE.md');
  expect(paths).toContain('README.md');
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
])('in %s, a retired word of %j is found', (path, text, expected) => {
  const sentences = retiredIn(path, text);
  expect(sentences).toHaveLength(expected.length);
  for (const [k, part] of expected.entries()) expect(sentences[k]).toContain(part);
});

test.each([
  ['ts/a.ts', 'if (refusal === Refusal.Series) promise.then(settled);'],
  ['ts/a.ts', "labels({ who: 'behind' });"],
  ['ts/a.ts', '// Series that a process looks for, and `behind` in code.'],
  ['docs/a.md', '```js\nbehind(anew);\n```\n\n`who` is a label.'],
])('in %s, %j has no retired word', (path, text) => {
  expect(retiredIn(path, text)).toEqual([]);
});
