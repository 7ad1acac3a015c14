/** What happens to hosts in a storm: kills, partitions, a Redis that loses its data, and a host that dies for good. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Host, Hosts } from './hosts';

export interface Storm {
  /** SIGKILLs of workers, elected or not. */
  readonly kills: number;
  /** Partitions between a host and Redis that are longer than a lease. */
  readonly partitions: number;
  /** How many hosts are cut off at once; 1 if left out. */
  readonly together?: number;
  /** Kills of a Redis that starts again without data. */
  readonly outages: number;
  /** Whether one host dies for good. */
  readonly death: boolean;
}

/** Milliseconds between two kills, on average. */
const BETWEEN_KILLS = 500;

/** Runs a storm. Returns the hosts that died for good. */
export async function rage(hosts: Hosts, storm: Storm): Promise<Host[]> {
  const dying = storm.death ? hosts.hosts.slice(1, 2) : [];
  const spared = new Set<Host>();
  const events = eventsOf(hosts, storm, dying, spared);
  const blows = (async () => {
    for (const event of events) await event();
  })();
  await Promise.all([killSome(hosts, storm.kills, spared), blows]);
  return dying;
}

/** Partitions and outages in turns, and the death in their middle. */
function eventsOf(
  hosts: Hosts,
  { partitions, outages, together = 1 }: Storm,
  dying: readonly Host[],
  spared: Set<Host>,
): (() => Promise<void>)[] {
  const events: (() => Promise<void>)[] = [];
  for (let n = 0; n < Math.max(partitions, outages); n++) {
    const some = (nth = n): Host => {
      const left = hosts.hosts.filter((host) => !dying.includes(host) || !spared.has(host));
      return left[nth % left.length]!;
    };
    const several = (): Host[] => Array.from({ length: together }, (_, i) => some(n + i));
    if (n < partitions) events.push(() => partition(hosts, several()));
    // In every second outage, all workers die with Redis.
    if (n < outages) events.push(() => outage(hosts, n % 2 === 1, some(), spared));
  }
  const [first] = dying;
  if (first !== undefined) {
    events.splice(events.length / 2, 0, () => death(hosts, first, spared));
  }
  return events;
}

async function killSome(hosts: Hosts, kills: number, spared: ReadonlySet<Host>): Promise<void> {
  for (let n = 0; n < kills; n++) {
    await sleep(Math.random() * 2 * BETWEEN_KILLS);
    const some = hosts.hosts.filter((host) => !spared.has(host));
    const { workers } = some[Math.floor(Math.random() * some.length)]!;
    await workers[n % workers.length]!.replace();
  }
}

/** Cuts hosts off until others have folded them, and no longer than two leases. */
async function partition(hosts: Hosts, cut: readonly Host[]): Promise<void> {
  for (const { link } of cut) link.pause();
  await sleep(hosts.plan.leaseMs * (1.2 + 0.6 * Math.random()));
  for (const { link } of cut) link.resume();
  for (const host of cut) await hosts.available(host);
  await sleep(hosts.plan.leaseMs / 4);
}

async function outage(
  hosts: Hosts,
  withWorkers: boolean,
  host: Host,
  spared: ReadonlySet<Host>,
): Promise<void> {
  await hosts.redis.crash();
  if (withWorkers) {
    const workers = hosts.hosts.filter((one) => !spared.has(one)).flatMap((one) => one.workers);
    await Promise.all(workers.map((worker) => worker.replace()));
  }
  await hosts.redis.again();
  // The Redis before may have been up for too short a time to say that scrapes are incomplete.
  await sleep(hosts.plan.flushMs * 4);
  await hosts.available(host);
  await sleep(hosts.plan.leaseMs / 4);
}

/** Kills all workers of a host, after it has sent what it has counted. */
async function death(hosts: Hosts, host: Host, spared: Set<Host>): Promise<void> {
  spared.add(host);
  // Replacements that are under way end first.
  for (const worker of host.workers) await worker.replace();
  await hosts.rest(host.workers);
  await Promise.all(host.workers.map((worker) => worker.kill()));
  // Until the others have folded it, and have copies of that: then Redis may lose its data again.
  await sleep(hosts.plan.leaseMs * 2);
}
