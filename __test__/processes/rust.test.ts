/** A Rust program and a Node.js program count into one segment. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { plainEnvironment } from '../support/plain-environment';
import { rustExample } from '../support/rust-example';
import { samples } from '../support/samples';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync('/dev/shm/mpmetrics-rust-');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let count: string;
beforeAll(() => {
  count = rustExample('count');
});

/** Runs one of the two examples. Returns the samples that it prints at its end. */
async function run(command: string, args: string[]): Promise<Map<string, number>> {
  const env = plainEnvironment({ MPMETRICS_SEGMENT: join(folder, 'shared.heap') });
  const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBe(0);
  return samples(text);
}

const ROUNDS = 400_000;
const rust = () => run(count, [String(ROUNDS)]);
const node = () => run(process.execPath, ['examples/shared-with-rust.mjs', String(ROUNDS)]);

test('both programs see all counts, after runs at once and runs one after the other', async () => {
  await Promise.all([rust(), node(), rust(), node()]);
  const afterRust = await rust();
  expect(afterRust.get('jobs_total{by="rust"}')).toBe(3 * ROUNDS);
  expect(afterRust.get('jobs_total{by="node"}')).toBe(2 * ROUNDS);
  const afterNode = await node();
  expect(afterNode.get('jobs_total{by="rust"}')).toBe(3 * ROUNDS);
  expect(afterNode.get('jobs_total{by="node"}')).toBe(3 * ROUNDS);
  expect(afterNode.get('job_seconds_count{by="rust"}')).toBe(3);
  expect(afterNode.get('job_seconds_count{by="node"}')).toBe(3);
  expect(afterNode.get('job_seconds_bucket{le="+Inf",by="node"}')).toBe(3);
});
