/**
 * A Redis that is full, read-only, locked, slow or gone: flushes that fail are counted by reason, local scrapes do not
 * notice, and when Redis is well again the hosts show exactly what was counted.
 */
import { createClient } from 'redis';
import { afterEach, expect, test } from 'vitest';

import { Hosts } from '../crash/hosts';
import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';
import { until } from '../support/patience.mjs';

const made: { remove(): unknown }[] = [];
afterEach(async () => {
  for (const one of made.splice(0)) await one.remove();
});

/** Sends commands to the server of the hosts. */
async function commanded({ redis }: Hosts, ...commands: string[][]): Promise<void> {
  const client = createClient({ url: redis.url });
  await client.connect();
  for (const command of commands) await client.sendCommand(command);
  client.destroy();
}

interface Illness {
  readonly reason: string;
  begin(hosts: Hosts): unknown;
  end(hosts: Hosts): unknown;
}

const DISCONNECT = ['CLIENT', 'KILL', 'TYPE', 'normal'];

const ILLNESSES: readonly Illness[] = [
  {
    reason: 'full',
    begin: (hosts) => commanded(hosts, ['CONFIG', 'SET', 'maxmemory', '1mb']),
    end: (hosts) => commanded(hosts, ['CONFIG', 'SET', 'maxmemory', '0']),
  },
  {
    reason: 'readonly',
    begin: (hosts) => commanded(hosts, ['REPLICAOF', '127.0.0.1', '1']),
    end: (hosts) => commanded(hosts, ['REPLICAOF', 'NO', 'ONE']),
  },
  {
    reason: 'noauth',
    begin: (hosts) => commanded(hosts, ['CONFIG', 'SET', 'requirepass', 'secret'], [...DISCONNECT]),
    end: async (hosts) => {
      const client = createClient({ url: hosts.redis.url, password: 'secret' });
      await client.connect();
      await client.sendCommand(['CONFIG', 'SET', 'requirepass', '']);
      client.destroy();
    },
  },
  {
    reason: 'timeout',
    begin: ({ hosts }) => {
      hosts[0]!.link.pause();
    },
    end: ({ hosts }) => {
      hosts[0]!.link.resume();
    },
  },
  { reason: 'unreachable', begin: ({ redis }) => redis.crash(), end: ({ redis }) => redis.again() },
];

test.skipIf(lacks('redis-server'))(
  'errors are counted by reason, and local scrapes do not notice',
  async () => {
    const app = new Application({});
    made.push(app);
    const hosts = new Hosts({ hosts: 1, leaseMs: 1_000, flushMs: 50, folder: app.folder });
    made.unshift(hosts);
    await hosts.start();
    const [host] = hosts.hosts;
    const gaps: Record<string, string | null> = {};
    await hosts.available(host);
    for (const illness of ILLNESSES) {
      const { reason } = illness;
      await illness.begin(hosts);
      const series = `mpmetrics_engine_errors_total{engine="redis",reason="${reason}"}`;
      const counted = await until(
        async () => {
          const local = await host!.local();
          return (local.get(series) ?? 0) > 1 ? local : null;
        },
        () => `no error is counted as ${reason}: ${host!.errors}`,
      );
      await host!.localAnswer();
      const updates = (samples: Map<string, number>) =>
        samples.get('work_count{worker="host0a",value="1"}')!;
      await until(
        async () => updates(await host!.local()) > updates(counted!),
        'nothing is counted',
      );
      // Since the last scrape.
      gaps[reason] = (await host!.localAnswer()).headers.get('gap-ms');
      await illness.end(hosts);
      await hosts.available(host);
    }
    console.log(`longest gaps of the event loop during illnesses, in ms: ${JSON.stringify(gaps)}`);
    await hosts.compare([]);
    expect(hosts.wrong).toEqual([]);
  },
);
