/** The storms of hosts.test.ts find each of these faults. */
import { afterEach, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { Application } from '../support/application';
import { messageOf } from '../../ts/errors';
import { source } from '../support/programs';
import { Hosts } from './hosts';
import { mutate, MUTATIONS, SLOW, type Mutation } from './mutants';
import { rage, type Storm } from './storm';

/** `some` faults in CI, all in `npm run torture`. */
const ALL = process.env['MPMETRICS_TEST_MUTATIONS'] === 'all';

const CALM = { kills: 0, partitions: 0, outages: 0, death: false };
const STORMS: Readonly<Record<string, Storm>> = {
  'no tombstones': { ...CALM, partitions: 1 },
  'copies that die with the flusher': { ...CALM, outages: 2, death: true },
  'a fold without comparing': { ...CALM, partitions: 8, together: 2 },
  "leases by the host's clock": { ...CALM, outages: 2 },
};
const SOME = ['no tombstones', 'copies that die with the flusher'];

const made: { remove(): unknown }[] = [];
afterEach(async () => {
  for (const one of made.splice(0)) await one.remove();
});

/** Runs a storm over a mutant. Returns what was wrong, most of all in the first scrapes. */
async function found(mutation: Mutation, storm: Storm): Promise<string[]> {
  const app = new Application({ 'worker.cjs': source('crash/hosts/worker.cjs') });
  made.push(app);
  mutate(app, mutation);
  const program = `${app.folder}/worker.cjs`;
  const hosts = new Hosts({ hosts: 4, leaseMs: 1_500, flushMs: 100, folder: app.folder, program });
  made.unshift(hosts);
  await hosts.start();
  try {
    await hosts.available(hosts.hosts[0]);
    await hosts.compare(await rage(hosts, storm));
  } catch (error) {
    hosts.wrong.push(messageOf(error));
  }
  return hosts.wrong;
}

describe
  .skipIf(lacks('redis-server'))
  .each(Object.entries(STORMS).filter(([name]) => ALL || SOME.includes(name)))(
  '%s',
  (name, storm) => {
    test('is found', async () => {
      expect(await found(MUTATIONS[name]!, storm)).not.toEqual([]);
    });

    test('is the only fault', async () => {
      const harmless = name === 'a fold without comparing' ? SLOW : [];
      expect(await found(harmless, storm)).toEqual([]);
    });
  },
);
