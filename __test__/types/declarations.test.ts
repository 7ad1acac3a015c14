/** The declarations as they are published: with each way to import them, TypeScript 5 and 6, and no other package's types. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cachedPackage } from '../support/cached-package';
import { source } from '../support/programs';

type Compiler = typeof ts;

const root = join(__dirname, '..', '..');
const require = createRequire(__filename);
const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-types-'));
const compilers: Record<string, Compiler> = {};

beforeAll(async () => {
  const place = join(folder, 'node_modules', 'mpmetrics');
  mkdirSync(place, { recursive: true });
  cpSync(join(root, 'dist'), join(place, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(place, 'package.json'));
  // What an application has that is compiled with Node.js's types.
  mkdirSync(join(folder, 'with-node', 'node_modules', '@types'), { recursive: true });
  for (const name of ['@types/node', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'with-node', 'node_modules', name));
  }
  writeFileSync(join(folder, 'package.json'), '{}');
  const five = await cachedPackage('typescript-5', 'typescript', '5.0.4');
  compilers['5'] = require(five) as Compiler;
  compilers['6'] = require('typescript') as Compiler;
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What a compiler says of a program, declarations included. */
function said(compiler: Compiler, file: string, text: string, more: ts.CompilerOptions): string[] {
  const path = join(folder, file);
  writeFileSync(path, text);
  const program = compiler.createProgram([path], {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: compiler.ScriptTarget.ES2022,
    // Without the browser's, which take longer to check than all else.
    lib: ['lib.es2022.d.ts'],
    types: [],
    ...more,
  });
  return compiler.getPreEmitDiagnostics(program).map(({ file: where, messageText }) => {
    const message = compiler.flattenDiagnosticMessageText(messageText, ' ');
    return `${where?.fileName ?? ''}: ${message}`;
  });
}

/** What a program may be written like, beside what the corpus has. */
const PROGRAM = source('types/declarations/program.txt');

const LAYOUTS: Record<string, [file: string, options: (compiler: Compiler) => ts.CompilerOptions]> =
  {
    'CommonJS, node16': [
      'a.cts',
      ({ ModuleKind, ModuleResolutionKind }) => ({
        module: ModuleKind.Node16,
        moduleResolution: ModuleResolutionKind.Node16,
      }),
    ],
    'ES modules, node16': [
      'a.mts',
      ({ ModuleKind, ModuleResolutionKind }) => ({
        module: ModuleKind.Node16,
        moduleResolution: ModuleResolutionKind.Node16,
      }),
    ],
    'ES modules, bundler': [
      'a.ts',
      ({ ModuleKind, ModuleResolutionKind }) => ({
        module: ModuleKind.ESNext,
        moduleResolution: ModuleResolutionKind.Bundler,
      }),
    ],
    'CommonJS, node10, without esModuleInterop': [
      'b.ts',
      ({ ModuleKind, ModuleResolutionKind, versionMajorMinor }) => ({
        module: ModuleKind.CommonJS,
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- which is why it is tried
        moduleResolution: ModuleResolutionKind.Node10,
        esModuleInterop: false,
        allowSyntheticDefaultImports: false,
        ...(versionMajorMinor.startsWith('6') ? { ignoreDeprecations: '6.0' } : {}),
      }),
    ],
  };

describe.each(['5', '6'])('TypeScript %s', (version) => {
  test.each(Object.entries(LAYOUTS))('%s', (_, [file, options]) => {
    const compiler = compilers[version]!;
    expect(compiler.versionMajorMinor).toMatch(new RegExp(`^${version}\\.`));
    expect(said(compiler, file, PROGRAM, options(compiler))).toEqual([]);
  });

  test('with the types of Node.js: Buffers, listeners, agents and answers', () => {
    const compiler = compilers[version]!;
    const { ModuleKind, ModuleResolutionKind } = compiler;
    const text = source('types/declarations/with-node.txt');
    const found = said(compiler, 'with-node/a.mts', text, {
      module: ModuleKind.Node16,
      moduleResolution: ModuleResolutionKind.Node16,
      // Theirs are not ours to check.
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(folder, 'with-node', 'node_modules', '@types')],
    });
    expect(found).toEqual([]);
  });

  test('what is hovered over is explained', () => {
    const compiler = compilers[version]!;
    const { ModuleKind, ModuleResolutionKind } = compiler;
    const path = join(folder, 'hover.mts');
    writeFileSync(
      path,
      `import { type Counter, type Gauge, type Histogram, type Registry, type Summary } from 'mpmetrics';
export declare const all: [Counter, Gauge, Histogram, Summary, Registry];\n`,
    );
    const program = compiler.createProgram([path], {
      strict: true,
      module: ModuleKind.Node16,
      moduleResolution: ModuleResolutionKind.Node16,
      types: [],
    });
    const checker = program.getTypeChecker();
    const [symbol] = checker
      .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)!)!)
      .filter(({ name }) => name === 'all');
    const types = checker.getTypeArguments(checker.getTypeOfSymbol(symbol!) as ts.TypeReference);
    expect(types).toHaveLength(5);
    for (const type of types) {
      const members = type.getProperties();
      expect(members.length).toBeGreaterThan(5);
      const silent = members.filter((one) => one.getDocumentationComment(checker).length === 0);
      expect(
        silent.filter((one) => one.getJsDocTags(checker).length === 0).map(({ name }) => name),
      ).toEqual([]);
    }
  });
});
