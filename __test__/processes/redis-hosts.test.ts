/** Hosts that die, close, come back and remove series: what all hosts show. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Hosts } from '../crash/hosts';
import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';
import { Redis } from '../support/redis';

const made: { remove(): unknown }[] = [];
afterEach(async () => {
  for (const one of made.splice(0)) await one.remove();
});

async function started(): Promise<Hosts> {
  const app = new Application({});
  made.push(app);
  const hosts = new Hosts({ hosts: 2, leaseMs: 2_000, flushMs: 100, folder: app.folder });
  made.unshift(hosts);
  await hosts.start();
  await hosts.available(hosts.hosts[0]);
  return hosts;
}

/** The instances whose gauge a scrape shows. */
function instancesIn(shown: Map<string, number>): string[] {
  const names = [...shown.keys()].map((series) => /^alive\{.*instance="(\w+)"/.exec(series)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

test.skipIf(lacks('redis-server'))(
  'gauges of a killed host go with its lease, and its totals stay',
  async () => {
    const hosts = await started();
    const [one, other] = hosts.hosts;
    await hosts.rest(other!.workers);
    expect(instancesIn(await hosts.available(one))).toEqual(['host0', 'host1']);
    await Promise.all(other!.workers.map((worker) => worker.kill()));
    expect(instancesIn(await hosts.available(one))).toEqual(['host0', 'host1']);
    await until(
      async () => instancesIn(await hosts.available(one)).join() === 'host0',
      'the gauges of a killed host stay',
    );
    await hosts.compare([other!]);
    expect(hosts.wrong).toEqual([]);
  },
);

test.skipIf(lacks('redis-server'))(
  'gauges of a closed host go at once, its totals stay, and it may come back',
  async () => {
    const hosts = await started();
    const [one, other] = hosts.hosts;
    const [last, first] = other!.workers;
    await hosts.rest(other!.workers);
    await first!.kill();
    // The lock of the killed one's slot is free once the kernel has ended the process.
    const { port } = last!;
    await last!.tell('close');
    expect(instancesIn(await hosts.available(one))).toEqual(['host0']);
    const answer = await fetch(`http://127.0.0.1:${String(port)}/metrics`);
    expect(await answer.text()).toMatch(/needs a registry that is shared/);
    await last!.kill();
    await Promise.all(other!.workers.map((worker) => worker.start()));
    await until(
      async () => instancesIn(await hosts.available(one)).join() === 'host0,host1',
      'the gauges of a host that came back are not shown',
    );
    await hosts.compare([]);
    expect(hosts.wrong).toEqual([]);
  },
);

test.skipIf(lacks('redis-server'))(
  'a series that a host removes is removed from what dead hosts had counted',
  async () => {
    const hosts = await started();
    const [one, other] = hosts.hosts;
    const series = 'updates_total{worker="shared",value="1"}';
    for (const { workers } of hosts.hosts) await workers[0]!.tell('share');
    await hosts.rest(hosts.living);
    const shown = async (): Promise<number | undefined> => (await hosts.available(one)).get(series);
    await until(async () => (await shown()) === 2, 'the series is not shown');
    const [last, first] = other!.workers;
    await first!.kill();
    await last!.tell('close');
    expect(await shown()).toBe(2);
    await one!.workers[0]!.tell('remove');
    // The totals of the removed series may fall now.
    hosts.forget(/"shared"/);
    await until(async () => (await shown()) === undefined, 'the series is still shown');
    await hosts.compare([other!]);
    expect(hosts.wrong.filter((wrong) => !wrong.includes('"shared"'))).toEqual([]);
  },
);

test.skipIf(lacks('redis-server'))('the state folder goes with the segment', async () => {
  const redis = new Redis();
  made.push({
    remove: () => {
      redis.stop();
    },
  });
  await redis.start();
  const app = new Application({ 'program.cjs': source('processes/redis/program.cjs') });
  made.push(app);
  const program = app.run('program.cjs', { args: [redis.url] });
  expect(await program.line()).toBe('flushed');
  const names = app.segments().map((path) => basename(path));
  expect(names).toEqual([
    expect.stringMatching(/\.heap$/),
    expect.stringMatching(/\.heap\.state-[0-9a-f]{16}-[0-9a-f]{24}$/),
  ]);
  program.tell('end');
  expect(await program.ended).toBe(0);
  expect(app.segments()).toEqual([]);
});

test.skipIf(lacks('redis-server'))(
  'a stranger removes the segment and the state folder',
  async () => {
    const hosts = await started();
    const [host] = hosts.hosts;
    const folder = dirname(host!.segment);
    const inode = (): number => statSync(host!.segment, { throwIfNoEntry: false })?.ino ?? 0;
    const before = inode();
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    // The host goes on in a copy, and its flusher writes the state again.
    await until(() => inode() !== 0 && inode() !== before, 'there is no copy');
    await until(
      () => readdirSync(folder).some((name) => name.includes('.state-')),
      'there is no state',
    );
    await hosts.available(host);
    // The next flusher has nothing but that.
    for (const worker of host!.workers) await worker.replace();
    await hosts.available(host);
    await hosts.compare([]);
    expect(hosts.wrong).toEqual([]);
  },
);

test.skipIf(lacks('redis-server'))('the environment chooses redis as the backend', async () => {
  const redis = new Redis();
  made.push({
    remove: () => {
      redis.stop();
    },
  });
  await redis.start();
  const app = new Application({ 'chosen.cjs': source('processes/redis/chosen.cjs') });
  made.push(app);
  const config = { url: redis.url, key: 'mp:{chosen}', flushMs: 50, leaseMs: 500 };
  const env = { MPMETRICS_BACKEND: 'redis', MPMETRICS_BACKEND_CONFIG: JSON.stringify(config) };
  const program = app.run('chosen.cjs', { env });
  expect(JSON.parse(await program.line())).toEqual({ name: 'redis', config });
  expect(await program.ended).toBe(0);
});
