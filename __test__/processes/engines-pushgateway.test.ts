/** Pushing to Debian's Prometheus Pushgateway in an interval, from one process of an application. */
import { afterEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import type { Application, Program } from '../support/application';
import { ask, obedient, performing } from '../support/obedient';
import { until } from '../support/patience.mjs';
import { heldBy, killGateways, startGateway } from '../support/real-gateway';
import { samples } from '../support/samples';

const made: Application[] = [];

afterEach(async () => {
  await killGateways();
  for (const app of made.splice(0)) app.remove();
});

/** Declares a test that pushes to the real Pushgateway. */
const pushed = test.skipIf(lacks('prometheus-pushgateway'));

const JOBS = 'jobs_total{instance="",job="shop"}';

const jobs = (url: string) => heldBy(url, /^jobs_total/);

async function start(program: Program, url: string, options: object): Promise<void> {
  await ask(program, performing('processes/engines-pushgateway/start.cjs', url, options));
}

async function electedOf(programs: Program[]): Promise<Program[]> {
  const found: Program[] = [];
  for (const program of programs) {
    if (await ask<boolean>(program, 'return kept.running.elected')) found.push(program);
  }
  return found;
}

const close = (program: Program) => ask(program, 'await kept.running.close()');

pushed(
  'one process pushes for all; another goes on when it is killed, and pushes one last time when it is closed',
  async () => {
    const url = await startGateway();
    const programs = obedient(3, made);
    for (const program of programs) {
      await start(program, url, { jobName: 'shop', intervalSeconds: 0.05 });
    }
    await until(async () => (await jobs(url))[JOBS] === '3', 'the gateway does not get all counts');
    const [one, ...more] = await electedOf(programs);
    expect(more).toEqual([]);
    one!.child.kill('SIGKILL');
    await one!.ended;
    const rest = programs.filter((program) => program !== one);
    await until(async () => (await electedOf(rest)).length === 1, 'no other process is elected');
    for (const program of rest) await ask(program, 'kept.jobs.inc(10)');
    for (const program of rest) await close(program);
    expect(await jobs(url)).toEqual({ [JOBS]: '23' });
  },
);

pushed('the group is replaced, added to, or deleted when the interval ends', async () => {
  const url = await startGateway();
  const [program] = obedient(1, made) as [Program];
  const group = 'job="shop",zone="a/b"';
  await fetch(`${url}/metrics/job/shop/zone@base64/YS9i`, { method: 'POST', body: 'jobs_old 1\n' });
  const all = () => heldBy(url, /^jobs/);
  const options = { jobName: 'shop', groupings: { zone: 'a/b' }, intervalSeconds: 86_400 };
  await start(program, url, { ...options, method: 'pushAdd' });
  await close(program);
  expect(await all()).toEqual({
    [`jobs_old{instance="",${group}}`]: '1',
    [`jobs_total{instance="",${group}}`]: '1',
  });
  await start(program, url, options);
  await close(program);
  expect(await all()).toEqual({ [`jobs_total{instance="",${group}}`]: '2' });
  await start(program, url, { ...options, deleteOnClose: true });
  await ask(program, 'await kept.running.flush()');
  expect(await all()).toEqual({ [`jobs_total{instance="",${group}}`]: '3' });
  await close(program);
  expect(await all()).toEqual({});
});

pushed(
  'a gateway that is away or refuses is counted and warned about; the next push succeeds',
  async () => {
    const url = await startGateway();
    await killGateways();
    const [program] = obedient(1, made) as [Program];
    await start(program, url, { jobName: 'shop', intervalSeconds: 86_400 });
    const flush = 'return kept.running.flush().then(() => null, (error) => error.message)';
    expect(await ask(program, flush)).toContain('ECONNREFUSED');
    await startGateway(new URL(url).host);
    expect(await ask(program, flush)).toBe(null);
    // A second gateway's interval, whose group has a label that no gateway accepts.
    const engine = `engine="pushgateway:${new URL(url).host}/job/shop"`;
    await ask(program, 'kept.first = kept.running');
    const refused = { jobName: 'shop', groupings: { 'not a label': 'x' }, intervalSeconds: 86_400 };
    await start(program, url, refused);
    expect(await ask(program, flush)).toMatch(/^push failed with status 400, .*not a label/);
    const seen = samples(await ask<string>(program, 'return mpmetrics.register.metrics()'));
    const errors = [...seen].filter(([name]) => name.startsWith('mpmetrics_engine_errors_total'));
    expect(Object.fromEntries(errors)).toEqual({
      [`mpmetrics_engine_errors_total{${engine},reason="ECONNREFUSED"}`]: 2,
      [`mpmetrics_engine_errors_total{engine="pushgateway:${new URL(url).host}/job/shop/not%20a%20label/x",reason="400"}`]: 2,
    });
    expect(seen.get(`mpmetrics_engine_pushes_total{${engine}}`)).toBe(1);
    expect(program.errors.match(/MPMETRICS_ENGINE/g)).toHaveLength(2);
  },
);

test('the error for an invalid option names it, the rule and the value', async () => {
  const [program] = obedient(1, made) as [Program];
  const said = async (options: string, url = 'http://127.0.0.1:1') =>
    ask<string>(
      program,
      `try { new mpmetrics.Pushgateway('${url}').start(${options}); return 'nothing'; }
       catch (error) { return error.message; }`,
    );
  expect(await said('')).toBe("start()'s options must be an object, and is undefined");
  expect(await said('{}')).toBe('Missing jobName parameter');
  expect(await said("{ jobName: 'j', method: 'post' }")).toBe(
    "method must be 'push' or 'pushAdd', and is 'post'",
  );
  expect(await said("{ jobName: 'j', intervalSeconds: -1 }")).toBe(
    'intervalSeconds must be a number above 0, at most 86400, and is -1',
  );
  expect(await said("{ jobName: 'j', deleteOnClose: 1 }")).toBe(
    'deleteOnClose must be true or false, and is 1',
  );
  expect(await said("{ jobName: 'j' }", 'no URL')).toContain('Invalid URL');
});
