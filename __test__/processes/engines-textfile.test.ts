/** `textfile()` as an engine: one file that two applications write, and the statistics. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';
import { samples } from '../support/samples';

let app: Application;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpmetrics-engines-'));
  app = new Application({ 'write.js': source('processes/engines-textfile/write.cjs') });
});

afterEach(() => {
  app.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a process of an application that writes the file. */
async function started(application: string): Promise<Program> {
  const env = {
    MPMETRICS_SEGMENT: join(app.segmentsIn, `${application}.heap`),
    NAME: `${application}_total`,
    FILE: join(folder, 'app.prom'),
  };
  const program = app.run('write.js', { env });
  await program.line();
  return program;
}

function written(): Map<string, number> {
  try {
    return samples(readFileSync(join(folder, 'app.prom'), 'utf8'));
  } catch {
    return new Map();
  }
}

const engine = () => `engine="textfile:${join(folder, 'app.prom')}"`;
const pushes = () => written().get(`mpmetrics_engine_pushes_total{${engine()}}`) ?? 0;

/** Waits until the file has been written this many times more. */
async function writes(more: number): Promise<void> {
  const before = pushes();
  await until(() => pushes() >= before + more, 'the file is not written again');
}

test('of two applications that write one file, one writes; the other goes on when all processes of the first have ended', async () => {
  const first = [await started('first')];
  await until(() => written().get('first_total') === 1, 'the first application does not write');
  first.push(await started('first'));
  const others = [await started('second'), await started('second')];
  await until(() => written().get('first_total') === 2, 'the second process is not shown');
  const before = pushes();
  const seen = new Set<string>();
  const looked = () => {
    for (const name of written().keys()) seen.add(name);
    return pushes() >= before + 20;
  };
  await until(looked, 'the file is not written again');
  expect([...seen]).toContain('first_total');
  expect([...seen]).not.toContain('second_total');
  for (const program of first) {
    program.child.kill('SIGKILL');
    await program.ended;
  }
  await until(() => written().get('second_total') === 2, 'the second application does not write');
  expect(written().has('first_total')).toBe(false);
  await writes(3);
  // Where its writer ends the writing, the other process of the application goes on.
  for (const program of others) {
    program.tell('stop');
    await program.line();
    if (program === others[0]) await writes(2);
  }
});

test('the registry shows how often the file was written', async () => {
  const program = await started('first');
  await writes(2);
  program.tell('stop');
  const seen = samples(JSON.parse(await program.line()) as string);
  // The last text was made before it was counted.
  expect(seen.get(`mpmetrics_engine_pushes_total{${engine()}}`)).toBe(pushes() + 1);
  expect([...seen.keys()].filter((name) => name.includes('errors_total'))).toEqual([]);
});
