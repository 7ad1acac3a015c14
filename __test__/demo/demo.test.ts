import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { plainEnvironment } from '../support/plain-environment';

const main = join(__dirname, '..', '..', 'examples', 'demo', 'main.mjs');

async function demo(args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [main, '--amount=6000', ...args], {
    env: plainEnvironment(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = await once(child, 'close');
  return { code: code as number, output };
}

describe('the demo', () => {
  test('counts right while a worker is killed', async () => {
    const { code, output } = await demo([]);
    expect(output).toMatch(/Verdict: PASS/);
    expect(output.match(/^ {2}(primary|worker) \d+, port \d+/gm)).toHaveLength(5);
    expect(code).toBe(0);
  });

  test.each(['lose', 'invent'])('fails if the server does %s requests', async (broken) => {
    const { code, output } = await demo([], { DEMO_BREAK: broken });
    expect(output).toMatch(/http_requests_total is \d+, and ought to be from/);
    expect(output).toMatch(/Verdict: FAIL/);
    expect(output).not.toMatch(/jobs_total is/);
    expect(code).toBe(1);
  });

  test('fails if every process shows only its own counts', async () => {
    const { code, output } = await demo([], { MPMETRICS_SCOPE: 'process' });
    expect(output).toMatch(/Verdict: FAIL/);
    expect(code).toBe(1);
  });

  test('says at once that there is no Prometheus', async () => {
    const { code, output } = await demo(['--prometheus'], { PATH: __dirname });
    expect(output).toMatch(/^The program prometheus was not found, [^\n]+\n$/);
    expect(code).toBe(2);
  });

  test.skipIf(lacks('prometheus'))('shows Prometheus the same totals', async () => {
    const { code, output } = await demo(['--prometheus']);
    expect(output.match(/PromQL, instance \d+/g)).toHaveLength(5);
    expect(output).toMatch(/Verdict: PASS/);
    expect(code).toBe(0);
  });

  test.skipIf(lacks('prometheus'))('fails if Prometheus sees wrong totals', async () => {
    const { code, output } = await demo(['--prometheus'], { DEMO_BREAK: 'lose' });
    expect(output).toMatch(/PromQL/);
    expect(output).toMatch(/Verdict: FAIL/);
    expect(code).toBe(1);
  });
});
