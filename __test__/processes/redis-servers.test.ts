/** A Redis cluster, and a failover to a replica that lacks the last writes. */
import { createClient } from 'redis';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';

import { Hosts, type Plan } from '../crash/hosts';
import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';
import { until } from '../support/patience.mjs';
import { Redis } from '../support/redis';
import { RedisCluster } from '../support/redis-cluster';

/** A key whose node the tests ask for. */
const KEY = 'mp:{cluster}';

const made: { remove(): unknown }[] = [];
afterEach(async () => {
  for (const one of made.splice(0)) await one.remove();
});

async function started(redis: Redis, plan: Partial<Plan>): Promise<Hosts> {
  const app = new Application({});
  made.push(app);
  const { folder } = app;
  const hosts = new Hosts({ hosts: 2, leaseMs: 1_500, flushMs: 100, folder, ...plan }, redis);
  made.unshift(hosts);
  await hosts.start();
  return hosts;
}

test.skipIf(lacks('redis-server')).each(['cluster of redis', 'cluster of ioredis'])(
  'a %s',
  async (library) => {
    const cluster = new RedisCluster();
    made.push(cluster);
    await cluster.start();
    const owner = cluster.nodeOf(KEY);
    const other = cluster.nodes.find((node) => node !== owner)!;
    // The client is told of another node than the key's.
    const hosts = await started(other, { key: KEY, more: { library } });
    await hosts.available(hosts.hosts[0]);
    await sleep(1_000);
    await hosts.compare([]);
    expect(hosts.wrong).toEqual([]);
    // A node dies, and no other has its slots: those that live refuse all commands.
    await other.crash();
    const [host] = hosts.hosts;
    const down = 'mpmetrics_engine_errors_total{engine="redis",reason="clusterdown"}';
    await until(
      async () => ((await host!.local()).get(down) ?? 0) > 0,
      () => `no error is counted as clusterdown: ${host!.errors}`,
    );
  },
);

test.skipIf(lacks('redis-server'))(
  'a client that is none of a cluster, and asks the wrong node',
  async () => {
    const cluster = new RedisCluster();
    made.push(cluster);
    await cluster.start();
    const owner = cluster.nodeOf(KEY);
    const hosts = await started(
      cluster.nodes.find((node) => node !== owner)!,
      {},
    );
    const [host] = hosts.hosts;
    const moved = 'mpmetrics_engine_errors_total{engine="redis",reason="moved"}';
    await until(
      async () => ((await host!.local()).get(moved) ?? 0) > 0,
      () => `no error is counted as moved: ${host!.errors}`,
    );
  },
);

test.skipIf(lacks('redis-server'))(
  'a failover to a replica that lacks the last writes',
  async () => {
    const [main, replica] = [new Redis(), new Redis()];
    made.push({
      remove: () => {
        main.stop();
        replica.stop();
      },
    });
    await main.start();
    await replica.start();
    const hosts = await started(main, { hosts: 3 });
    const [first, second, dying] = hosts.hosts;
    await hosts.available(first);
    const client = await createClient({ url: replica.url }).connect();
    await client.sendCommand(['REPLICAOF', '127.0.0.1', String(main.port)]);
    await until(
      async () =>
        (await client.sendCommand<string>(['INFO', 'replication'])).includes('link_status:up'),
      'the replica does not replicate',
    );
    await sleep(500);
    // From here on the replica gets nothing: flushes, and the fold of a host that dies.
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    client.destroy();
    await sleep(1_000);
    await hosts.rest(dying!.workers);
    await Promise.all(dying!.workers.map((worker) => worker.kill()));
    await sleep(hosts.plan.leaseMs * 2);
    for (const { link } of hosts.hosts) link.lead(replica.port);
    await main.crash();
    await hosts.available(first);
    await hosts.available(second);
    await sleep(1_000);
    await hosts.compare([dying!]);
    expect(hosts.wrong).toEqual([]);
    expect(hosts.statuses['503']).toBeGreaterThan(0);
  },
);
