/** Each client that redis() takes, over a connection that loses replies: nothing is counted twice, nothing is lost. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';

import { Hosts } from '../crash/hosts';
import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';

const made: { remove(): unknown }[] = [];
afterEach(async () => {
  for (const one of made.splice(0)) await one.remove();
});

test
  .skipIf(lacks('redis-server'))
  .each([undefined, 'redis', 'ioredis', 'iovalkey', '@valkey/valkey-glide'])(
  'a proxy loses replies to %s',
  async (library) => {
    const { folder } = app();
    const more = library === undefined ? {} : { library };
    const hosts = new Hosts({ hosts: 2, leaseMs: 1_000, flushMs: 50, folder, more });
    made.unshift(hosts);
    await hosts.start();
    await hosts.available(hosts.hosts[0]);
    // A client that cannot connect waits longer and longer. So the first replies, to its greeting, arrive.
    for (const { link } of hosts.hosts) link.lose((nth) => nth > 6 && Math.random() < 0.2);
    await sleep(4_000);
    const lost = hosts.hosts.map(({ link }) => link.lost);
    // Flushes that fail now are made again until one succeeds.
    await hosts.rest(hosts.living);
    for (const { link } of hosts.hosts) link.lose(() => false);
    await hosts.compare([]);
    expect(hosts.wrong).toEqual([]);
    for (const count of lost) expect(count).toBeGreaterThan(5);
  },
);

function app(): Application {
  const one = new Application({});
  made.push(one);
  return one;
}
