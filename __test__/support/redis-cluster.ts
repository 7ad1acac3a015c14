/** A Redis cluster of a test's own: three nodes, without replicas. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './patience.mjs';
import { Redis } from './redis';

export class RedisCluster {
  nodes: Redis[] = [];
  private readonly folders: string[] = [];

  async start(): Promise<void> {
    for (let n = 0; n < 3; n++) {
      const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-cluster-'));
      this.folders.push(folder);
      const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000'];
      const node = new Redis([...cluster, '--dir', folder]);
      this.nodes.push(node);
      await node.start();
    }
    const addresses = this.nodes.map(({ port }) => `127.0.0.1:${String(port)}`);
    this.ask('--cluster', 'create', ...addresses, '--cluster-yes');
    await until(
      () =>
        this.nodes.every(({ port }) =>
          this.askNode(port, 'CLUSTER', 'INFO').includes('cluster_state:ok'),
        ),
      'the cluster is not well',
    );
  }

  /** The node that has a key. */
  nodeOf(key: string): Redis {
    const slot = Number(this.askNode(this.nodes[0]!.port, 'CLUSTER', 'KEYSLOT', key));
    const owner = this.nodes.find(({ port }) => {
      const own = this.askNode(port, 'CLUSTER', 'NODES').split('\n');
      const line = own.find((one) => one.includes('myself')) ?? '';
      const [, first, last] = / (\d+)-(\d+)$/.exec(line) ?? [];
      return Number(first) <= slot && slot <= Number(last);
    });
    if (owner === undefined) throw new Error(`no node has the slot ${String(slot)}`);
    return owner;
  }

  private askNode(port: number, ...command: string[]): string {
    return this.ask('-p', String(port), ...command);
  }

  private ask(...args: string[]): string {
    return execFileSync('redis-cli', args, { encoding: 'utf8' });
  }

  remove(): void {
    for (const node of this.nodes) node.stop();
    for (const folder of this.folders) rmSync(folder, { recursive: true, force: true });
  }
}
