/** The published declarations compile with every import style and TypeScript 5 and 6, without other packages' types. */
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
  // A folder for programs that are compiled with the types of Node.js.
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

/** Compiles a program and the declarations. Returns the compiler's messages. */
function said(compiler: Compiler, file: string, text: string, more: ts.CompilerOptions): string[] {
  const path = join(folder, file);
  writeFileSync(path, text);
  const program = compiler.createProgram([path], {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: compiler.ScriptTarget.ES2022,
    // Without the browser's declarations, which take longer to check than all others.
    lib: ['lib.es2022.d.ts'],
    types: [],
    ...more,
  });
  return compiler.getPreEmitDiagnostics(program).map(({ file: where, messageText }) => {
    const message = compiler.flattenDiagnosticMessageText(messageText, ' ');
    return `${where?.fileName ?? ''}: ${message}`;
  });
}

/** A program that uses the package in ways that `corpus.txt`, the program of `corpus.test.ts`, does not. */
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
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- users still have it
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

  test('with the types of Node.js: Buffers, request listeners, agents and responses', () => {
    const compiler = compilers[version]!;
    const { ModuleKind, ModuleResolutionKind } = compiler;
    const text = source('types/declarations/with-node.txt');
    const found = said(compiler, 'with-node/a.mts', text, {
      module: ModuleKind.Node16,
      moduleResolution: ModuleResolutionKind.Node16,
      // Without a check of the declarations of Node.js.
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(folder, 'with-node', 'node_modules', '@types')],
    });
    expect(found).toEqual([]);
  });

  test('all members have a comment, which editors show', () => {
    const compiler = compilers[version]!;
    const { ModuleKind, ModuleResolutionKind } = compiler;
    const path = join(folder, 'hover.mts');
    writeFileSync(
      path,
      `import { type Counter, type Gauge, type Histogram, type Registry, type Summary } from 'mpmetrics';
import { type Enum, type Info, type StateSet } from 'mpmetrics';
export declare const all: [Counter, Gauge, Histogram, Summary, Registry, Enum, Info, StateSet];\n`,
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
    expect(types).toHaveLength(8);
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
