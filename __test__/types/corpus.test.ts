/** TypeScript written for prom-client 15 compiles against this package's declarations, unchanged. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import ts from 'typescript';
import { expect, test } from 'vitest';

const root = join(__dirname, '..', '..');
const corpus = readFileSync(join(__dirname, 'corpus.txt'), 'utf8');
const file = join(__dirname, 'corpus.ts');

/** Compiles a text in which `prom-client` has the declarations of a file. Returns the compiler's messages. */
function compiled(text: string, declarations: string): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    paths: { 'prom-client': [join(root, declarations)] },
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  const host = ts.createCompilerHost(options);
  const real = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : real(name, ...rest);
  const exists = host.fileExists.bind(host);
  host.fileExists = (name) => name === file || exists(name);
  const found = ts.getPreEmitDiagnostics(ts.createProgram([file], options, host));
  return found.map(({ file: where, start, messageText }) => {
    const line = where === undefined ? 0 : where.getLineAndCharacterOfPosition(start!).line + 1;
    return `${where?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

test.each(['node_modules/prom-client/index.d.ts', 'dist/index.d.ts'])(
  'the corpus compiles against %s',
  (declarations) => {
    expect(compiled(corpus, declarations)).toEqual([]);
  },
);

test('our declarations have names that those of prom-client lack', () => {
  const more = `
    import { aggregators, Counter, register, ClusterRegistry, WorkerRegistry, Registry } from 'prom-client';
    const joined: unknown = aggregators.sum([]);
    const text: Promise<string> = register.getMetricsAsString(register.getSingleMetric('x')!);
    const count: number = WorkerRegistry.workerCount();
    const filtered: { name: string }[] = register.getMetricsAsArray('sum');
    new Counter({ name: 'c', help: 'h', labelNames: ['a'] }).removeEverywhere({ a: 'x' });
    const bytes: Promise<Buffer> = new Registry().metricsBuffer();
    void [joined, bytes, text, count, filtered, new ClusterRegistry().clusterMetrics(), Registry.aggregate([]).metrics()];`;
  expect(compiled(more, 'dist/index.d.ts')).toEqual([]);
  expect(compiled(more, 'node_modules/prom-client/index.d.ts').length).toBeGreaterThan(3);
});

test('a wrong program is refused', () => {
  const wrong = `import { Counter } from 'prom-client'; new Counter({ name: 'c' }).inc('x');`;
  expect(compiled(wrong, 'dist/index.d.ts')).toHaveLength(2);
});
