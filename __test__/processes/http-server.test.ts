/** One port for an application of many processes, served by any of them. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { freePort } from '../support/free-port';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';

const made: Application[] = [];
let other: Server | undefined;

afterEach(() => {
  other?.close();
  for (const app of made.splice(0)) app.remove();
});

function application(): Application {
  const app = new Application({ 'serve.js': source('processes/http-server/serve.cjs') });
  made.push(app);
  return app;
}

interface Told {
  pid: number;
  serves: boolean;
}

async function counts(port: number): Promise<number> {
  const response = await fetch(`http://localhost:${port}/metrics`);
  const found = /^c_total (\d+)$/m.exec(await response.text());
  return Number(found?.[1]);
}

test('one process serves for all, and another takes over when it is killed', async () => {
  const port = await freePort();
  const app = application();
  const env = { PORT: String(port), MPMETRICS_SEGMENT: `${app.segmentsIn}/test.heap` };
  const programs = [0, 1, 2].map(() => app.run('serve.js', { env }));
  const told = await Promise.all(programs.map(async (one) => JSON.parse(await one.line()) as Told));
  expect(told.map(({ serves }) => serves).sort()).toEqual([false, false, true]);
  expect(await counts(port)).toBe(3);
  let left = 3;
  const living = programs.map((program, i) => ({ program, pid: told[i]!.pid }));
  while (living.length > 1) {
    const response = await fetch(`http://localhost:${port}/who`);
    expect(response.status).toBe(404);
    const serving = Number(response.headers.get('x-pid'));
    const at = living.findIndex(({ pid }) => pid === serving);
    const [killed] = living.splice(at, 1);
    killed!.program.child.kill('SIGKILL');
    await killed!.program.ended;
    left -= 1;
    await until(async () => {
      try {
        // The counts of the dead stay.
        return (await counts(port)) === 3;
      } catch {
        return false;
      }
    }, `the ${left} living processes have not taken over`);
  }
});

test('a port that another application has is an error', async () => {
  other = createServer((_request, response) => response.end('not metrics'));
  await new Promise<void>((done) => other!.listen(0, '127.0.0.1', done));
  const { port } = other.address() as AddressInfo;
  const app = application();
  const program = app.run('serve.js', { env: { PORT: String(port), HOST: '127.0.0.1' } });
  expect(JSON.parse(await program.line())).toEqual({ error: 'EADDRINUSE' });
});

test('the server keeps no process alive', async () => {
  const app = application();
  const program = app.run('serve.js', { env: { PORT: '0', END: '1' } });
  expect((JSON.parse(await program.line()) as Told).serves).toBe(true);
  expect(await program.ended).toBe(0);
});
