/**
 * Hosts that share their metrics through Redis, in a storm: no total ever falls in a scrape, every scrape is whole or
 * answered with 503, and in the end all hosts show exactly what was counted.
 */
import { afterEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';
import { Hosts } from './hosts';
import { rage } from './storm';

/** Kills of workers; `npm run torture` has a number of its own. */
const KILLS = Number(process.env['MPMETRICS_TEST_HOST_KILLS'] ?? 80);
const HOSTS = Number(process.env['MPMETRICS_TEST_HOSTS'] ?? 3);

const made: { remove(): unknown }[] = [];
afterEach(async () => {
  for (const one of made.splice(0)) await one.remove();
});

test.skipIf(lacks('redis-server'))(
  `${String(HOSTS)} hosts through ${String(KILLS)} kills, partitions and losses of Redis`,
  async () => {
    const app = new Application({});
    made.push(app);
    // Forty workers want more time to flush than six.
    const leaseMs = HOSTS > 8 ? 6_000 : 2_000;
    const hosts = new Hosts({ hosts: HOSTS, leaseMs, flushMs: 150, folder: app.folder });
    made.unshift(hosts);
    await hosts.start();
    await hosts.available(hosts.hosts[0]);
    const times = KILLS / 80;
    const storm = { kills: KILLS, partitions: 8 * times, outages: 6 * times, death: true };
    const dead = await rage(hosts, storm);
    await hosts.compare(dead);
    console.log(JSON.stringify(hosts.statuses));
    expect(hosts.wrong).toEqual([]);
    expect(hosts.statuses['200']).toBeGreaterThan(KILLS);
  },
  600_000 + KILLS * 10_000,
);
