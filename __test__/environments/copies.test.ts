/** Two installs of the package in one program, and ES modules and CommonJS in one program. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const root = join(__dirname, '..', '..');
const PLATFORM = 'linux-x64-gnu';

let app: Application;
afterEach(() => {
  app.remove();
});

/** Installs the package a second time, as files of its own, so that Node.js loads it twice. */
function installAgain(as: string, binary: 'own' | 'shared' | 'none'): void {
  const target = join(app.folder, 'node_modules', as);
  mkdirSync(target, { recursive: true });
  for (const name of ['package.json', 'dist']) {
    cpSync(join(root, name), join(target, name), { recursive: true });
  }
  const built = join(root, 'npm', PLATFORM);
  if (binary === 'own') cpSync(built, join(target, 'npm', PLATFORM), { recursive: true });
  if (binary === 'shared') {
    // As npm installs it: one platform package, which both installs find.
    cpSync(built, join(app.folder, 'node_modules', `mpmetrics-${PLATFORM}`), { recursive: true });
  }
}

interface Seen {
  texts: { text: string; before: number }[];
  /** The value of the counter that both installs declare, in the JSON of each. */
  own: number[];
  rss: number;
}

describe('two installs in one program', () => {
  beforeEach(() => {
    app = new Application({ 'two.js': source('environments/copies/two.cjs') });
  });

  test.each(['own', 'shared'] as const)(
    'show the families of both, and the process metrics once: %s binary',
    async (binary) => {
      installAgain('prom-client', binary);
      const program = app.run('two.js');
      const { texts, own, rss } = JSON.parse(await program.line()) as Seen;
      expect(texts).toHaveLength(2);
      for (const { text, before } of texts) {
        const values = samples(text);
        expect(values.get('same_total{a="x"}')).toBe(23);
        expect(values.get('same_seconds_count')).toBe(2);
        expect(values.get('same_seconds_sum')).toBe(2);
        expect(values.get('same_seconds_bucket{le="1"}')).toBe(1);
        expect(values.get('own_0')).toBe(3);
        expect(values.get('own_1')).toBe(4);
        // A scrape of either install runs the callbacks of both.
        expect(values.get('collected_0')).toBeGreaterThanOrEqual(before);
        expect(values.get('collected_1')).toBeGreaterThanOrEqual(before);
        const resident = values.get('process_resident_memory_bytes')!;
        expect(resident / rss).toBeGreaterThan(0.7);
        expect(resident / rss).toBeLessThan(1.4);
        expect(values.get('process_start_time_seconds')).toBeGreaterThan(1e9);
        const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
        expect(new Set(names).size).toBe(names.length);
      }
      // The JSON has the counts of its own install only: a program that collects the JSON of both adds them up.
      expect(own).toEqual([11, 12]);
      expect(await program.ended).toBe(0);
      expect(program.errors).toBe('');
    },
  );

  test('in memory storage each install shows its own metrics, with one warning', async () => {
    installAgain('prom-client', 'own');
    const program = app.run('two.js', { env: { NODE_OPTIONS: '--no-addons' } });
    const { texts } = JSON.parse(await program.line()) as Seen;
    for (const [i, { text }] of texts.entries()) {
      const values = samples(text);
      expect(values.get('same_total{a="x"}')).toBe(i + 11);
      expect(values.get(`own_${i}`)).toBe(i + 3);
      expect(values.has(`own_${1 - i}`)).toBe(false);
      expect(values.get('process_resident_memory_bytes')).toBeGreaterThan(0);
    }
    expect(await program.ended).toBe(0);
    expect(program.errors.match(/^\(node:/gm)).toHaveLength(1);
  });
});

describe('ES modules and CommonJS in one program', () => {
  beforeEach(() => {
    app = new Application({
      'count.cjs': source('environments/copies/count.cjs'),
      // The output of TypeScript and Babel for `import client, { Counter } from 'mpmetrics'`.
      'compiled.cjs': source('environments/copies/compiled.cjs'),
      'app.mjs': source('environments/copies/app.mjs'),
    });
  });

  test('load one copy of the package, with one default registry', async () => {
    const program = app.run('app.mjs');
    const lines = JSON.parse(await program.line()) as string[];
    expect(lines).toEqual(['# HELP c_total c', '# TYPE c_total counter', 'c_total 5', '']);
    expect(await program.ended).toBe(0);
    expect(program.errors).toBe('');
  });
});
