import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { ranksOf, wrongImports } from './support/ranks';
import { filesBelow, sourcesBelow } from './support/sources';

const root = join(__dirname, '..');
const architecture = readFileSync(join(root, 'docs', 'ARCHITECTURE.md'), 'utf8');
const typescript = ranksOf(architecture, 'TypeScript');

const tsSources = sourcesBelow(join(root, 'ts'), /\.ts$/);

describe('the ranks', () => {
  test('are read from the architecture', () => {
    expect(typescript.get('index.ts')).toBe(8);
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
    ["const late = import('./http');", 'binding.ts (rank 1) imports http.ts (rank 7)'],
    [
      "import type {\n  Metric,\n} from './metrics';",
      'binding.ts (rank 1) imports metrics/index.ts (rank 5)',
    ],
    ["import lodash from 'lodash';", 'binding.ts imports the package lodash'],
    ["import { get } from 'node:http';", 'binding.ts imports node:http by that prefix'],
    ["import '../bench/main';", 'binding.ts imports ../bench/main, which is not in ts/'],
  ])('%s in binding.ts is found', (wrong, sentence) => {
    const sources = new Map([
      ['binding.ts', `import { join } from 'path';\nimport './native';\n${wrong}\n`],
      ['native.ts', "// import './registry';\n/* from './registry' */\n"],
      ['registry/index.ts', ''],
      ['http.ts', ''],
      ['meeting/names.ts', "import './other';"],
      ['meeting/other.ts', "import './names';\nimport '../binding';"],
      ['metrics/index.ts', ''],
    ]);
    expect(wrongImports(sources, typescript)).toEqual([sentence]);
  });

  test('a file without a rank is found', () => {
    const sources = new Map([['stray.ts', '']]);
    expect(wrongImports(sources, typescript)).toEqual(['stray.ts has no rank']);
  });
});

describe('a file', () => {
  const folders = ['ts', 'crates', '__test__', 'bench', 'scripts', 'examples'];
  const files = folders.flatMap((folder) => filesBelow(join(root, folder), /\.([cm]?[jt]s|rs)$/));

  test('has at most 500 lines', () => {
    const long = files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 501);
    expect(long).toEqual([]);
  });

  test('is called after what it holds', () => {
    const vague = /^(utils?|helpers?|common)$/;
    expect(files.filter((file) => vague.test(basename(file).split('.')[0]!))).toEqual([]);
    expect(vague.test('utils')).toBe(true);
  });
});
