import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { circlesIn, importsOf } from './support/circles';
import { ranksOf, wrongImports } from './support/ranks';
import { filesBelow, sourcesBelow } from './support/sources';

const root = join(__dirname, '..');
const architecture = readFileSync(join(root, 'docs', 'ARCHITECTURE.md'), 'utf8');
const typescript = ranksOf(architecture, 'TypeScript');

const tsSources = sourcesBelow(join(root, 'ts'), /\.ts$/);
/** The files in TypeScript or JavaScript below these folders, by their paths from the root. */
const written = new Map(
  ['ts', '__test__', 'bench', 'scripts', 'examples'].flatMap((folder) =>
    [...sourcesBelow(join(root, folder), /\.[cm]?[jt]s$/)].map(
      ([path, text]) => [`${folder}/${path}`, text] as const,
    ),
  ),
);

describe('the ranks', () => {
  test('are read from docs/ARCHITECTURE.md', () => {
    expect(typescript.get('index.ts')).toBe(10);
    expect(typescript.size).toBeGreaterThan(8);
  });
});

describe('TypeScript', () => {
  test('imports only point down', () => {
    expect(tsSources.size).toBeGreaterThan(8);
    expect(wrongImports(tsSources, typescript)).toEqual([]);
  });

  test.each([
    [
      "import { register } from './registry';",
      'binding.ts (rank 1) imports registry/index.ts (rank 6)',
    ],
    [
      "export * from './meeting/names.js';",
      'binding.ts (rank 1) imports meeting/names.ts (rank 2)',
    ],
    [
      "const late = import('./pushgateway');",
      'binding.ts (rank 1) imports pushgateway.ts (rank 8)',
    ],
    [
      "import type {\n  Metric,\n} from './metrics';",
      'binding.ts (rank 1) imports metrics/index.ts (rank 5)',
    ],
    ["import lodash from 'lodash';", 'binding.ts imports the package lodash'],
    ["import { get } from 'node:http';", 'binding.ts imports node:http with the prefix node:'],
    ["import '../bench/main';", 'binding.ts imports ../bench/main, which is not in ts/'],
  ])('%s in binding.ts is found', (wrong, sentence) => {
    const sources = new Map([
      ['binding.ts', `import { join } from 'path';\nimport './native';\n${wrong}\n`],
      ['native/index.ts', "// import './registry';\n/* from './registry' */\n"],
      ['registry/index.ts', ''],
      ['pushgateway.ts', ''],
      ['meeting/names.ts', "import './other';"],
      ['meeting/other.ts', "import './names';\nimport '../binding';"],
      ['metrics/index.ts', ''],
    ]);
    expect(wrongImports(sources, typescript)).toEqual([sentence]);
  });

  test('a folder with a rank of its own does not have the rank of its parent', () => {
    const ofCells = new Map([
      ['storage/cells/kind.ts', "import type { Roster } from '../roster';"],
      ['storage/roster.ts', "import type { Kind } from './cells/kind';"],
    ]);
    expect(wrongImports(ofCells, typescript)).toEqual([
      'storage/cells/kind.ts (rank 1) imports storage/roster.ts (rank 3)',
    ]);
  });

  test('files can be sorted so that each imports values and types of earlier ones only', () => {
    const imports = importsOf(written);
    expect(imports.get('ts/storage/index.ts')).toContain('ts/storage/heap/storage.ts');
    expect(imports.get('ts/metrics/counter.ts')).toContain('ts/metrics/api.ts');
    expect(imports.get('scripts/build.mjs')).toContain('scripts/steps.mjs');
    expect(circlesIn(imports)).toEqual([]);
  });

  test.each([
    ["import { b } from './b';", "import { a } from './a';"],
    ["import { b } from './b';", "import type { A } from './a';"],
    ["import type { B } from './b';", "import type { A } from './a';"],
    ["export type * from './b';", "export { a } from './a';"],
    ["const late = import('./b');", "type A = import('./a').A;"],
  ])('a circle inside a folder is found: %s and %s', (one, other) => {
    const sources = new Map([
      ['room/index.ts', "export * from './a';"],
      ['room/a.ts', `import { c } from './c';\n${one}`],
      ['room/b.ts', other],
      ['room/c.ts', "// import './index';\n"],
    ]);
    expect(circlesIn(importsOf(sources))).toEqual([
      'room/a.ts imports room/b.ts imports room/a.ts',
    ]);
    sources.set('room/b.ts', "import './c';");
    expect(circlesIn(importsOf(sources))).toEqual([]);
  });

  test('a circle through a folder and its index is found', () => {
    const sources = new Map([
      ['room/index.ts', "export * from './a';"],
      ['room/a.ts', "import type { B } from './inner/b';"],
      ['room/inner/b.ts', "import { a } from '..';"],
    ]);
    const circle = ['room/index.ts', 'room/a.ts', 'room/inner/b.ts', 'room/index.ts'];
    expect(circlesIn(importsOf(sources))).toEqual([circle.join(' imports ')]);
  });

  test('a file without a rank is found', () => {
    const sources = new Map([['stray.ts', '']]);
    expect(wrongImports(sources, typescript)).toEqual(['stray.ts has no rank']);
  });
});

describe('a file', () => {
  const folders = ['ts', 'crates', '__test__', 'bench', 'scripts', 'examples'];
  const files = folders.flatMap((folder) => filesBelow(join(root, folder), /\.([cm]?[jt]s|rs)$/));

  test.each([
    ['TypeScript and JavaScript', /\.[cm]?[jt]s$/, 400],
    ['Rust', /\.rs$/, 400],
  ])('of %s has at most 400 lines', (_, ending, most) => {
    const here = files.filter((file) => ending.test(file));
    expect(here.length).toBeGreaterThan(50);
    const long = here.filter((file) => readFileSync(file, 'utf8').split('\n').length > most + 1);
    expect(long).toEqual([]);
  });

  test('has no vague name', () => {
    const vague = /^(utils?|helpers?|common)$/;
    expect(files.filter((file) => vague.test(basename(file).split('.')[0]!))).toEqual([]);
    expect(vague.test('utils')).toBe(true);
  });
});
