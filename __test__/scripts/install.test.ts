/** Processes that install in one clone at the same time take turns, even if one of them is killed. */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-install-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const module = pathToFileURL(join(__dirname, '..', '..', 'scripts', 'install.mjs')).href;

/** Starts a process that holds the lock for `ms`, and writes `(` to a log at the beginning and `)` at the end. */
function start(name: string, ms: number): { ended: Promise<unknown>; kill: () => void } {
  const log = join(folder, `${name}.txt`);
  const code = `
    import { appendFileSync } from 'node:fs';
    import { alone } from ${JSON.stringify(module)};
    await alone(${JSON.stringify(join(folder, name))}, async () => {
      appendFileSync(${JSON.stringify(log)}, '(');
      await new Promise((resolve) => setTimeout(resolve, ${ms}));
      appendFileSync(${JSON.stringify(log)}, ')');
    });`;
  appendFileSync(log, '');
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
  const ended = new Promise((resolve) => child.on('close', resolve));
  return { ended, kill: () => child.kill('SIGKILL') };
}

const read = (name: string): string => readFileSync(join(folder, `${name}.txt`), 'utf8');

test('four processes that start at the same time take turns', async () => {
  const ended = await Promise.all([1, 2, 3, 4].map(() => start('turns', 150).ended));
  expect(ended).toEqual([0, 0, 0, 0]);
  expect(read('turns')).toBe('()()()()');
});

test('when the process that holds the lock is killed, the next one gets it', async () => {
  const killed = start('killed', 60_000);
  while (read('killed') !== '(') await sleep(20);
  const next = start('killed', 10);
  await sleep(300);
  expect(read('killed')).toBe('(');
  killed.kill();
  expect(await next.ended).toBe(0);
  expect(read('killed')).toBe('(()');
});
