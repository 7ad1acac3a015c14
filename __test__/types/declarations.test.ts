/** The declarations as they are published: with each way to import them, TypeScript 5 and 6, and no other package's types. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cachedPackage } from '../support/cached-package';

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
const PROGRAM = `
import client, { AggregatorRegistry, Counter, Gauge, Histogram, Summary, Registry } from 'mpmetrics';
import * as everything from 'mpmetrics';

const registry: Registry = new Registry();
const counter: Counter<'method'> = new Counter({ name: 'c', help: 'h', labelNames: ['method'] });
const gauge: Gauge<'pool'> = new Gauge({ name: 'g', help: 'h', labelNames: ['pool'] as const });
const histogram: Histogram<'a'> = new Histogram({ name: 'h', help: 'h', labelNames: ['a'] });
const summary: Summary<'a'> = new Summary({ name: 's', help: 'h', labelNames: ['a'] });
const any: Counter = counter;

// A variable that is annotated has what \`new\` makes.
export async function read(): Promise<unknown[]> {
  const bytes: Uint8Array = await registry.metricsBuffer();
  const own: Uint8Array = await new Registry().metricsBuffer({ scope: 'process' });
  const text: string = await registry.metrics({ contentType: client.openMetricsContentType, scope: 'thread' });
  const one: string = await registry.getMetricsAsString(counter);
  const filtered = await registry.getMetricsAsJSON('sum', { scope: 'application' });
  const all: { name: string }[] = registry.getMetricsAsArray('sum');
  const single: string = await registry.getSingleMetricAsString('c', { scope: 'process' });
  return [bytes, own, text, one, filtered, all, single];
}
for (const metric of [any, counter, gauge, histogram, summary]) {
  metric.resetEverywhere();
  metric.removeEverywhere({});
}
registry.getSingleMetric('c')?.removeEverywhere('x');

// Names of labels
counter.labels('x', 1, true).inc();
gauge.labels(1).set(2);
histogram.labels({ a: 'x' }).observe(1);
summary.remove(1);
counter.remove(true);
new Counter({ name: 'c', help: 'h', labelNames: ['a'] }).removeEverywhere({ a: 'x' });
// @ts-expect-error no such label
counter.labels({ metod: 'GET' });
// @ts-expect-error no such label
counter.inc({ metod: 'GET' });
// @ts-expect-error no such label
counter.inc({ metod: 'GET' }, 2);
// @ts-expect-error no such label
counter.remove({ metod: 'GET' });
// @ts-expect-error no such label
new Counter({ name: 'c', help: 'h', labelNames: ['a'] }).removeEverywhere({ b: 'x' });
// @ts-expect-error no value
counter.labels(undefined);
// @ts-expect-error no value
counter.labels(['GET']);
// @ts-expect-error no such label
gauge.labels({ pol: 'x' });
// @ts-expect-error no such label
gauge.set({ pol: 'x' }, 1);
// @ts-expect-error no such label
gauge.inc({ pol: 'x' });
// @ts-expect-error no such label
gauge.dec({ pol: 'x' }, 1);
// @ts-expect-error no such label
gauge.setToCurrentTime({ pol: 'x' });
// @ts-expect-error no such label
gauge.startTimer({ pol: 'x' });
// @ts-expect-error no such label
gauge.startTimer()({ pol: 'x' });
// @ts-expect-error no such label
gauge.remove({ pol: 'x' });
// @ts-expect-error no such label
histogram.labels({ b: 'x' });
// @ts-expect-error no such label
histogram.observe({ b: 'x' }, 1);
// @ts-expect-error no such label
histogram.zero({ b: 'x' });
// @ts-expect-error no such label
histogram.startTimer({ b: 'x' });
// @ts-expect-error no such label
histogram.remove({ b: 'x' });
// @ts-expect-error no such label
histogram.labels({ a: 'x' }).startTimer()({ b: 'x' });
// @ts-expect-error no such label
summary.labels({ b: 'x' });
// @ts-expect-error no such label
summary.observe({ b: 'x' }, 1);
// @ts-expect-error no such label
summary.startTimer({ b: 'x' });
// @ts-expect-error no such label
summary.remove({ b: 'x' });

AggregatorRegistry.aggregate({} as object[]);
Registry.aggregate({} as object[]).clear();
client.register.clear();
everything.register.clear();
new client.Pushgateway('http://x', { timeout: 5, headers: { a: 'b' }, rejectUnauthorized: false });
`;

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
    const text = `
import { Agent, createServer, type IncomingMessage } from 'node:http';
import { metricsHandler, Pushgateway, register, Registry } from 'mpmetrics';
createServer((request, response) => void metricsHandler(register)(request, response));
createServer(metricsHandler());
export async function read(): Promise<unknown[]> {
  const bytes: Buffer = await new Registry().metricsBuffer();
  const gateway = new Pushgateway('http://x', { agent: new Agent(), timeout: 5 });
  const { resp } = await gateway.push({ jobName: 'j' });
  return [bytes.toString('utf8'), resp.statusCode, resp.headers['x'], (resp as IncomingMessage).socket];
}
`;
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
