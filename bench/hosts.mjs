/**
 * Measures hosts that share their metrics through Redis, and beside them what pytheus and promphp do: an increment of a
 * field in Redis for each update. Needs redis-server.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { createClient } from 'redis';

import { ended, hear, start, withSegment } from './heap.mjs';

const KEY = 'mp:{bench}';

/** Runs an action with the URL of a redis-server of its own, which keeps nothing on disk. */
async function withRedis(action) {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', ''];
  const server = spawn('redis-server', options, { stdio: 'ignore' });
  await once(server, 'spawn');
  const client = createClient({ url: `redis://127.0.0.1:${port}` });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await action(client, `redis://127.0.0.1:${port}`);
  } finally {
    client.destroy();
    server.kill('SIGKILL');
  }
}

/** Starts hosts, each with a segment of its own. Runs the action when all of them are ready. */
async function withHosts(count, task, action, hosts = []) {
  if (hosts.length === count) return action(hosts);
  return withSegment(async (segment) => {
    const host = start('hosted.mjs', { ...task, instance: `host${hosts.length}` }, segment);
    await hear(host, (message) => message === 'ready');
    try {
      return await withHosts(count, task, action, [...hosts, host]);
    } finally {
      host.kill('SIGKILL');
      await ended(host);
    }
  });
}

/** Asks a host, and returns its answer. */
async function ask(host, question) {
  host.send(question);
  return hear(host, (message) => message.to === question);
}

/** Milliseconds of some calls, the median. */
async function timed(runs, call) {
  const times = [];
  for (let run = 0; run < runs; run++) {
    const begin = performance.now();
    await call();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[Math.floor(runs / 2)];
}

/** Counts by increments: with one round trip for all, and with one for each. Then reads all. */
async function measureIncrements(client, { series, runs }) {
  const key = 'increments';
  const fields = Array.from({ length: series }, (_, i) => `requests_total{path="/${i}"}`);
  const pipelined = await timed(runs, () =>
    Promise.all(fields.map((field) => client.hIncrByFloat(key, field, 1))),
  );
  const some = fields.slice(0, 500);
  const single = await timed(1, async () => {
    for (const field of some) await client.hIncrByFloat(key, field, 1);
  });
  const read = await timed(runs, () => client.hGetAll(key));
  const bytes = Number(await client.sendCommand(['MEMORY', 'USAGE', key, 'SAMPLES', '0']));
  return { pipelined, single: (single / some.length) * series, read, bytes };
}

/**
 * @param {{ hosts: number, series: number, runs: number, say: (text: string) => void }} options
 * @returns {Promise<{
 *   hosts: number, series: number, bytes: number, scrape: number, again: number, update: number,
 *   idle: number, shared: number,
 *   increments: { pipelined: number, single: number, read: number, bytes: number },
 * }>} times in milliseconds: of a scrape of all hosts, of one when nothing has changed, of an update of each series; CPU
 *   time of a host in a second, without and with sharing
 */
export async function measureHosts({ hosts, series, runs, say }) {
  return withRedis(async (client, url) => {
    say(`${hosts} hosts with ${series} series each`);
    const shared = await withHosts(hosts, { url, key: KEY, series }, async (all) => {
      const [first] = all;
      // The first updates are slower, until the engine has compiled them.
      await ask(first, 'cpu');
      const idle = await ask(first, 'cpu');
      for (const host of all) await ask(host, 'share');
      await ask(all.at(-1), 'wait');
      // Another flush of each.
      await sleep(3_000);
      const { total, rounds, scrape, again, update } = await ask(first, 'scrape');
      assert.equal(total, (hosts - 1 + rounds) * series, 'a scrape lacks counts');
      const busy = await ask(first, 'cpu');
      const bytes = Number(await client.sendCommand(['MEMORY', 'USAGE', KEY, 'SAMPLES', '0']));
      return { bytes, scrape, again, update, idle: idle.ms, shared: busy.ms };
    });
    say('an increment in Redis for each update');
    const increments = await measureIncrements(client, { series, runs });
    return { hosts, series, ...shared, increments };
  });
}
