/** Pushing to Debian's Prometheus Pushgateway, from an application of several processes. */
import { afterEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import type { Application, Program } from '../support/application';
import { ask, obedient } from '../support/obedient';
import { heldBy, killGateways, startGateway } from '../support/real-gateway';

const made: Application[] = [];

afterEach(async () => {
  await killGateways();
  for (const app of made.splice(0)) app.remove();
});

/** Declares a test that pushes to the real Pushgateway. */
const pushed = test.skipIf(lacks('prometheus-pushgateway'));

/** The samples of the test's metrics in the gateway: value by `name{labels}`. */
const held = (url: string) => heldBy(url, /^(jobs|depth|took)/);

async function countIn(programs: Program[]): Promise<void> {
  for (const [i, program] of programs.entries()) {
    await ask(
      program,
      `kept.jobs = new mpmetrics.Counter({ name: 'jobs_total', help: 'h', labelNames: ['kind'] });
       kept.jobs.inc({ kind: 'a "b" \\\\ c' }, ${String(i + 1)});
       new mpmetrics.Gauge({ name: 'depth', help: 'h' }).set(${String(10 * (i + 1))});
       new mpmetrics.Histogram({ name: 'took', help: 'h', buckets: [1] }).observe(${String(i)});`,
    );
  }
}

function push(program: Program, url: string, call: string, options = '{}'): Promise<number> {
  return ask<number>(
    program,
    `const { resp } = await new mpmetrics.Pushgateway('${url}', ${options}).${call};
     return resp.statusCode;`,
  );
}

pushed('a push sends the metrics of the whole application, or of its own process', async () => {
  const url = await startGateway();
  const programs = obedient(3, made);
  await countIn(programs);
  expect(await push(programs[0]!, url, "push({ jobName: 'all' })")).toBe(200);
  const zipped = "{ scope: 'process', headers: { 'Content-Encoding': 'gzip' } }";
  const groupings =
    "push({ jobName: 'one', groupings: { instance: 'i 1', path: '/a/b', none: '' } })";
  expect(await push(programs[2]!, url, groupings, zipped)).toBe(200);
  const labels = 'instance="i 1",job="one"';
  expect(await held(url)).toEqual({
    'depth{instance="",job="all"}': '60',
    'jobs_total{instance="",job="all",kind="a \\"b\\" \\\\ c"}': '6',
    'took_bucket{instance="",job="all",le="1"}': '2',
    'took_bucket{instance="",job="all",le="+Inf"}': '3',
    'took_sum{instance="",job="all"}': '3',
    'took_count{instance="",job="all"}': '3',
    [`depth{${labels},none="",path="/a/b"}`]: '30',
    [`jobs_total{${labels},kind="a \\"b\\" \\\\ c",none="",path="/a/b"}`]: '3',
    [`took_bucket{${labels},none="",path="/a/b",le="1"}`]: '0',
    [`took_bucket{${labels},none="",path="/a/b",le="+Inf"}`]: '1',
    [`took_sum{${labels},none="",path="/a/b"}`]: '2',
    [`took_count{${labels},none="",path="/a/b"}`]: '1',
  });
});

pushed('push replaces a group, pushAdd adds to it, delete empties it', async () => {
  const url = await startGateway();
  const [first, second] = obedient(1, made).concat(obedient(1, made)) as [Program, Program];
  await ask(first, `new mpmetrics.Gauge({ name: 'depth', help: 'h' }).set(1);`);
  await ask(second, `new mpmetrics.Gauge({ name: 'jobs', help: 'h' }).set(2);`);
  const depth = 'depth{instance="",job="j"}';
  const jobs = 'jobs{instance="",job="j"}';
  const call = (method: string) => `${method}({ jobName: 'j' })`;
  await push(first, url, call('push'));
  await push(second, url, call('pushAdd'));
  expect(await held(url)).toEqual({ [depth]: '1', [jobs]: '2' });
  await push(second, url, call('push'));
  expect(await held(url)).toEqual({ [jobs]: '2' });
  expect(await push(first, url, call('delete'))).toBe(202);
  expect(await held(url)).toEqual({});
});

pushed("a push that the gateway refuses rejects with the gateway's message", async () => {
  const url = await startGateway();
  const [program] = obedient(1, made) as [Program];
  await ask(program, `new mpmetrics.Gauge({ name: 'depth', help: 'h' }).set(1);`);
  const said = await ask<string>(
    program,
    `return new mpmetrics.Pushgateway('${url}')
       .push({ jobName: 'j', groupings: { 'not a label': 'x' } })
       .then(() => 'nothing', (error) => error.message);`,
  );
  expect(said).toMatch(/^push failed with status 400, .*not a label/);
});

pushed('a program that pushed ends by itself', async () => {
  const url = await startGateway();
  const [program] = obedient(1, made) as [Program];
  await push(program, url, "push({ jobName: 'j' })");
  program.child.stdin!.end();
  expect(await program.ended).toBe(0);
});
